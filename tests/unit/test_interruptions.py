"""What the program raises in the middle of our calls is its own, and passes; what a driver raises is the driver's."""

from __future__ import annotations

import errno
import functools
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pyvault.errors import BackendError, BackendTimeoutError, UserCancelledError, WriteFailedError
from pyvault.files.atomic import writing
from pyvault.interruptions import suppressing
from pyvault.model import StoredCredentials
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault.sessions.single_flight import SingleFlight
from pyvault.storage.fence import fence
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend

PAIR = StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("wJalr"))
NUMBER = signal.SIGUSR1


class SoftTimeLimit(Exception):  # noqa: N818 - as celery calls it
    """A program's own."""


class Panic(BaseException):
    """One that nobody should catch."""


def plain(number: int, frame: object) -> NoReturn:
    raise SoftTimeLimit


def deeper(number: int, frame: object) -> NoReturn:
    plain(number, None)


def any_arguments(*arguments: object) -> NoReturn:
    raise SoftTimeLimit


def forgetful(number: int, frame: object) -> NoReturn:
    del number, frame
    raise SoftTimeLimit


def once(number: int, frame: object) -> NoReturn:
    signal.signal(NUMBER, signal.SIG_DFL)
    raise SoftTimeLimit


def with_more(more: str, number: int, frame: object) -> NoReturn:
    raise SoftTimeLimit


class Limits:
    def reached(self, number: int, frame: object) -> NoReturn:
        raise SoftTimeLimit

    def __call__(self, number: int, frame: object) -> NoReturn:
        del number, frame
        raise SoftTimeLimit


HANDLERS: dict[str, Callable[..., object]] = {
    "function": plain,
    "deeper": deeper,
    "any arguments": any_arguments,
    "forgetful": forgetful,
    "once": once,
    "partial": functools.partial(with_more, "more"),
    "method": Limits().reached,
    "object": Limits(),
}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = signal.getsignal(NUMBER)
    yield
    signal.signal(NUMBER, before)


class Interrupted(MemoryBackend):
    """A driver in the middle of whose work the signal comes."""

    def get(self, name: ItemName) -> Secret[bytes]:
        signal.raise_signal(NUMBER)
        return super().get(name)


class Wrapping(MemoryBackend):
    """One whose library makes another exception of everything."""

    made: BaseException = KeyError("PLANTED")

    def get(self, name: ItemName) -> Secret[bytes]:
        try:
            signal.raise_signal(NUMBER)
        except BaseException:  # noqa: BLE001 - as libraries do
            raise self.made from None
        raise AssertionError


@pytest.mark.parametrize("fenced", [False, True], ids=["ours", "a plug-in"])
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
@pytest.mark.parametrize(
    "driver", [Interrupted, Wrapping, type("Own", (Wrapping,), {"made": BackendTimeoutError("no answer")})]
)
def test_what_a_signal_handler_raises_passes(
    driver: type[MemoryBackend], handler: Callable[..., object], fenced: bool
) -> None:
    backend = driver()
    store = CredentialStore(fence(backend, "acme") if fenced else backend)
    signal.signal(NUMBER, handler)
    with pytest.raises(SoftTimeLimit):
        store.get("prod")


@pytest.mark.parametrize("error", [SystemExit(3), Panic(), GeneratorExit(), KeyboardInterrupt()])
def test_what_ends_a_program_passes_too(error: BaseException) -> None:
    def handler(number: int, frame: object) -> NoReturn:
        raise error

    signal.signal(NUMBER, handler)
    with pytest.raises(type(error)) as caught:
        CredentialStore(Interrupted()).get("prod")
    assert caught.value is error


@pytest.mark.parametrize("error", [TimeoutError("limit"), TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))])
def test_a_program_s_own_error_is_none_of_the_system(tmp_path: Path, error: OSError) -> None:
    """One with a number looks like the system's in all but where it comes from."""

    def handler(number: int, frame: object) -> NoReturn:
        raise error

    signal.signal(NUMBER, handler)
    with pytest.raises(TimeoutError) as caught, suppressing(OSError):
        signal.raise_signal(NUMBER)
    assert caught.value is error
    with pytest.raises(TimeoutError) as caught, writing(tmp_path / "x"):
        signal.raise_signal(NUMBER)
    assert caught.value is error
    with suppressing(OSError):
        (tmp_path / "missing").stat()
    with pytest.raises(WriteFailedError), writing(tmp_path / "x"):
        (tmp_path / "missing").stat()


def test_a_no_to_a_prompt_stays_one() -> None:
    class Prompting(MemoryBackend):
        def get(self, name: ItemName) -> Secret[bytes]:
            try:
                signal.default_int_handler(signal.SIGINT, None)
            except KeyboardInterrupt:
                raise UserCancelledError("the prompt was dismissed") from None

    with pytest.raises(UserCancelledError):
        CredentialStore(Prompting()).get("prod")


@pytest.mark.parametrize("error", [SoftTimeLimit(), KeyError("PLANTED"), SystemExit(0), Panic()])
def test_what_the_driver_raises_is_the_driver_s_whatever_it_is(error: BaseException) -> None:
    class Broken(MemoryBackend):
        def get(self, name: ItemName) -> Secret[bytes]:
            raise error

    signal.signal(NUMBER, plain)
    with pytest.raises(BackendError, match=f"failed to read 'credential/prod': {type(error).__name__}"):
        CredentialStore(Broken()).get("prod")


@pytest.mark.parametrize("fenced", [False, True], ids=["ours", "a plug-in"])
@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(3), SoftTimeLimit()])
def test_what_is_raised_inside_a_transaction_passes_and_undoes_it(error: BaseException, fenced: bool) -> None:
    backend = MemoryBackend()
    store = CredentialStore(fence(backend, "acme") if fenced else backend)
    with pytest.raises(type(error)) as caught, store.transaction():  # noqa: PT012 - where it is raised is the test
        store.put("prod", PAIR)
        raise error
    assert caught.value is error
    assert store.profiles() == []


def test_a_generator_that_is_closed_inside_a_transaction() -> None:
    store = CredentialStore(MemoryBackend())

    def writing() -> Generator[None]:
        with store.transaction():
            store.put("prod", PAIR)
            yield

    generator = writing()
    next(generator)
    generator.close()
    assert store.profiles() == []


def test_a_transaction_that_fails_to_end_is_the_driver_s() -> None:
    class Broken(MemoryBackend):
        @contextmanager
        def transaction(self) -> Generator[None]:  # type: ignore[override]
            yield
            raise KeyError("PLANTED")

    with pytest.raises(BackendError, match="failed to write: KeyError"), CredentialStore(Broken()).transaction():
        pass


def test_who_waits_for_a_fetch_is_not_told_of_the_leader_s_limit(tmp_path: Any) -> None:
    def fetch() -> str:
        signal.raise_signal(NUMBER)
        return "never"

    signal.signal(NUMBER, plain)
    with pytest.raises(SoftTimeLimit):
        SingleFlight(tmp_path).share("ab" * 32, look_up=fetch, fetch=fetch, refresh=True)
    assert [path.name for path in tmp_path.iterdir() if path.name != "sweep.lock"] == []


def test_a_limit_in_an_early_refresh_of_boto_s_credentials_passes() -> None:
    """botocore only logs what a refresh raises while the old credentials are still good."""
    from datetime import timedelta

    from pyvault import clock
    from pyvault.boto3_session import RenewedCredentials
    from pyvault.model import Credentials

    first = Credentials(
        access_key_id="ASIAIOSFODNN7EXAMPLE",
        secret_access_key=Secret("wJalr"),
        session_token=Secret("token"),
        expires=clock.now() + timedelta(minutes=4),
    )

    def fetch() -> Credentials:
        signal.raise_signal(NUMBER)
        return first

    credentials = RenewedCredentials(first, fetch, profile="ci", sources=["ci"], window=timedelta(minutes=5))
    signal.signal(NUMBER, plain)
    with pytest.raises(SoftTimeLimit):
        credentials.get_frozen_credentials()
    signal.signal(NUMBER, signal.SIG_IGN)
    assert credentials.get_frozen_credentials().access_key == "ASIAIOSFODNN7EXAMPLE"


def test_botocore_inspects_no_handler_while_it_makes_a_client() -> None:
    """It would pass over whatever is raised meanwhile, and go on."""
    from pyvault.aws.client import make_client
    from pyvault.config.clients import ClientSettings

    called = set[str]()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_name) if event == "call" else None)
    try:
        make_client("sts", ClientSettings(region="eu-west-1"), None)
    finally:
        sys.setprofile(None)
    assert "_verify_and_register" in called
    assert not called & {"accepts_kwargs", "getfullargspec"}
