"""Whose credentials come back: two persons, two tokens, changed places; against the strict local AWS.

Everything is real but the store, the person and the time. AWS itself is asked who the
credentials are, so that no test believes what pyvault remembers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from fakes.retrieval import Bench
from fakes.sso_bench import Person
from fakes.tools import Tools
from pyvault.aws.client import BotoCalls
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.errors import ConfigError, CredentialsError, InputRequiredError, ItemNotFoundError, NoCredentialsError
from pyvault.model import Credentials
from pyvault.names import Kind
from pyvault.planning.steps import SsoStep
from pyvault.record import replace
from pyvault.retrieval.in_cache import look_at_cache
from pyvault.retrieval.walk import Retriever
from pyvault.secret import Secret
from pyvault.sessions.cache import DEFAULT_MIN_TTL, CacheMode
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.access_token import SsoLogin
from pyvault.sso.cli_cache import aws_cache_directory, read_aws_cache, write_aws_cache
from pyvault.sso.logout import logout
from pyvault.sso.oidc import Flow
from pyvault.sso.oidc_boto3 import connect
from pyvault.sso.person_signs_in import SignIn
from pyvault.sso.session import SsoSession, session_of
from pyvault.sso.tokens import SsoToken, TokenStore


class Site(Bench):
    """A machine on which somebody may sign in."""

    def __init__(self, aws: FakeAws, directory: Path) -> None:
        super().__init__(aws, directory)
        aws.change_sso(interval_s=0)
        aws.enlarge(
            {
                "accounts": {
                    "123456789012": {
                        "roles": {
                            "both": {"trusted": ["user/demo", "user/two-keys"]},
                            "of-sso": {"trusted": ["*"]},
                        }
                    }
                }
            }
        )
        self.person: Person | None = Person(Flow.DEVICE)
        self.environ["HOME"] = str(directory)
        self.answer = directory / "answer"
        self.log = directory / "log"

    def tools(self, *, given: str | None = None) -> Tools:
        return replace(super().tools(given=given), sso=self.login())

    @property
    def tokens(self) -> TokenStore:
        return TokenStore(self.sessions)

    def login(self) -> SsoLogin:
        sign_in = None
        if self.person is not None:
            sign_in = SignIn(
                connect=connect, tokens=self.tokens, prompt=self.person, clock=self.now, sleep=lambda _: None
            )
        return SsoLogin(
            tokens=self.tokens,
            flights=SingleFlight(self.paths.locks),
            connect=connect,
            sign_in=sign_in,
            clock=self.now,
            find_foreign=lambda session: read_aws_cache(self.aws_cache, session),
        )

    @property
    def aws_cache(self) -> Path:
        """Where the AWS CLI keeps its tokens."""
        return aws_cache_directory(self.environ)

    def settle(self) -> None:
        if self.person is not None:
            self.person.settle()

    def who(self, credentials: Credentials) -> str:
        """Ask AWS."""
        client = ClientSettings(region="us-east-1", endpoints=Endpoints(sts=self.aws.url))
        return BotoCalls().sts(client, credentials).get_caller_identity().arn

    def says(self, user: str, number: int = 0) -> None:
        """Have the command answer for a user from now on."""
        pair = self.aws.key(user, number)
        answer = {"Version": 1, "AccessKeyId": pair.access_key_id, "SecretAccessKey": pair.secret_access_key}
        self.answer.write_text(json.dumps(answer))

    @property
    def command(self) -> str:
        return f"echo x >> {self.log}; cat {self.answer}"

    @property
    def runs(self) -> int:
        return self.log.read_text().count("x") if self.log.exists() else 0

    def cached(self, profile: str) -> list[str]:
        seen = look_at_cache(
            self.plan(profile),
            key_id=self.keys.access_key_id,
            entries=self.sessions.entries(),
            at=self.now(),
            min_ttl=DEFAULT_MIN_TTL,
            blobs=self.sessions,
            environ=self.environ,
        )
        return [each.state for each in seen]

    def on_disk(self) -> bytes:
        """Everything that lies in the places of pyvault itself."""
        found: list[bytes] = []
        for place in (self.paths.data, self.paths.state):
            for path in place.rglob("*"):
                with suppress(FileNotFoundError, IsADirectoryError):  # the lock of one who has just ended
                    found.append(path.read_bytes())
        return b"".join(found)


@pytest.fixture
def site(fake_aws: FakeAws, tmp_path: Path) -> Iterator[Site]:
    site = Site(fake_aws, tmp_path)
    yield site
    site.settle()


# ---- commands


def process_with_role(site: Site) -> None:
    role = f"[profile p]\nsource_profile = base\nrole_arn = {site.aws.role_arn('both')}\n"
    site.config = f"{role}[profile base]\ncredential_process = {site.command}\n"


def test_a_command_that_answers_for_another_is_followed_at_once(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    of_demo = site.get("p")
    site.says("two-keys")
    assert site.who(site.get("base")).endswith("user/two-keys")
    other = site.get("p")
    site.says("demo")
    assert site.get("p") == of_demo
    assert other.access_key_id != of_demo.access_key_id
    callers = [call["access_key_id"] for call in site.aws.calls("AssumeRole")]
    assert callers == [site.aws.key("demo").access_key_id, site.aws.key("two-keys").access_key_id]
    assert site.runs == 4  # each time
    assert {entry.op for entry in site.sessions.entries()} == {"sts.AssumeRole"}


def test_a_command_that_fails_gives_nothing_though_a_session_is_kept(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    site.get("p")
    site.answer.unlink()
    with pytest.raises(CredentialsError, match="the credential_process of profile 'base' failed"):
        site.get("p")


def test_what_is_kept_of_a_command_s_role_is_unknown_before_it_has_run(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    site.get("p")
    assert site.cached("p") == ["never", "unknown"]


def test_a_command_runs_once_in_a_retrieval_and_every_time_without_a_cache(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    site.get("p", cache=CacheMode.OFF)
    site.get("p", cache=CacheMode.REFRESH)
    assert site.runs == 2
    assert len(site.aws.calls("AssumeRole")) == 2


def together(site: Site, count: int, ask: Callable[[int], Credentials], *, runs: int) -> list[Credentials]:
    """Have some ask at once: the command ends when all of them wait for it."""
    gate = site.directory / "gate"
    site.config = site.config.replace(
        f"cat {site.answer}", f"until [ -e {gate} ]; do sleep 0.02; done; cat {site.answer}"
    )
    pause = threading.Event()
    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(ask, number) for number in range(count)]
        while len(list(site.paths.locks.glob("*-*.lock"))) < count or site.runs < runs:
            pause.wait(0.02)
        gate.touch()
        return [each.result(60) for each in asked]


def test_callers_at_the_same_time_share_one_run_and_nothing_of_it_stays(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    secret = site.aws.key("demo").secret_access_key
    seen: list[bytes] = []

    def ask(_: int) -> Credentials:
        tools = replace(site.tools(), sessions=site.open_sessions())
        credentials = Retriever(tools).retrieve(site.plan("p"))
        seen.append(site.on_disk())
        return credentials

    results = together(site, 6, ask, runs=1)
    assert len({credentials.access_key_id for credentials in results}) == 1
    assert site.runs == 1
    assert len(site.aws.calls("AssumeRole")) == 1
    assert not [content for content in seen if secret.encode() in content]
    assert site.sessions.blobs(Kind.PENDING) == []
    site.get("p")
    assert site.runs == 2


def test_callers_with_another_environment_never_share_a_run(site: Site) -> None:
    """A command may answer for whoever a variable names."""
    for user in ("demo", "two-keys"):
        site.says(user)
        site.answer.rename(site.directory / user)
    site.config = f"[profile p]\ncredential_process = echo x >> {site.log}; cat {site.directory}/$WHO\n"

    def ask(number: int) -> Credentials:
        tools = site.tools()
        environ = {**tools.environ, "WHO": ("demo", "two-keys")[number]}
        return Retriever(replace(tools, environ=environ)).retrieve(site.plan("p"))

    gate = site.directory / "gate"
    site.config = site.config.replace("; cat", f"; until [ -e {gate} ]; do sleep 0.02; done; cat")
    gate.touch()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(ask, range(2)))
    assert [site.who(each).rpartition("/")[2] for each in results] == ["demo", "two-keys"]
    assert site.runs == 2


# ---- the surroundings


def test_credentials_of_the_surroundings_that_change_are_followed(site: Site) -> None:
    role = site.aws.role_arn("both")
    site.config = f"[profile p]\ncredential_source = Environment\nrole_arn = {role}\n"
    seen: list[str] = []
    for user in ("demo", "two-keys", "demo"):
        pair = site.aws.key(user)
        site.get(
            "p",
            extra={"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key},
        )
        seen.append(pair.access_key_id)
    assert [call["access_key_id"] for call in site.aws.calls("AssumeRole")] == seen[:2]
    del site.environ["AWS_ACCESS_KEY_ID"]
    with pytest.raises(NoCredentialsError):
        site.get("p")


# ---- web identity tokens


def test_a_session_is_its_token_holder_s_alone(site: Site) -> None:
    token = site.directory / "token"
    role = f"[profile ci]\nrole_arn = {site.aws.role_arn('ci')}\n"
    site.config = f"{role}web_identity_token_file = {token}\n"

    def held_by(subject: str, **claims: object) -> Credentials:
        token.write_text(site.aws.web_identity_token(subject=f"repo:example/{subject}", **claims))
        return site.get("ci")

    one, other = held_by("one"), held_by("two")
    assert held_by("one", lifetime_s=600) == one  # renewed
    assert one.access_key_id != other.access_key_id
    assert len(site.aws.calls("AssumeRoleWithWebIdentity")) == 2
    token.unlink()
    with pytest.raises(ConfigError, match="can't be read"):
        site.get("ci")


def test_a_token_s_command_runs_each_time_and_its_session_is_the_holder_s(site: Site) -> None:
    site.config = f"[profile ci]\nrole_arn = {site.aws.role_arn('ci')}\nweb_identity_token_process = {site.command}\n"
    seen: list[str] = []
    for subject in ("one", "one", "two", "one"):
        site.answer.write_text(site.aws.web_identity_token(subject=f"repo:example/{subject}"))
        seen.append(site.get("ci").access_key_id)
    assert seen[0] == seen[1] == seen[3] != seen[2]
    assert site.runs == 4
    assert len(site.aws.calls("AssumeRoleWithWebIdentity")) == 2
    assert site.cached("ci") == ["unknown"]


def test_callers_at_the_same_time_share_one_token(site: Site) -> None:
    site.config = f"[profile ci]\nrole_arn = {site.aws.role_arn('ci')}\nweb_identity_token_process = {site.command}\n"
    site.answer.write_text(site.aws.web_identity_token(subject="repo:example/app"))

    def ask(_: int) -> Credentials:
        return Retriever(replace(site.tools(), sessions=site.open_sessions())).retrieve(site.plan("ci"))

    results = together(site, 3, ask, runs=1)
    assert len({credentials.access_key_id for credentials in results}) == 1
    assert site.runs == 1
    assert len(site.aws.calls("AssumeRoleWithWebIdentity")) == 1


# ---- SSO


SSO = """
    [sso-session corp]
    sso_start_url = https://example.awsapps.com/start
    sso_region = eu-west-1
    [profile base]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Admin
    [profile role]
    source_profile = base
    role_arn = {role}
    role_session_name = job
"""


def sso_site(site: Site) -> SsoSession:
    site.config = SSO.format(role=site.aws.role_arn("of-sso"))
    step = site.plan("base").steps[0]
    assert isinstance(step, SsoStep)
    return session_of(step)


def sign_in(site: Site, session: SsoSession, user: str) -> SsoToken:
    site.aws.change_sso(user=user)
    token = site.login().sign_in_again(session)
    site.settle()
    return token


def test_after_a_sign_in_as_another_nothing_of_the_earlier_one_is_used(site: Site) -> None:
    session = sso_site(site)
    sign_in(site, session, "alice")
    alices = {profile: site.get(profile) for profile in ("base", "role")}
    assert site.who(alices["base"]).endswith("/alice")
    assert site.cached("role") == ["hit", "hit"]
    sign_in(site, session, "bob")
    assert site.cached("role") == ["miss", "miss"]
    bobs = {profile: site.get(profile) for profile in ("role", "base")}
    assert site.who(bobs["base"]).endswith("/bob")
    assert not {each.access_key_id for each in alices.values()} & {each.access_key_id for each in bobs.values()}
    makers = [call["access_key_id"] for call in site.aws.calls("AssumeRole")]
    assert makers == [alices["base"].access_key_id, bobs["base"].access_key_id]


def sign_in_with_the_aws_cli(site: Site, session: SsoSession, user: str) -> None:
    token = sign_in(site, session, user)
    site.tokens.drop_token(session)
    write_aws_cache(site.aws_cache, session, token)


def test_after_the_aws_cli_signs_in_as_another_nothing_of_the_earlier_one_is_used(site: Site) -> None:
    session = sso_site(site)
    sign_in_with_the_aws_cli(site, session, "alice")
    site.person, person = None, site.person  # what follows asks nobody
    alices = {profile: site.get(profile) for profile in ("base", "role")}
    assert site.who(alices["base"]).endswith("/alice")
    assert site.cached("role") == ["hit", "hit"]
    site.person = person
    sign_in_with_the_aws_cli(site, session, "bob")
    site.person = None
    assert site.cached("role") == ["miss", "miss"]
    bobs = {profile: site.get(profile) for profile in ("role", "base")}
    assert site.who(bobs["base"]).endswith("/bob")
    makers = [call["access_key_id"] for call in site.aws.calls("AssumeRole")]
    assert makers == [alices["base"].access_key_id, bobs["base"].access_key_id]


def test_our_own_sign_in_comes_before_that_of_the_aws_cli_until_it_has_ended(site: Site) -> None:
    """Also where nothing refreshes it any more: who its sessions are kept for is who they are of."""
    session = sso_site(site)
    sign_in_with_the_aws_cli(site, session, "bob")
    token = sign_in(site, session, "alice")
    site.tokens.put_token(session, replace(token, expires=site.now() + timedelta(minutes=4), refresh_token=None))
    site.person = None
    assert site.who(site.get("base")).endswith("/alice")
    assert site.cached("base") == ["hit"]
    site.tokens.put_token(session, replace(token, expires=site.now(), refresh_token=None))
    assert site.cached("base") == ["miss"]
    assert site.who(site.get("base")).endswith("/bob")
    assert site.cached("base") == ["hit"]


def test_a_refresh_is_no_sign_in(site: Site) -> None:
    session = sso_site(site)
    first = sign_in(site, session, "alice")
    kept = site.get("role")
    site.person = None
    site.aws.advance(8 * 3600)
    site.get("base")  # its session has ended, and so has the access token
    renewed = site.tokens.token(session)
    assert renewed.access_token != first.access_token
    assert renewed.identity == first.identity
    assert site.get("role") != kept
    site.aws.clear_calls()
    site.get("role")
    assert site.aws.ops() == []


def test_signing_out_takes_the_sessions_out_of_use(site: Site) -> None:
    session = sso_site(site)
    sign_in(site, session, "alice")
    site.get("role")
    logout(
        session,
        tokens=site.tokens,
        flights=SingleFlight(site.paths.locks),
        portal=BotoCalls().sso_portal(session.client),
        oidc=connect(session),
        clock=site.now,
    )
    assert site.cached("role") == ["miss", "miss"]
    person, site.person = site.person, None
    with pytest.raises(InputRequiredError):
        site.get("role")
    site.person = person
    site.aws.change_sso(user="bob")
    assert site.who(site.get("base")).endswith("/bob")


def test_the_session_is_the_one_s_who_signed_in_meanwhile(site: Site) -> None:
    """The token at hand is refused: another person signs in during the fetch."""
    session = sso_site(site)
    sign_in(site, session, "alice")
    alices = site.tokens.token(session)
    site.aws.change_sso(sign_out=True, user="bob")
    assert site.who(site.get("base")).endswith("/bob")
    site.get("role")
    assert site.cached("role") == ["hit", "hit"]
    site.tokens.put_token(session, alices)
    assert site.cached("role") == ["miss", "miss"]


def test_a_token_that_comes_back_brings_its_own_sessions_back(site: Site) -> None:
    session = sso_site(site)
    alices = sign_in(site, session, "alice")
    kept = site.get("base")
    bobs = sign_in(site, session, "bob")
    site.get("base")
    site.tokens.put_token(session, alices)
    assert site.get("base") == kept
    site.tokens.put_token(session, bobs)
    assert site.who(site.get("base")).endswith("/bob")


def test_a_token_without_a_sign_in_is_one_of_its_own_and_stays_it_when_refreshed(site: Site) -> None:
    """An older version wrote none, and the AWS CLI does not."""
    session = sso_site(site)
    token = sign_in(site, session, "alice")
    kept = site.get("base")
    site.tokens.put_token(session, replace(token, sign_in=""))
    assert site.get("base") != kept
    old = site.tokens.token(session).identity
    assert token.access_token.reveal() not in old
    site.aws.advance(8 * 3600)
    site.get("base")
    assert site.tokens.token(session).identity == old


def test_many_cold_starts_sign_in_once_and_fetch_once(site: Site) -> None:
    sso_site(site)
    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(lambda _: site.get("role"), range(5)))
    assert len({each.access_key_id for each in results}) == 1
    assert site.aws.ops().count("sso.GetRoleCredentials") == 1
    assert site.aws.ops().count("sts.AssumeRole") == 1
    assert site.person is not None
    assert len(site.person.opened) == 1


# ---- what the request is made of


@pytest.mark.parametrize(
    ("setting", "other"),
    [
        ("sso_account_id = 123456789012", "sso_account_id = 210987654321"),
        ("sso_role_name = Admin", "sso_role_name = ReadOnly"),
    ],
)
def test_another_account_or_role_of_the_same_sign_in_is_another_session(site: Site, setting: str, other: str) -> None:
    session = sso_site(site)
    sign_in(site, session, "alice")
    first = site.get("base")
    site.config = site.config.replace(setting, other)
    assert site.cached("base") == ["miss"]
    second = site.get("base")
    assert site.who(second) != site.who(first)


def test_another_endpoint_is_another_session_for_every_kind_of_beginning(site: Site) -> None:
    elsewhere = site.aws.url.replace("127.0.0.1", "localhost")
    process_with_role(site)
    site.says("demo")
    session = sso_site(site)
    sign_in(site, session, "alice")
    token = site.directory / "token"
    token.write_text(site.aws.web_identity_token(subject="repo:example/app"))
    site.config += f"    [profile ci]\n    role_arn = {site.aws.role_arn('ci')}\n"
    site.config += f"    web_identity_token_file = {token}\n"
    site.config += (
        f"    [profile p]\n    credential_process = {site.command}\n    role_arn = {site.aws.role_arn('both')}\n"
    )
    before = {profile: site.get(profile).access_key_id for profile in ("ci", "p", "base")}
    site.environ["AWS_ENDPOINT_URL"] = elsewhere
    assert site.cached("ci") == site.cached("base") == ["miss"]
    after = {profile: site.get(profile).access_key_id for profile in before}
    assert not set(before.values()) & set(after.values())


def test_a_stored_key_that_changes_is_followed(site: Site) -> None:
    site.config = f"[profile p]\nsource_profile = base\nrole_arn = {site.aws.role_arn('both')}\n"
    seen: list[str] = []
    for user in ("demo", "two-keys"):
        site.store("base", user)
        site.get("p")
        seen.append(site.aws.key(user).access_key_id)
    assert [call["access_key_id"] for call in site.aws.calls("AssumeRole")] == seen
    plan = site.plan("p")
    site.keys.pairs.clear()
    retriever = Retriever(site.tools())
    with pytest.raises(ItemNotFoundError):
        retriever.retrieve(plan)


def test_no_secret_of_any_beginning_is_in_the_clear(site: Site) -> None:
    process_with_role(site)
    site.says("demo")
    site.get("p")
    session = sso_site(site)
    token = sign_in(site, session, "alice")
    site.get("base")
    content = site.on_disk()
    for secret in (Secret(site.aws.key("demo").secret_access_key), token.access_token):
        assert secret.reveal().encode() not in content
