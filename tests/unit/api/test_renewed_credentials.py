"""Credentials that died early: nobody signs with them any more, in whatever thread."""

from __future__ import annotations

import threading
from datetime import timedelta

from pyvault import clock
from pyvault.boto3_session import RenewedCredentials
from pyvault.model import Credentials
from pyvault.secret import Secret


def numbered(number: int) -> Credentials:
    return Credentials(
        access_key_id=f"ASIA{number:016}",
        secret_access_key=Secret("s" * 40),
        session_token=Secret("token"),
        expires=clock.now() + timedelta(hours=1),
    )


class Service:
    """Hands out one after the other; while it is at it, other threads ask for credentials."""

    def __init__(self) -> None:
        self.calls = 0
        self.others: list[threading.Thread] = []
        self.seen: list[str | None] = []
        self.dies_meanwhile = False
        self.credentials = RenewedCredentials(
            numbered(0), self.fetch, profile="prod", sources=["prod"], window=timedelta(minutes=5)
        )

    def fetch(self) -> Credentials:
        self.calls += 1
        number = self.calls
        if number == 1:
            self.others = [threading.Thread(target=self.ask) for _ in range(4)]
            for other in self.others:
                other.start()
            self.others[0].join(0.2)  # one that does not wait has signed with the old ones by now
            if self.dies_meanwhile:
                self.credentials.invalidate()
        return numbered(number)

    def ask(self) -> None:
        self.seen.append(self.credentials.get_frozen_credentials().access_key)


def test_threads_wait_for_the_new_ones() -> None:
    service = Service()
    service.credentials.invalidate()
    service.ask()
    for other in service.others:
        other.join(10)
    assert service.seen == ["ASIA0000000000000001"] * 5
    assert service.calls == 1


def test_what_dies_while_it_is_fetched_is_fetched_again() -> None:
    service = Service()
    service.dies_meanwhile = True
    service.credentials.invalidate()
    service.ask()
    for other in service.others:
        other.join(10)
    assert service.seen[-1] == "ASIA0000000000000002"
    assert service.calls == 2
