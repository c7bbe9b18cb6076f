"""Where we differ from aws-vault on purpose."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from aws_profiles import brief, client_of, config_of, inspected, plan_of, profile_of
from pyvault.config.clients import Endpoints
from pyvault.config.layers import find_layers
from pyvault.config.profile import Flags, duration_flags
from pyvault.errors import InvalidSettingError, NoCredentialsError, ProfileLoopError, ProfileNotFoundError
from pyvault.planning.cache_keys import session_key
from pyvault.planning.plan import PlanOptions
from pyvault.planning.steps import PlaintextStep, SourceStep, SsoStep, WebIdentityStep

ROLE = "role_arn = arn:aws:iam::1:role/t\n"
PLAINTEXT = PlanOptions(allow_plaintext_source=True)


def refused(text: str, name: str = "t", **more: object) -> str:
    with pytest.raises(InvalidSettingError) as caught:
        plan_of(text, name, **more)  # type: ignore[arg-type]  # each caller gives what plan_of takes
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("[profile t]\nsource_profile = b\n[profile b]\nsource_profile = t\n", "t -> b -> t"),
        (
            "[profile t]\nsource_profile = a\n[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n",
            "a -> b -> a",
        ),
        ("[profile t]\ninclude_profile = b\n[profile b]\ninclude_profile = t\n", "t -> b -> t"),
        ("[profile t]\ninclude_profile = t\n", "t -> t"),
        ("[default]\ninclude_profile = default\n[profile t]\n", "default -> default"),
        (
            "[default]\ninclude_profile = a\n[profile a]\ninclude_profile = default\n[profile t]\n",
            "default -> a -> default",
        ),
    ],
)
def test_deviation_01_a_loop_is_an_error_that_shows_the_chain(text: str, chain: str) -> None:
    with pytest.raises(ProfileLoopError, match=f"loop: {chain}$"):
        plan_of(text, stored=("t",))


def test_deviation_01_default_may_include() -> None:
    text = "[default]\ninclude_profile = common\n[profile common]\nregion = eu-west-1\n[profile t]\n"
    for name in ("t", "default", "common"):
        assert profile_of(text, name).region == "eu-west-1"
    assert profile_of(text).origins["region"] == "include common"
    assert [layer.profile for layer in find_layers(config_of(text), "common").found] == ["common", "default"]


def test_deviation_01_a_dot_in_a_name_inherits_nothing() -> None:
    text = "[profile a]\nregion = eu-west-1\n[profile a.b]\n"
    assert profile_of(text, "a.b").region is None


def test_deviation_01_nothing_is_interpolated() -> None:
    assert profile_of("[profile t]\nx = 1\nmfa_process = echo %(x)s ${x}\n").mfa_process == "echo %(x)s ${x}"


def test_deviation_02_own_keys_win_over_an_inherited_session() -> None:
    text = (
        "[default]\nsso_session = s\n[sso-session s]\nsso_start_url = https://session\nsso_region = us-east-1\n"
        "[profile t]\nsso_start_url = https://own\nsso_region = eu-west-1\n"
    )
    profile = profile_of(text)
    assert (profile.sso_start_url, profile.sso_region, profile.sso_session) == ("https://own", "eu-west-1", None)
    assert profile.origins["sso_start_url"] == "profile t"


def test_deviation_02_a_session_of_the_same_section_still_wins() -> None:
    text = (
        "[sso-session s]\nsso_start_url = https://session\nsso_region = us-east-1\n"
        "[profile t]\nsso_session = s\nsso_start_url = https://own\nsso_region = eu-west-1\n"
    )
    profile = profile_of(text)
    assert (profile.sso_start_url, profile.sso_region) == ("https://session", "us-east-1")
    assert profile.origins["sso_region"] == "sso-session s"


def test_deviation_03_profile_default_is_read_and_wins() -> None:
    text = "[default]\nregion = a\noutput = x\nexternal_id = ex\n[profile default]\nregion = b\n[profile t]\n"
    profile = profile_of(text, "default")
    assert (profile.region, profile.external_id) == ("b", "ex")
    assert profile_of(text).region == "b"


def test_deviation_03_default_is_inherited_and_shown() -> None:
    text = "[default]\nregion = a-1\nmfa_serial = arn:aws:iam::1:mfa/me\n[profile t]\nregion = b-1\n"
    profile = profile_of(text)
    assert (profile.mfa_serial, profile.origins["mfa_serial"]) == ("arn:aws:iam::1:mfa/me", "[default]")
    assert (profile.region, profile.origins["region"]) == ("b-1", "profile t")


@pytest.mark.parametrize("value", ["abc", "1", "-1h", "1.5s", "0", "1h30", "9" * 400, "\u0661h", "1 h", "1d"])
def test_deviation_04_a_bad_duration_in_the_file_is_named(value: str) -> None:
    text = f"[profile s]\n[profile t]\n{ROLE}source_profile = s\nduration_seconds = {value}\n"
    message = refused(text, stored=("s",))
    assert message.startswith("\"/home/me/.aws/config\", line 5: duration_seconds of profile 't': ")


@pytest.mark.parametrize(
    "variable",
    ["AWS_ASSUME_ROLE_TTL", "AWS_SESSION_TOKEN_TTL", "AWS_CHAINED_SESSION_TOKEN_TTL", "AWS_FEDERATION_TOKEN_TTL"],
)
def test_deviation_04_a_bad_duration_in_a_variable_is_named(variable: str) -> None:
    message = refused("[profile t]\n", environ={variable: "1x"}, stored=("t",))
    assert message.startswith(f"{variable}: '1x' ")


def test_deviation_04_a_bare_number_is_seconds() -> None:
    profile = profile_of("[profile t]\nduration_seconds = 5400\n", environ={"AWS_SESSION_TOKEN_TTL": "900"})
    assert profile.assume_role_duration == timedelta(minutes=90)
    assert profile.get_session_token_duration == timedelta(minutes=15)


def flags_with_get_session_token_duration(given: timedelta) -> Flags:
    return Flags(get_session_token_duration=given)


def flags_with_assume_role_duration(given: timedelta) -> Flags:
    return Flags(assume_role_duration=given)


def flags_with_chained_get_session_token_duration(given: timedelta) -> Flags:
    return Flags(chained_get_session_token_duration=given)


@pytest.mark.parametrize(
    ("setting", "flags_of", "low", "high", "text", "stored"),
    [
        ("get_session_token_duration", flags_with_get_session_token_duration, 900, 129600, "[profile t]\n", "t"),
        (
            "assume_role_duration",
            flags_with_assume_role_duration,
            900,
            43200,
            "[profile s]\n[profile t]\nsource_profile = s\n" + ROLE,
            "s",
        ),
        (
            "chained_get_session_token_duration",
            flags_with_chained_get_session_token_duration,
            900,
            129600,
            "[profile s]\nmfa_serial = arn:aws:iam::1:mfa/me\n[profile t]\nsource_profile = s\nmfa_serial = arn:aws:iam::1:mfa/me\n",
            "s",
        ),
    ],
)
def test_deviation_04_bounds_are_checked_before_any_call(
    setting: str, flags_of: Callable[[timedelta], Flags], low: int, high: int, text: str, stored: str
) -> None:
    for seconds in (low, high):
        flags = flags_of(timedelta(seconds=seconds))
        assert str(seconds) in brief(plan_of(text, stored=(stored,), flags=flags))[-1]
    for seconds in (low - 1, high + 1):
        flags = flags_of(timedelta(seconds=seconds))
        assert setting in refused(text, stored=(stored,), flags=flags)


def test_deviation_04_bounds_of_a_federated_session() -> None:
    options = PlanOptions(disable_sessions_for="t", federation=True)
    for seconds, fits in ((899, False), (900, True), (129600, True), (129601, False)):
        flags = duration_flags(timedelta(seconds=seconds), login=True)
        if fits:
            assert brief(plan_of("[profile t]\n", stored=("t",), flags=flags, options=options))[-1].endswith(
                str(seconds)
            )
        else:
            assert "federation_token_duration" in refused("[profile t]\n", stored=("t",), flags=flags, options=options)


def test_deviation_04_bounds_hold_for_what_is_asked_after_the_cap() -> None:
    text = f"[profile t]\ncredential_process = x\n{ROLE}duration_seconds = 99999\n"
    assert brief(plan_of(text)) == ["credential_process t", "AssumeRole t 3600 capped"]


SSO = "sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n"


@pytest.mark.parametrize(
    "source",
    [
        SSO,
        "credential_process = x\n",
        "role_arn = arn:aws:iam::1:role/w\nweb_identity_token_process = x\n",
        "credential_source = Environment\n",
        "aws_access_key_id = AKIA\naws_secret_access_key = s\naws_session_token = t\n",
    ],
)
def test_deviation_05_roles_that_a_session_signs_for_are_capped(source: str) -> None:
    text = f"[profile s]\n{source}[profile t]\nsource_profile = s\n{ROLE}duration_seconds = 12h\n"
    step = plan_of(text, options=PLAINTEXT).steps[-1]
    assert brief(plan_of(text, options=PLAINTEXT))[-1] == "AssumeRole t 3600 capped"
    assert "reduced to one hour" in step.why


@pytest.mark.parametrize(
    ("name", "shown"), [("environment", "Environment"), ("Ec2InstanceMetadata",) * 2, ("EcsContainer",) * 2]
)
def test_deviation_07_credential_source(name: str, shown: str) -> None:
    plan = plan_of(f"[profile t]\ncredential_source = {name}\n{ROLE}")
    assert isinstance(plan.steps[0], SourceStep)
    assert plan.steps[0].source == shown
    assert brief(plan) == ["credential_source t", "AssumeRole t 3600"]


def test_deviation_07_an_unknown_credential_source_is_named() -> None:
    assert "'Moon' is not one of Environment" in refused("[profile t]\ncredential_source = Moon\n")


KEYS = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = planted-secret\n"


@pytest.mark.parametrize(("config", "credentials"), [(f"[profile t]\n{KEYS}", ""), ("", f"[t]\n{KEYS}")])
def test_deviation_07_keys_in_plain_text_only_when_allowed(config: str, credentials: str) -> None:
    with pytest.raises(NoCredentialsError, match="plain text") as caught:
        plan_of(config, credentials=credentials)
    assert "pyvault import" in (caught.value.hint or "")
    plan = plan_of(config, credentials=credentials, options=PLAINTEXT)
    assert brief(plan) == ["stored t", "GetSessionToken t 3600"]
    assert isinstance(plan.steps[0], PlaintextStep)
    assert "planted-secret" not in repr(plan)


def test_deviation_07_keys_of_default_are_not_everybodys() -> None:
    with pytest.raises(NoCredentialsError, match="credentials missing"):
        plan_of(f"[default]\n{KEYS}[profile t]\n", options=PLAINTEXT)


def test_deviation_07_endpoints_per_service() -> None:
    text = (
        "[services v]\nsts =\n  endpoint_url = http://sts-file\niam =\n  endpoint_url = http://iam-file\n"
        "[profile t]\nservices = v\nendpoint_url = http://all-file\n"
    )
    assert profile_of(text).endpoints == Endpoints(
        sts="http://sts-file",
        iam="http://iam-file",
        sso="http://all-file",
        sso_oidc="http://all-file",
        signin="http://all-file",
    )
    environ = {"AWS_ENDPOINT_URL_STS": "http://sts-env"}
    assert profile_of(text, environ=environ).endpoints.sts == "http://sts-env"
    environ |= {"AWS_ENDPOINT_URL": "http://all-env"}
    profile = profile_of(text, environ=environ)
    assert profile.endpoints == Endpoints(
        sts="http://sts-env",
        iam="http://all-env",
        sso="http://all-env",
        sso_oidc="http://all-env",
        signin="http://all-env",
    )
    assert profile.endpoint_url == "http://all-env"
    environ |= {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert profile_of(text, environ=environ).endpoints == Endpoints()
    assert profile_of(text, environ=environ).endpoint_url is None


def test_deviation_07_a_services_section_that_is_missing_is_an_error() -> None:
    assert "no section [services v]" in refused("[profile t]\nservices = v\n", stored=("t",))


@pytest.mark.parametrize(
    "url", ["ftp://x", "x", "http://", "http://[", "http://x:y", "http://x\x07", "http://u:p@x", "https:///x"]
)
def test_deviation_07_an_endpoint_is_an_http_url(url: str) -> None:
    assert "endpoint_url of profile 't'" in refused(f"[profile t]\nendpoint_url = {url}\n", stored=("t",))


def test_deviation_07_how_clients_are_made() -> None:
    text = (
        "[profile t]\nregion = eu-west-1\nca_bundle = ~/ca.pem\nuse_fips_endpoint = true\n"
        "use_dualstack_endpoint = TRUE\nretry_mode = standard\nmax_attempts = 7\nsts_regional_endpoints = legacy\n"
    )
    step = plan_of(text, stored=("t",), environ={"HOME": "/h"}).steps[-1]
    client = client_of(step)
    assert (client.ca_bundle, client.use_fips, client.use_dualstack) == ("/h/ca.pem", True, True)
    assert (client.retry_mode, client.max_attempts, client.sts_regional) == ("standard", 7, "legacy")
    environ = {
        "AWS_CA_BUNDLE": "/e.pem",
        "AWS_USE_FIPS_ENDPOINT": "false",
        "AWS_MAX_ATTEMPTS": "2",
        "AWS_RETRY_MODE": "adaptive",
    }
    client = client_of(plan_of(text, stored=("t",), environ=environ).steps[-1])
    assert (client.ca_bundle, client.use_fips, client.max_attempts, client.retry_mode) == (
        "/e.pem",
        False,
        2,
        "adaptive",
    )


@pytest.mark.parametrize(
    "line",
    [
        "use_fips_endpoint = yes",
        "use_dualstack_endpoint = 1",
        "retry_mode = never",
        "max_attempts = 0",
        "sts_regional_endpoints = x",
    ],
)
def test_deviation_07_bad_client_settings_are_named(line: str) -> None:
    assert f"{line.split(maxsplit=1)[0]} of profile 't'" in refused(f"[profile t]\n{line}\n", stored=("t",))


def test_deviation_07_a_web_identity_of_the_environment_counts_last() -> None:
    environ = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/env"}
    step = plan_of("[profile t]\n", environ=environ).steps[0]
    assert isinstance(step, WebIdentityStep)
    assert (step.token_file, step.role_arn) == ("/token", "arn:aws:iam::1:role/env")
    assert brief(plan_of("[profile t]\ncredential_process = x\n", environ=environ))[0] == "credential_process t"
    assert brief(plan_of("[profile t]\n", stored=("t",), environ=environ))[0] == "stored t"
    with pytest.raises(NoCredentialsError):  # not for a source
        plan_of("[profile s]\n[profile t]\nsource_profile = s\n", environ=environ)


@pytest.mark.parametrize(
    ("source", "first"), [(SSO, "sso.GetRoleCredentials t"), ("credential_process = x\n", "credential_process t")]
)
def test_deviation_07_a_role_on_top_of_a_source_in_one_profile(source: str, first: str) -> None:
    assert brief(plan_of(f"[profile t]\n{source}{ROLE}")) == [first, "AssumeRole t 3600"]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("[profile t]\n", "us-east-1"),
        ("[profile t]\nmfa_serial = arn:aws-cn:iam::1:mfa/me\n", "cn-northwest-1"),
        ("[profile t]\nmfa_serial = arn:aws-us-gov:iam::1:mfa/me\n", "us-gov-west-1"),
        ("[profile t]\nmfa_serial = GAHT12345678\n", "us-east-1"),
    ],
)
def test_deviation_08_a_region_is_never_missing(text: str, region: str) -> None:
    plan = plan_of(text, stored=("t",))
    client = client_of(plan.steps[-1])
    assert (client.region, client.region_is_default, plan.region) == (region, True, None)
    assert any(repr(region) in note for note in plan.notes)


def test_deviation_08_a_source_lives_in_the_partition_of_its_role() -> None:
    mfa = "mfa_serial = arn:aws-cn:iam::1:mfa/me\n"
    text = f"[profile s]\n{mfa}[profile t]\nsource_profile = s\nregion = cn-north-1\n{mfa}role_arn = arn:aws-cn:iam::1:role/t\n"
    plan = plan_of(text, stored=("s",))
    assert [step.client.region for step in plan.steps[1:]] == ["cn-northwest-1", "cn-north-1"]  # type: ignore[union-attr]  # both call


def test_deviation_08_an_sso_step_calls_in_the_region_of_its_start_url() -> None:
    step = plan_of(f"[profile t]\nregion = eu-west-1\n{SSO}").steps[0]
    assert isinstance(step, SsoStep)
    assert (step.client.region, step.registration_scopes) == ("us-east-1", ("sso:account:access",))


def test_deviation_09_another_role_of_the_same_profile_is_another_session() -> None:
    keys = {
        session_key(
            plan_of(f"[profile s]\n[profile t]\nsource_profile = s\n{text}", stored=("s",), environ=environ).steps[-1],
            "AKIA",
        )
        for text, environ in [
            (ROLE, {}),
            ("role_arn = arn:aws:iam::2:role/t\n", {}),
            (ROLE, {"AWS_ROLE_ARN": "arn:aws:iam::3:role/t"}),
            (ROLE + "duration_seconds = 1800\n", {}),
            (ROLE + "region = eu-west-1\n", {}),
            (ROLE, {"AWS_ENDPOINT_URL": "http://localhost:4566"}),
            (ROLE + "external_id = x1\n", {}),
            (ROLE + "session_tags = a=b\n", {}),
        ]
    }
    assert len(keys) == 8


def test_a_profile_that_is_nowhere_is_not_filled_from_default() -> None:
    with pytest.raises(ProfileNotFoundError, match="'t' not found"):
        plan_of(f"[default]\n{SSO}")
    with pytest.raises(ProfileNotFoundError, match="source_profile of profile 't': profile 'nope' not found"):
        plan_of(f"[default]\n{SSO}[profile t]\nsource_profile = nope\n")


def test_a_problem_leaves_the_other_settings_readable() -> None:
    profile = inspected(
        "[profile t]\nregion = eu-west-1\nduration_seconds = x\nsource_profile = u\n[profile u]\nsource_profile = t\n"
    )
    assert isinstance(profile.problem, InvalidSettingError)
    assert profile.region == "eu-west-1"
    assert [member.name for member in profile.chain()] == ["t", "u"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sso_session = nope\n", "line 2: sso_session of profile 't': [sso-session nope] has no sso_start_url"),
        ("sso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\n", "but has no sso_role_name"),
        ("sso_start_url = https://x\nsso_region = us-east-1\nsso_role_name = r\n", "but has no sso_account_id"),
        ("sso_start_url = https://x\nsso_account_id = 1\nsso_role_name = r\n", "but has no sso_region"),
        ("web_identity_token_file = /x\n", "has a web identity token but no role_arn"),
    ],
)
def test_what_a_source_lacks_is_named(text: str, problem: str) -> None:
    assert problem in refused(f"[profile t]\n{text}")


def test_deviation_04_a_bad_flag_is_named() -> None:
    text = "[profile t]\nduration_seconds = 1h\n"
    message = refused(text, stored=("t",), flags=duration_flags(timedelta(seconds=100)))
    assert message == "duration, as get_session_token_duration: 1m40s is outside the range 15m0s to 36h0m0s"
    assert "region: 'a/b' is not a valid region name" in refused(text, stored=("t",), flags=Flags(region="a/b"))
