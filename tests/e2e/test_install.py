"""boto3 after ``pyvault.install()``, as a program has it, over the strict local AWS."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.credentials import CredentialResolver
from botocore.exceptions import ClientError, CredentialRetrievalError, ProfileNotFound

import pyvault
from fake_aws.client import FakeAws
from fakes.sso_bench import Person, SsoBench
from pyvault.backend import Question
from pyvault.errors import AwsError, InputRequiredError, NoCredentialsError, UsageError
from pyvault.secret import Secret
from pyvault.sso.cli_cache import aws_cache_directory, write_aws_cache
from pyvault.sso.oidc import Flow

ROLES = """\
[profile me]
mfa_serial = {serial}
[profile first]
source_profile = me
role_arn = {r1}
mfa_serial = {serial}
[profile prod]
source_profile = first
role_arn = {r2}
[profile demo]
region = eu-west-1
[profile bare]
region = eu-west-1
"""

Install = Callable[..., pyvault.Installation]


class World:
    """A machine with AWS files, the local AWS, and a store that ``install`` finds by itself."""

    def __init__(self, aws: FakeAws, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.home = home
        self.options = {"name": str(home)}
        (home / ".aws").mkdir()
        for name, value in {
            **aws.environ(),
            "AWS_MAX_ATTEMPTS": "1",
            "PYVAULT_BACKEND": "memory",
            "PYVAULT_BACKEND_MEMORY__NAME": str(home),
        }.items():
            patch.setenv(name, value)
        arns = {role: aws.role_arn(role) for role in ("r1", "r2")}
        self.config(ROLES.format(serial=aws.mfa_serial("mfa-user"), **arns))
        with pyvault.open_vault() as vault:
            for profile, user in (("me", "mfa-user"), ("demo", "demo"), ("default", "demo")):
                pair = aws.key(user)
                vault.put(profile, access_key_id=pair.access_key_id, secret_access_key=Secret(pair.secret_access_key))
        self.asked: list[str] = []

    def config(self, text: str) -> None:
        with (self.home / ".aws" / "config").open("a") as file:
            file.write(text)

    def ask(self, question: Question) -> Secret[str]:
        self.asked.append(question.key)
        return Secret(self.aws.fresh_totp("mfa-user"))


@pytest.fixture
def world(fake_aws: FakeAws, private_home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(fake_aws, private_home, monkeypatch)


@pytest.fixture
def install(world: World) -> Iterator[Install]:
    """``pyvault.install``, taken back at the end."""
    done: list[pyvault.Installation] = []

    def do(*args: object, **more: object) -> pyvault.Installation:
        done.append(pyvault.install(*args, **more))  # type: ignore[arg-type]  # a table of arguments
        return done[-1]

    yield do
    for each in done:
        each.uninstall()


def who(session: boto3.Session) -> str:
    return session.client("sts").get_caller_identity()["Arn"]


def method(session: Any) -> str | None:
    found = session.get_credentials()
    return found.method if found else None


def refused(session: Any) -> BaseException:
    """What pyvault had against giving credentials, behind botocore's own error."""
    with pytest.raises(CredentialRetrievalError, match="credentials from pyvault: ") as caught:
        session.get_credentials()
    cause = caught.value.__cause__
    assert isinstance(cause, pyvault.PyvaultError)
    assert cause.message in str(caught.value)
    assert cause.hint is None or cause.hint in str(caught.value)
    return cause


# ---- which profiles


def test_a_role_chain_with_mfa_is_asked_for_one_code(world: World, install: Install) -> None:
    install(ask=world.ask)
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: who(boto3.Session(profile_name="prod")), range(16)))
    assert len(found) == 1
    assert ":assumed-role/r2/" in found.pop()
    assert world.asked == ["mfa-code"]
    ops = [op for op in world.aws.ops() if op != "sts.GetCallerIdentity"]
    assert ops == ["sts.GetSessionToken", "sts.AssumeRole", "sts.AssumeRole"]


def test_web_identity(world: World, install: Install) -> None:
    token = world.home / "token"
    token.write_text(world.aws.web_identity_token())
    world.config(f"[profile pod]\nrole_arn = {world.aws.role_arn('ci')}\nweb_identity_token_file = {token}\n")
    install()
    session = boto3.Session(profile_name="pod")
    assert method(session) == "pyvault"
    assert ":assumed-role/ci/" in who(session)


def test_sso_takes_the_token_of_whoever_signed_in(world: World, install: Install) -> None:
    world.config(
        "[sso-session corp]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
        "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n"
    )
    install()
    assert isinstance(refused(boto3.Session(profile_name="dev")), InputRequiredError)
    world.aws.change_sso(interval_s=0)
    bench, person = SsoBench(world.aws, world.home / "bench"), Person(Flow.DEVICE)
    token = bench.login(person).token(bench.session)
    person.settle()
    write_aws_cache(aws_cache_directory(os.environ), bench.session, token)
    for _ in range(2):
        session = boto3.Session(profile_name="dev")
        assert method(session) == "pyvault"
        assert "AWSReservedSSO_Admin" in who(session)
    assert world.aws.ops().count("sso.GetRoleCredentials") == 1


def test_the_profile_of_the_environment_and_default(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(ask=world.ask)
    assert who(boto3.Session()).endswith(":user/demo")
    monkeypatch.setenv("AWS_PROFILE", "me")
    assert who(boto3.Session()).endswith(":user/mfa-user")


def test_a_profile_that_is_only_stored_is_none_of_boto3s(world: World, install: Install) -> None:
    with pyvault.open_vault() as vault:
        vault.put("only-stored", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("s" * 40))
    install()
    with pytest.raises(ProfileNotFound):
        boto3.Session(profile_name="only-stored")


# ---- whose credentials come first


def test_explicit_keys_win(world: World, install: Install) -> None:
    install()
    pair = world.aws.key("two-keys")
    keys: dict[str, Any] = {
        "aws_access_key_id": pair.access_key_id,
        "aws_secret_access_key": pair.secret_access_key,
    }
    assert who(boto3.Session(profile_name="demo", **keys)).endswith(":user/two-keys")
    assert (
        boto3.Session(profile_name="demo").client("sts", **keys).get_caller_identity()["Arn"].endswith(":user/two-keys")
    )
    assert world.aws.ops() == ["sts.GetCallerIdentity"] * 2


def test_keys_of_the_environment_win_as_in_botocore(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    pair = world.aws.key("two-keys")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair.secret_access_key)
    monkeypatch.setenv("AWS_PROFILE", "demo")
    assert method(boto3.Session()) == "env"
    assert who(boto3.Session(profile_name="demo")).endswith(":user/demo")


def test_a_role_on_the_keys_of_the_environment_follows_them(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.config(
        f"[profile job]\nrole_arn = {world.aws.role_arn('reader')}\ncredential_source = Environment\n"
        "[profile as-it-is]\ncredential_source = Environment\n"
    )
    install()
    for user in ("demo", "two-keys"):
        pair = world.aws.key(user)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair.secret_access_key)
        assert who(boto3.Session(profile_name="as-it-is")).endswith(f":user/{user}")
    assert isinstance(refused(boto3.Session(profile_name="job")), AwsError)  # two-keys may not, and demo is gone


def test_a_named_profile_without_a_source_never_gets_the_machines_role(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    for name, value in world.aws.machine_environ("ec2").items():
        monkeypatch.setenv(name, value)
    with pyvault.open_vault() as vault:
        vault.delete("default")
    assert ":assumed-role/worker/" in who(boto3.Session(profile_name="bare"))  # so it is without pyvault
    install()
    assert isinstance(refused(boto3.Session(profile_name="bare")), NoCredentialsError)
    assert ":assumed-role/worker/" in who(boto3.Session())


@pytest.mark.parametrize(
    "variable",
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"],
)
def test_the_credentials_of_the_surroundings_are_for_whoever_names_no_profile(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    install()
    monkeypatch.setenv(variable, "there")
    session = botocore.session.Session()
    assert session.get_component("credential_provider").get_provider("pyvault").load() is None
    assert who(boto3.Session(profile_name="demo")).endswith(":user/demo")


def test_keys_in_plain_text_are_used_as_they_are_and_for_roles(world: World, install: Install) -> None:
    pair = world.aws.key("demo")
    (world.home / ".aws" / "credentials").write_text(
        f"[plain]\naws_access_key_id = {pair.access_key_id}\naws_secret_access_key = {pair.secret_access_key}\n"
    )
    world.config(
        f"[profile on-top]\nsource_profile = plain\nrole_arn = {world.aws.role_arn('reader')}\n"
        "[profile beside]\nsource_profile = plain\n"
    )
    install()
    assert who(boto3.Session(profile_name="plain")).endswith(":user/demo")
    assert world.aws.ops() == ["sts.GetCallerIdentity"]
    assert ":assumed-role/reader/" in who(boto3.Session(profile_name="on-top"))
    assert who(boto3.Session(profile_name="beside")).endswith(":user/demo")


def test_the_console_sign_in_is_ours(world: World, install: Install) -> None:
    world.config(
        "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/demo\n"
        "[ profile hidden ]\nlogin_session = arn:aws:iam::123456789012:user/demo\n[profile hidden]\n"
    )
    install()
    for profile in ("console", "hidden"):  # botocore does not see the second
        assert "nobody is signed in as" in str(refused(boto3.Session(profile_name=profile)))


def test_a_session_with_files_of_its_own_gets_what_they_say(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.config("[profile it]\nsource_profile = demo\n")
    install(ask=world.ask)
    assert who(boto3.Session(profile_name="it")).endswith(":user/demo")
    other = world.home / "other"
    other.write_text("[profile it]\nsource_profile = me\n")
    session = botocore.session.Session(profile="it")
    session.set_config_variable("config_file", str(other))
    assert who(boto3.Session(botocore_session=session)).endswith(":user/mfa-user")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(other))
    assert who(boto3.Session(profile_name="it")).endswith(":user/mfa-user")


# ---- putting in and taking out


def test_a_second_call_does_nothing_and_another_wish_is_refused(world: World, install: Install) -> None:
    first = install(ask=world.ask)
    assert install() is first
    assert install(ask=world.ask) is first
    with pytest.raises(UsageError, match="other arguments") as caught:
        install(backend="file")
    assert "uninstall()" in str(caught.value.hint)
    session = boto3.Session(profile_name="demo")
    assert install(session) is first
    providers = session._session.get_component("credential_provider").providers
    assert [each.METHOD for each in providers].count("pyvault") == 1


def test_one_session_alone(world: World, install: Install) -> None:
    session, other = boto3.Session(profile_name="demo"), boto3.Session(profile_name="demo")
    first = install(session)
    assert install(session) is first
    assert who(session).endswith(":user/demo")
    assert method(other) is None
    with pytest.raises(TypeError, match="int is no session"):
        install(3)
    with pytest.raises(TypeError, match="ask must be"):
        install(ask="123456")


def test_a_session_that_has_its_credentials_is_not_changed(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    session = boto3.Session()
    assert method(session) == "env"
    with pytest.raises(UsageError, match="already"):
        install(session)
    with pyvault.open_vault() as vault, pytest.raises(UsageError, match="already"):
        install(vault.boto3_session("demo"))
    explicit = boto3.Session(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="theirs")
    install(explicit)
    assert method(explicit) == "explicit"


def test_uninstall_takes_everything_back(world: World, install: Install) -> None:
    installed = install()
    has, waits = boto3.Session(profile_name="demo"), boto3.Session(profile_name="demo")
    assert method(has) == "pyvault"
    installed.uninstall()
    installed.uninstall()
    assert method(has) == "pyvault"
    assert method(waits) is None
    assert method(boto3.Session(profile_name="demo")) is None
    session = boto3.Session(profile_name="demo")
    install(session)
    assert method(session) == "pyvault"


def test_a_session_whose_chain_is_awaited_is_left_alone(world: World, install: Install) -> None:
    class Awaited(CredentialResolver):
        async def load_credentials(self) -> None:  # type: ignore[override]  # as aiobotocore does
            return None

    class Session(botocore.session.Session):
        def _create_credential_resolver(self) -> CredentialResolver:
            return Awaited([])

    install()
    assert Session(profile="demo").get_component("credential_provider").providers == []


def test_a_session_without_a_chain_of_its_own_has_botocore_s(world: World, install: Install) -> None:
    class Session(botocore.session.Session):
        _create_credential_resolver = None

    install()
    assert Session(profile="demo").get_credentials().method == "pyvault"


def test_a_vault_s_own_session_stays_its_own(world: World, install: Install) -> None:
    install(backend="memory", options={"name": "another"})
    with pyvault.open_vault() as vault:
        assert who(vault.boto3_session("demo")).endswith(":user/demo")


# ---- errors, and renewal


def test_what_aws_refuses_is_an_error_that_users_of_boto3_catch(world: World, install: Install) -> None:
    install()
    world.aws.revoke(world.aws.key("demo").access_key_id)
    cause = refused(boto3.Session(profile_name="demo"))
    assert isinstance(cause, AwsError)


def test_a_code_that_nobody_can_be_asked_for(world: World, install: Install) -> None:
    install()
    assert isinstance(refused(boto3.Session(profile_name="prod")), InputRequiredError)


def test_keys_that_died_early_are_replaced(world: World, install: Install) -> None:
    installed = install()
    session = boto3.Session(profile_name="demo")
    assert who(session).endswith(":user/demo")
    world.aws.revoke(session.get_credentials().access_key)
    with pytest.raises(ClientError):
        who(session)
    installed.invalidate("demo")
    assert who(session).endswith(":user/demo")


def test_what_a_program_s_own_ask_raises_passes(world: World, install: Install) -> None:
    class Stop(Exception):  # noqa: N818 - a signal of the program
        pass

    def ask(question: Question) -> Secret[str]:
        raise Stop

    install(ask=ask)
    with pytest.raises(Stop):
        boto3.Session(profile_name="prod").get_credentials()


def test_a_renewal_that_fails_is_botocores_error(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MIN_TTL", "3s")
    world.aws.enlarge({"settings": {"max_lifetime_s": 2}})  # in need of renewal from the beginning
    install()
    client = boto3.Session(profile_name="demo").client("sts")
    world.aws.revoke(world.aws.key("demo").access_key_id)
    with pytest.raises(CredentialRetrievalError, match="pyvault") as caught:
        client.get_caller_identity()
    assert isinstance(caught.value.__cause__, AwsError)


@pytest.mark.parametrize("expiries", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_expiries_under_load_have_one_fetch_each_and_no_error(
    world: World, install: Install, monkeypatch: pytest.MonkeyPatch, expiries: int
) -> None:
    # New ones are wanted after three seconds, and the old ones work for eleven more.
    monkeypatch.setenv("AWS_MIN_TTL", "11s")
    world.aws.enlarge({"settings": {"max_lifetime_s": 14}})
    world.config(f"[profile reader]\nrole_arn = {world.aws.role_arn('reader')}\nsource_profile = demo\n")
    install()
    errors: list[BaseException] = []
    enough = threading.Event()

    def work() -> None:
        try:
            client = boto3.Session(profile_name="reader").client("sts")
            while not enough.is_set():
                client.get_caller_identity()
        except BaseException as exc:  # noqa: BLE001 - counted
            errors.append(exc)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    world.aws.wait_for_call("AssumeRole", count=1 + expiries, timeout_s=120)
    enough.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {call["status"] for call in world.aws.calls("GetCallerIdentity")} == {200}
    fetched = [datetime.fromisoformat(call["time"]) for call in world.aws.calls("AssumeRole")]
    assert all(after - before >= timedelta(seconds=2) for before, after in pairwise(fetched)), fetched


# ---- the life of a process

CHILD = """\
import atexit, os, sys, threading
atexit.register(lambda: print("closed" if session.get_component("pyvault").source.is_closed else "open"))
import botocore.session, pyvault
pyvault.install()
session = botocore.session.Session(profile="demo")
credentials = session.get_credentials()
credentials._refresh_lock.acquire()  # as in the middle of a refresh by another thread
pid = os.fork()
if pid == 0:
    credentials._expiry_time -= __import__("datetime").timedelta(days=1)
    os._exit(0 if credentials.get_frozen_credentials().token else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_renews_by_itself_and_everything_is_closed_at_exit(world: World) -> None:
    maker = world.home / "made.py"
    maker.write_text(
        "import datetime, json\n"
        "end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'ASIAIOSFODNN7EXAMPLE', 'SecretAccessKey': 's' * 40,\n"
        "    'SessionToken': 't' * 40, 'Expiration': end.isoformat()}))\n"
    )
    config = world.home / ".aws" / "config"
    text = config.read_text().replace(
        "[profile demo]\n", f"[profile demo]\ncredential_process = {sys.executable} {maker}\n"
    )
    config.write_text(text)
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.stdout.split() == ["0", "closed"], ended.stderr
