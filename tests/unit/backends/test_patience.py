"""What is asked again of a busy store, how long, and what never is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyvault.errors import AccessDeniedError, BackendBusyError, BackendError, BackendTimeoutError, ConflictError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault.storage.patience import FIRST_PAUSE, LONGEST_PAUSE, MOST, STEPS, Patient
from pyvault_backends.memory import MemoryBackend

PROD = credential_name("prod")


class Store(MemoryBackend):
    """Fails as often as it is told to, before or after the change."""

    def __init__(self, error: BackendError, times: int, *, carried_out: bool = False) -> None:
        super().__init__()
        self.error, self.left, self.carried_out = error, times, carried_out
        self.calls = 0

    def _fails(self) -> bool:
        self.calls += 1
        self.left -= 1
        return self.left >= 0

    def put(self, name: object, data: object) -> None:
        if self._fails():
            raise self.error
        super().put(name, data)  # type: ignore[arg-type]

    def create(self, name: object, data: object) -> str:
        fails = self._fails()
        version = super().create(name, data) if self.carried_out or not fails else ""  # type: ignore[arg-type]
        if fails:
            raise self.error
        return version


def waited(store: Store, act: Callable[[Patient], object]) -> list[float]:
    """Do it, and return the pauses."""
    pauses: list[float] = []
    act(Patient(store, wait=pauses.append))
    return pauses


def put(patient: Patient) -> object:
    return patient.put(PROD, Secret(b"x"))


def create(patient: Patient) -> object:
    return patient.create(PROD, Secret(b"x"))


def test_pauses_grow_and_their_sum_is_bounded() -> None:
    store = Store(BackendBusyError("slow down"), 1000)
    pauses: list[float] = []
    with pytest.raises(BackendBusyError):
        put(Patient(store, wait=pauses.append))
    assert 4 <= len(pauses) <= 20
    assert sum(pauses) <= MOST
    assert pauses[0] <= FIRST_PAUSE
    assert max(pauses) <= LONGEST_PAUSE
    assert store.calls == len(pauses) + 1


def test_the_store_says_how_long() -> None:
    assert waited(Store(BackendBusyError("slow down", retry_after=1.5), 2), put) == [1.5, 1.5]


@pytest.mark.parametrize("retry_after", [MOST + 1, -1, float("nan"), float("inf")])
def test_more_than_anybody_waits_is_told_at_once(retry_after: float) -> None:
    store = Store(BackendBusyError("tomorrow", retry_after=retry_after), 1)
    with pytest.raises(BackendBusyError):
        put(Patient(store, wait=lambda pause: pytest.fail("it waited")))


def test_a_store_that_says_zero_is_not_asked_without_end() -> None:
    store = Store(BackendBusyError("now", retry_after=0), 10_000)
    with pytest.raises(BackendBusyError):
        put(Patient(store, wait=lambda pause: None))
    assert store.calls < 100


@pytest.mark.parametrize(
    "error", [BackendError("x"), AccessDeniedError("x"), ConflictError("x"), BackendTimeoutError("x")]
)
def test_nothing_else_is_asked_again(error: BackendError) -> None:
    store = Store(error, 1)
    with pytest.raises(type(error)):
        put(Patient(store, wait=lambda pause: pytest.fail("it waited")))
    assert store.calls == 1


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_creation_whose_end_is_open_is_repeated_once_and_knows_its_own_bytes(carried_out: bool) -> None:
    store = Store(BackendTimeoutError("no answer"), 1, carried_out=carried_out)
    assert create(Patient(store)) == store.get_versioned(PROD)[1]
    assert store.calls == 2
    again = Store(BackendTimeoutError("no answer"), 2)
    with pytest.raises(BackendTimeoutError):
        create(Patient(again))


def test_only_single_steps_are_repeated() -> None:
    assert "transaction" not in STEPS
    assert "open" not in STEPS
