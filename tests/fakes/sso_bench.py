"""A sign-in with everything real but the person: AWS's strict likeness, botocore, the session vault, locks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from fake_aws.client import FakeAws
from fakes.browsers import follow
from pyvault import clock
from pyvault.aws.calls import SsoPortal
from pyvault.aws.client import BotoCalls
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.paths import Paths
from pyvault.secret import Secret
from pyvault.sessions.cache import SessionCache, open_session_vault
from pyvault.sessions.single_flight import SingleFlight
from pyvault.sso.access_token import SsoLogin
from pyvault.sso.oidc import DeviceAuthorization, Flow
from pyvault.sso.oidc_boto3 import BotoOidc, connect
from pyvault.sso.person_signs_in import SignIn
from pyvault.sso.session import SsoSession
from pyvault.sso.tokens import TokenStore
from pyvault_backends.memory import MemoryBackend


def refuse(question: object) -> Secret[str]:
    raise AssertionError(question)


class Person:
    """Somebody who does what the page says, in the background as a browser does."""

    def __init__(self, flow: Flow, browse: Callable[[str], object] = follow) -> None:
        self.flow = flow
        self.browse = browse
        self.opened: list[str] = []
        self.threads: list[threading.Thread] = []
        self.told: str | None = None
        self.is_done = False

    def choose_flow(self) -> Flow:
        return self.flow

    def open_page(self, session: SsoSession, url: str, *, known_client: bool) -> None:
        self._open(url)

    def show_code(self, session: SsoSession, authorization: DeviceAuthorization) -> None:
        self._open(authorization.verification_uri_complete)

    def fall_back(self, reason: str) -> None:
        self.told = reason

    def done(self) -> None:
        self.is_done = True

    def _open(self, url: str) -> None:
        self.opened.append(url)
        thread = threading.Thread(target=self.browse, args=(url,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def settle(self) -> None:
        for thread in self.threads:
            thread.join(60)


class SsoBench:
    """Everything of one user's machine."""

    def __init__(self, aws: FakeAws, directory: Path) -> None:
        self.aws = aws
        self.directory = directory
        self.ahead = timedelta(0)
        self.slept: list[float] = []
        self.persons: list[Person] = []
        self.backend = MemoryBackend.open({}, refuse)
        self.paths = Paths(
            config_file=directory / "config.toml",
            data=directory / "data",
            state=directory / "state",
            find_runtime=lambda: directory / "run",
        )
        endpoints = Endpoints(sts=aws.url, iam=aws.url, sso=aws.url, sso_oidc=aws.url)
        self.client = ClientSettings(region="eu-west-1", endpoints=endpoints, max_attempts=1)
        self.session = SsoSession(name="corp", start_url="https://example.awsapps.com/start", client=self.client)
        self.cache = self.new_cache()

    def now(self) -> datetime:
        return clock.now() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)
        self.aws.advance(seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def new_cache(self) -> SessionCache:
        return open_session_vault(self.paths, "memory", {}, self.backend, clock=self.now)

    @property
    def tokens(self) -> TokenStore:
        return TokenStore(self.cache)

    @property
    def portal(self) -> SsoPortal:
        return BotoCalls().sso_portal(self.client)

    @property
    def oidc(self) -> BotoOidc:
        return connect(self.session)

    def login(self, person: Person | None, cache: SessionCache | None = None) -> SsoLogin:
        """Give a login as one process has it."""
        if person:
            self.persons.append(person)
        tokens = TokenStore(cache or self.cache)
        sign_in = (
            SignIn(connect=connect, tokens=tokens, prompt=person, clock=self.now, sleep=self.sleep) if person else None
        )
        return SsoLogin(
            tokens=tokens,
            flights=SingleFlight(self.paths.locks),
            connect=connect,
            sign_in=sign_in,
            clock=self.now,
        )

    def settle(self) -> None:
        """Wait for every browser: a page still under way would meet the next test's world."""
        for person in self.persons:
            person.settle()
