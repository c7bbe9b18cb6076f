"""Plans carried out against the strict local AWS: which calls are made, with what, and what comes back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from fakes.retrieval import Bench
from pyvault.aws.client import BotoCalls
from pyvault.config.clients import ClientSettings
from pyvault.config.profile import duration_flags
from pyvault.errors import AwsError, AwsUnreachableError, ConfigError, InputRequiredError, MfaError
from pyvault.mfa.codes import MfaRequest
from pyvault.planning.first_step import PlanOptions
from pyvault.planning.steps import SessionTokenStep
from pyvault.retrieval.walk import Retriever
from pyvault.secret import Secret
from pyvault.sessions.cache import CacheMode
from pyvault.vaultfile.unlock.key_file import create_key_file


@pytest.fixture
def bench(fake_aws: FakeAws, tmp_path: Path) -> Bench:
    return Bench(fake_aws, tmp_path)


def test_a_session_of_stored_keys_is_fetched_once(bench: Bench) -> None:
    bench.store("demo", "demo")
    first, second = bench.get("demo"), bench.get("demo")
    assert first.access_key_id == second.access_key_id
    assert first.session_token is not None
    assert bench.aws.ops() == ["sts.GetSessionToken"]


def test_the_session_works(bench: Bench) -> None:
    bench.store("demo", "demo")
    step = bench.plan("demo").steps[-1]
    assert isinstance(step, SessionTokenStep)
    assert BotoCalls().sts(step.client, bench.get("demo")).get_caller_identity().arn.endswith("user/demo")


def test_a_session_with_mfa_prompts_once(bench: Bench) -> None:
    bench.store("me", "mfa-user")
    bench.config = f"[profile me]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    bench.get("me")
    bench.get("me")
    assert [request.serial for request in bench.prompts] == [bench.aws.mfa_serial("mfa-user")]
    assert bench.aws.calls("GetSessionToken")[0]["params"]["SerialNumber"] == bench.aws.mfa_serial("mfa-user")


def test_mfa_process_beats_the_prompt_and_the_given_code_beats_both(bench: Bench) -> None:
    bench.store("me", "mfa-user")
    serial = bench.aws.mfa_serial("mfa-user")
    bench.config = f"[profile me]\nmfa_serial = {serial}\nmfa_process = echo {bench.aws.totp('mfa-user')}\n"
    bench.get("me")
    assert bench.prompts == []
    bench.config = f"[profile me]\nmfa_serial = {serial}\nmfa_process = exit 1\n"
    bench.get("me", cache=CacheMode.REFRESH, given=bench.aws.fresh_totp("mfa-user"))


CHAIN = """
    [profile me]
    mfa_serial = {serial}
    [profile one]
    source_profile = me
    role_arn = {r1}
    mfa_serial = {serial}
    [profile two]
    source_profile = one
    role_arn = {r2}
    [profile three]
    source_profile = two
    role_arn = {r3}
    mfa_serial = {serial}
"""


def chain(bench: Bench) -> None:
    bench.store("me", "mfa-user")
    roles = {name: bench.aws.role_arn(name) for name in ("r1", "r2", "r3")}
    bench.config = CHAIN.format(serial=bench.aws.mfa_serial("mfa-user"), **roles)


def test_a_chain_of_three_roles_with_one_code(bench: Bench) -> None:
    chain(bench)
    credentials = bench.get("three")
    assert credentials.role_arn == bench.aws.role_arn("r3")
    assert bench.aws.ops() == ["sts.GetSessionToken"] + ["sts.AssumeRole"] * 3
    assert len(bench.prompts) == 1


def test_every_link_of_a_chain_is_kept(bench: Bench) -> None:
    chain(bench)
    bench.get("three")
    bench.aws.clear_calls()
    bench.get("two")
    assert bench.aws.ops() == []
    bench.sessions.clear("three")
    bench.get("three")
    assert bench.aws.ops() == ["sts.AssumeRole"]


def test_external_id_tags_and_source_identity_are_sent(bench: Bench) -> None:
    bench.store("base", "demo")
    bench.config = f"""
        [profile partner]
        source_profile = base
        role_arn = {bench.aws.role_arn("partner")}
        external_id = partner-42
        session_tags = team=red,cost=7
        transitive_session_tags = team
        source_identity = jane
        role_session_name = job-1
    """
    bench.get("partner")
    sent = bench.aws.calls("AssumeRole")[0]["params"]
    assert sent["ExternalId"] == "partner-42"
    assert sent["RoleSessionName"] == "job-1"
    assert sent["SourceIdentity"] == "jane"
    assert sent["Tags.member.1.Key"] == "team"
    assert sent["TransitiveTagKeys.member.1"] == "team"


def test_web_identity_from_a_file_is_trimmed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(bench.aws.web_identity_token(subject="repo:example/app") + "\n\n")
    bench.config = f"[profile ci]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_file = {tmp_path}/token\n"
    assert bench.get("ci").role_arn == bench.aws.role_arn("ci")
    assert bench.get("ci").account_id == "123456789012"
    assert bench.aws.ops() == ["sts.AssumeRoleWithWebIdentity"]


def test_web_identity_from_a_process_is_trimmed(bench: Bench) -> None:
    token = bench.aws.web_identity_token(subject="repo:example/app")
    bench.config = (
        f"[profile ci]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_process = printf ' {token}\\n'\n"
    )
    assert bench.get("ci").role_arn == bench.aws.role_arn("ci")


def test_a_refused_web_identity_token_is_in_no_message(bench: Bench) -> None:
    token = bench.aws.web_identity_token(subject="repo:example/app", lifetime_s=-1)
    bench.config = f"[profile ci]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_process = echo {token}\n"
    with pytest.raises(AwsError) as caught:
        bench.get("ci")
    assert caught.value.code == "ExpiredTokenException"
    assert token not in str(caught.value)


@pytest.mark.parametrize("setting", ["endpoint_url = http://sts.example.test", "services = s"])
def test_no_token_is_made_for_an_endpoint_in_plain_http(bench: Bench, tmp_path: Path, setting: str) -> None:
    del bench.environ["AWS_ENDPOINT_URL"]
    bench.config = (
        f"[profile ci]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_process = touch {tmp_path}/made\n"
        f"{setting}\n[services s]\nsts =\n  endpoint_url = http://sts.example.test\n"
    )
    with pytest.raises(ConfigError, match=r"line [46]: (endpoint_url|sts of services 's')"):
        bench.get("ci")
    assert not (tmp_path / "made").exists()


def test_the_key_file_of_a_vault_is_sent_to_nobody(bench: Bench, tmp_path: Path) -> None:
    create_key_file(tmp_path / "key")
    bench.config = f"[profile ci]\nrole_arn = {bench.aws.role_arn('ci')}\nweb_identity_token_file = {tmp_path}/key\n"
    with pytest.raises(ConfigError, match="key file of a vault"):
        bench.get("ci")
    assert bench.aws.ops() == []


def test_credential_process_with_static_keys_is_not_kept(bench: Bench) -> None:
    pair = bench.aws.key("demo")
    answer = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    log = bench.directory / "log"
    bench.config = f"[profile p]\ncredential_process = echo x >> {log}; echo '{json.dumps(answer)}'\n"
    assert bench.get("p") == bench.get("p")
    assert log.read_text() == "x\nx\n"
    assert bench.sessions.entries() == []


def test_a_credential_process_runs_each_time_also_if_it_gives_a_session(bench: Bench) -> None:
    answer = {
        "Version": 1,
        "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": (bench.now() + timedelta(hours=1)).isoformat(),
    }
    log = bench.directory / "log"
    bench.config = f"[profile p]\ncredential_process = echo x >> {log}; echo '{json.dumps(answer)}'\n"
    assert bench.get("p") == bench.get("p")
    assert log.read_text() == "x\nx\n"
    assert bench.sessions.entries() == []


def printed(bench: Bench, user: str, *, log: Path, token: str = "") -> str:
    pair = bench.aws.key(user)
    answer = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    if token:
        answer["SessionToken"] = token
    return f"echo x >> {log}; echo '{json.dumps(answer)}'"


def test_long_term_keys_of_a_process_get_a_session_with_the_device_of_the_profile(bench: Bench) -> None:
    log = bench.directory / "log"
    device = f"mfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    bench.config = f"[profile p]\n{device}credential_process = {printed(bench, 'mfa-user', log=log)}\n"
    first = bench.get("p")
    assert first.session_token is not None
    assert bench.get("p").access_key_id == first.access_key_id
    assert bench.aws.ops() == ["sts.GetSessionToken"]
    assert bench.aws.calls("GetSessionToken")[0]["params"]["SerialNumber"] == bench.aws.mfa_serial("mfa-user")
    assert log.read_text() == "x\nx\n"  # once for each: only its answer says what kind it is
    assert bench.get("p", cache=CacheMode.OFF).access_key_id != first.access_key_id
    assert len(log.read_text().splitlines()) == 3


def test_a_session_on_keys_of_a_process_is_that_of_the_keys_that_came(bench: Bench) -> None:
    answer = bench.directory / "answer"
    bench.config = f"[profile p]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\ncredential_process = cat {answer}\n"
    pair = bench.aws.key("mfa-user")
    keys = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
    answer.write_text(json.dumps(keys))
    bench.get("p")
    other = bench.aws.key("demo")
    answer.write_text(
        json.dumps(keys | {"AccessKeyId": other.access_key_id, "SecretAccessKey": other.secret_access_key})
    )
    with pytest.raises(AwsError):  # the device is not that user's; the session of the first is not given out
        bench.get("p")


def test_temporary_credentials_of_a_process_are_handed_on_as_they_are(bench: Bench) -> None:
    log = bench.directory / "log"
    device = f"mfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    bench.config = f"[profile p]\n{device}credential_process = {printed(bench, 'demo', log=log, token='t')}\n"
    assert bench.get("p").access_key_id == bench.aws.key("demo").access_key_id
    assert (bench.aws.ops(), bench.prompts, log.read_text()) == ([], [], "x\n")


def test_long_term_keys_of_the_environment_get_a_session_too(bench: Bench) -> None:
    pair = bench.aws.key("mfa-user")
    bench.environ |= {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    bench.config = f"[profile p]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\ncredential_source = Environment\n"
    assert bench.get("p").session_token is not None
    bench.environ["AWS_SESSION_TOKEN"] = "t"
    assert bench.get("p").access_key_id == pair.access_key_id
    assert bench.aws.ops() == ["sts.GetSessionToken"]


def test_federation_is_named_after_the_user(bench: Bench) -> None:
    bench.store("demo", "demo")
    credentials = bench.get("demo", options=PlanOptions(disable_sessions_for="demo", federation=True))
    assert bench.aws.ops() == ["sts.GetCallerIdentity", "sts.GetFederationToken"]
    assert bench.aws.calls("GetFederationToken")[0]["params"]["Name"] == "demo"
    assert credentials.session_token is not None


def test_no_cache_neither_reads_nor_writes(bench: Bench) -> None:
    bench.store("demo", "demo")
    bench.get("demo", cache=CacheMode.OFF)
    assert bench.sessions.entries() == []
    bench.get("demo")
    bench.get("demo", cache=CacheMode.OFF)
    assert bench.aws.ops() == ["sts.GetSessionToken"] * 3


def test_refresh_fetches_anew_and_keeps_the_result(bench: Bench) -> None:
    bench.store("demo", "demo")
    first = bench.get("demo")
    second = bench.get("demo", cache=CacheMode.REFRESH)
    assert first.access_key_id != second.access_key_id
    assert bench.get("demo").access_key_id == second.access_key_id


def test_a_session_is_not_used_in_its_last_minutes(bench: Bench) -> None:
    bench.store("demo", "demo")
    bench.get("demo")
    bench.aws.advance(55 * 60 + 1)
    bench.get("demo")
    assert bench.aws.ops() == ["sts.GetSessionToken"] * 2


def test_deviation_9_nothing_of_another_account_comes_back(bench: Bench) -> None:
    bench.store("base", "demo")
    bench.config = f"[profile p]\nsource_profile = base\nrole_arn = {bench.aws.role_arn('reader')}\n"
    reader = bench.get("p")
    bench.config = bench.config.replace("role/reader", "role/r1")
    other = bench.get("p")
    assert (reader.role_arn, other.role_arn) == (bench.aws.role_arn("reader"), bench.aws.role_arn("r1"))
    bench.store("base", "mfa-user")
    assert bench.get("p").access_key_id not in {reader.access_key_id, other.access_key_id}


def test_deviation_9_another_endpoint_is_a_miss(bench: Bench) -> None:
    bench.store("demo", "demo")
    bench.get("demo")
    bench.environ["AWS_ENDPOINT_URL"] = bench.aws.url.replace("127.0.0.1", "localhost")
    bench.get("demo")
    assert bench.aws.ops() == ["sts.GetSessionToken"] * 2


def test_a_code_is_not_sent_twice(bench: Bench) -> None:
    bench.aws.stop_clock()
    bench.store("me", "mfa-user")
    bench.config = f"[profile me]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    bench.get("me")
    bench.get("me", cache=CacheMode.REFRESH)
    assert len(bench.waits) == 1
    assert timedelta(0) < bench.waits[0] <= timedelta(seconds=30)
    assert len(bench.aws.calls("GetSessionToken")) == 2  # AWS refuses a code that it has seen


def test_a_given_code_that_was_used_is_refused_without_a_call(bench: Bench) -> None:
    bench.aws.stop_clock()
    bench.store("me", "mfa-user")
    bench.config = f"[profile me]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    code = bench.aws.totp("mfa-user")
    bench.get("me", given=code)
    with pytest.raises(MfaError, match="used already"):
        bench.get("me", given=code, cache=CacheMode.REFRESH)
    assert len(bench.aws.calls("GetSessionToken")) == 1


def test_a_wrong_code_says_so(bench: Bench) -> None:
    bench.store("me", "mfa-user")
    bench.config = f"[profile me]\nmfa_serial = {bench.aws.mfa_serial('mfa-user')}\n"
    wrong = f"{(int(bench.aws.totp('mfa-user')) + 1) % 1_000_000:06}"
    with pytest.raises(AwsError) as caught:
        bench.get("me", given=wrong)
    assert caught.value.code == "AccessDenied"
    assert "MFA code was refused" in (caught.value.hint or "")
    assert wrong not in str(caught.value)


def test_a_revoked_key_gets_a_hint(bench: Bench) -> None:
    bench.store("demo", "demo")
    bench.aws.revoke(bench.aws.key("demo").access_key_id)
    with pytest.raises(AwsError) as caught:
        bench.get("demo")
    assert caught.value.code == "InvalidClientTokenId"
    assert "deleted, deactivated or mistyped" in (caught.value.hint or "")


def test_a_role_that_wants_mfa_gets_a_hint(bench: Bench) -> None:
    bench.store("base", "demo")
    bench.config = f"[profile p]\nsource_profile = base\nrole_arn = {bench.aws.role_arn('admin')}\n"
    with pytest.raises(AwsError) as caught:
        bench.get("p")
    assert caught.value.code == "AccessDenied"
    assert "mfa_serial" in (caught.value.hint or "")


def test_nobody_there_is_not_a_refusal(bench: Bench) -> None:
    bench.store("demo", "demo")
    with pytest.raises(AwsUnreachableError, match="no connection"):
        bench.get("demo", extra={"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"})


def test_credentials_of_the_surroundings_never_sign(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.store("demo", "demo")
    other = bench.aws.key("mfa-user")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", other.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", other.secret_access_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "leaked")
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere")
    bench.get("demo")
    call = bench.aws.calls("GetSessionToken")[0]
    assert call["access_key_id"] == bench.aws.key("demo").access_key_id


def test_two_sts_modes_lead_to_two_hosts() -> None:
    from pyvault.aws.client import make_client

    def host(settings: ClientSettings) -> str:
        return make_client("sts", settings, None).meta.endpoint_url  # type: ignore[attr-defined, no-any-return]  # a botocore client

    assert host(ClientSettings(region="eu-west-1")) == "https://sts.eu-west-1.amazonaws.com"
    assert host(ClientSettings(region="eu-west-1", sts_regional="legacy")) == "https://sts.amazonaws.com"
    assert host(ClientSettings(region="us-east-1", use_fips=True)) == "https://sts-fips.us-east-1.amazonaws.com"
    assert host(ClientSettings(region="cn-north-1")) == "https://sts.cn-north-1.amazonaws.com.cn"


# ------------------------------------------------------------ one code for many

DURATIONS = """
    [profile me]
    mfa_serial = {serial}
    [profile one]
    source_profile = me
    role_arn = {r1}
    mfa_serial = {serial}
    [profile two]
    source_profile = me
    role_arn = {r2}
    mfa_serial = {serial}
"""


def durations(bench: Bench) -> None:
    chain(bench)
    roles = {name: bench.aws.role_arn(name) for name in ("r1", "reader")}
    bench.config = DURATIONS.format(serial=bench.aws.mfa_serial("mfa-user"), r1=roles["r1"], r2=roles["reader"])


def test_a_session_that_only_feeds_a_role_is_shared_whatever_its_duration(bench: Bench) -> None:
    durations(bench)
    bench.get("me")
    bench.get("one")
    bench.get("two")
    assert len(bench.prompts) == 1
    assert bench.aws.ops() == ["sts.GetSessionToken", "sts.AssumeRole", "sts.AssumeRole"]


def test_it_is_handed_out_only_if_it_lives_no_longer_than_was_asked_for(bench: Bench) -> None:
    durations(bench)
    hour, quarter = timedelta(hours=1), timedelta(minutes=15)
    bench.get("one")
    own = bench.get("me")
    assert own.expires
    assert own.expires - bench.now() <= hour
    assert len(bench.prompts) == 2, "the one that feeds the role lives longer"
    assert bench.get("me").access_key_id == own.access_key_id
    bench.get("two")
    assert len(bench.prompts) == 2, "and still feeds the other role"
    short = Retriever(bench.tools()).retrieve(bench.plan("me", flags=duration_flags(quarter)))
    assert short.expires
    assert short.expires - bench.now() <= quarter
    assert len(bench.prompts) == 3
    bench.aws.advance(7.5 * 3600)
    last = bench.get("me")
    assert len(bench.prompts) == 3, "by now the shared one lives no longer than what is asked for"
    assert last.expires
    assert last.expires - bench.now() <= hour


YOUNG = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}


def careful_role(bench: Bench) -> None:
    """A role that wants a code of the last ten minutes."""
    user = f"arn:aws:iam::{bench.aws.role_arn('r1').split(':')[4]}:user/mfa-user"
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole", "Condition": YOUNG},
        ]
    }
    account = bench.aws.role_arn("r1").split(":")[4]
    bench.aws.enlarge({"accounts": {account: {"roles": {"careful": {"trust": trust}}}}})
    durations(bench)
    bench.config += f"    [profile careful]\n    source_profile = me\n    mfa_serial = {bench.aws.mfa_serial('mfa-user')}\n    role_arn = {bench.aws.role_arn('careful')}\n"


def test_a_role_that_wants_a_young_code_gets_one(bench: Bench) -> None:
    careful_role(bench)
    bench.get("one")
    bench.get("careful")
    assert len(bench.prompts) == 1
    bench.sessions.clear("careful")
    bench.aws.advance(1200)
    bench.aws.clear_calls()
    bench.get("careful")
    assert bench.aws.ops() == ["sts.AssumeRole", "sts.GetSessionToken", "sts.AssumeRole"]
    assert len(bench.prompts) == 2


def test_a_denied_role_is_tried_again_once_and_only_with_a_new_session(bench: Bench) -> None:
    durations(bench)
    bench.config += f"    [profile no]\n    source_profile = me\n    mfa_serial = {bench.aws.mfa_serial('mfa-user')}\n    role_arn = {bench.aws.role_arn('partner')}\n"
    with pytest.raises(AwsError, match="AccessDenied"):
        bench.get("no")
    assert bench.aws.ops() == ["sts.GetSessionToken", "sts.AssumeRole"], "the session was new"
    bench.aws.clear_calls()
    with pytest.raises(AwsError, match="AccessDenied"):
        bench.get("no")
    assert bench.aws.ops() == ["sts.AssumeRole", "sts.GetSessionToken", "sts.AssumeRole"]
    bench.aws.clear_calls()

    def nobody(request: MfaRequest) -> Secret[str]:
        raise InputRequiredError("a code is required")

    bench.prompt = nobody  # type: ignore[method-assign]
    with pytest.raises(AwsError, match="AccessDenied"):
        bench.get("no")
    assert bench.aws.ops() == ["sts.AssumeRole"], "nobody can be asked, and what is wrong is what AWS said"
