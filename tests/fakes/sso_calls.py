"""Fakes of the sign-in: AWS's answers as a script, a clock that sleeping moves, a store in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from pyvault.config.clients import ClientSettings
from pyvault.errors import AwsError, ItemNotFoundError
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.sso.oidc import Code, DeviceAuthorization, Flow, TokenAnswer
from pyvault.sso.session import SsoSession
from pyvault.sso.tokens import Registration

START = datetime(2026, 1, 1, tzinfo=UTC)


def session(name: str | None = "corp", **changes: object) -> SsoSession:
    """Give a session as a config file would."""
    fields: dict[str, object] = {
        "name": name,
        "start_url": "https://corp.awsapps.com/start",
        "client": ClientSettings(region="eu-west-1"),
    }
    return SsoSession(**(fields | changes))  # type: ignore[arg-type]  # the fields of the record


class MovingClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.time = START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


class MemoryBlobs:
    """The session vault's bytes, in memory."""

    def __init__(self) -> None:
        self.items: dict[tuple[Kind, str], Secret[bytes]] = {}
        self.expiries: dict[tuple[Kind, str], datetime | None] = {}

    def get_blob(self, kind: Kind, name: str) -> Secret[bytes]:
        try:
            return self.items[kind, name]
        except KeyError:
            raise ItemNotFoundError(f"there is no item '{kind}/{name}'") from None

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: datetime | None = None) -> None:
        self.items[kind, name] = data
        self.expiries[kind, name] = expires

    def delete_blob(self, kind: Kind, name: str) -> None:
        try:
            del self.items[kind, name]
        except KeyError:
            raise ItemNotFoundError(f"there is no item '{kind}/{name}'") from None

    def kinds(self) -> list[str]:
        return sorted(str(kind) for kind, _ in self.items)


class ScriptedOidc:
    """AWS's side: what each call does is a list; an exception in it is raised."""

    def __init__(self, clock: MovingClock) -> None:
        self.clock = clock
        self.calls: list[str] = []
        self.known: set[str] = set()
        self.polls: list[AwsError | Exception] = []
        self.refreshes: list[Exception] = []
        self.refresh_gives_token = True
        self.token_life = timedelta(hours=1)
        self.interval = timedelta(seconds=5)
        self.on_refresh: Callable[[], None] = lambda: None
        self._count = 0
        self._lock = threading.Lock()

    def endpoint(self) -> str:
        return "http://127.0.0.1:1"

    def register_client(self, flow: Flow, *, start_url: str, scopes: Sequence[str]) -> Registration:
        number = self._next(f"register {flow}")
        client = Registration(
            client_id=f"client{number}",
            client_secret=Secret(f"csecret{number}"),
            expires=self.clock() + timedelta(days=90),
        )
        self.known.add(client.client_id)
        return client

    def start_device_authorization(self, client: Registration, *, start_url: str) -> DeviceAuthorization:
        self._next("start device")
        self._check(client)
        return DeviceAuthorization(
            device_code=Secret("device"),
            user_code="ABCD-EFGH",
            verification_uri="https://device.example/",
            verification_uri_complete="https://device.example/?user_code=ABCD-EFGH",
            expires=self.clock() + timedelta(minutes=10),
            interval=self.interval,
        )

    def redeem_device_code(self, client: Registration, device_code: Secret[str]) -> TokenAnswer:
        number = self._next("poll")
        self._check(client)
        if self.polls:
            raise self.polls.pop(0)
        return self._answer(number)

    def redeem_code(
        self, client: Registration, code: Secret[str], *, verifier: Secret[str], redirect_uri: str
    ) -> TokenAnswer:
        return self._answer(self._next("redeem"))

    def refresh(self, client: Registration, refresh_token: Secret[str]) -> TokenAnswer:
        number = self._next("refresh")
        self.on_refresh()
        self._check(client)
        if self.refreshes:
            raise self.refreshes.pop(0)
        return self._answer(number)

    def _answer(self, number: int) -> TokenAnswer:
        return TokenAnswer(
            access_token=Secret(f"access{number}"),
            expires=self.clock() + self.token_life,
            refresh_token=Secret(f"refresh{number}") if self.refresh_gives_token else None,
        )

    def _check(self, client: Registration) -> None:
        if client.client_id not in self.known:
            raise AwsError("AWS refused: InvalidClientException", code=Code.BAD_CLIENT)

    def _next(self, call: str) -> int:
        with self._lock:
            self.calls.append(call)
            self._count += 1
            return self._count


class DevicePerson:
    """Somebody at a device page far away."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def choose_flow(self) -> Flow:
        return Flow.DEVICE

    def open_page(self, session: SsoSession, url: str, *, known_client: bool) -> None:
        self.shown.append(url)

    def show_code(self, session: SsoSession, authorization: DeviceAuthorization) -> None:
        self.shown.append(authorization.user_code)

    def fall_back(self, reason: str) -> None:
        raise AssertionError(reason)

    def done(self) -> None:
        pass
