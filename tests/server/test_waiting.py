"""While AWS refuses, requests wait for the next try; how many do is bounded, and nobody without the token does."""

from __future__ import annotations

import socket
import threading
import time

from pyvault.errors import AwsError
from server.serving import TOKEN, MovedClock, ObedientFetch, authorised, ecs, read_all, running

PLACES = 4
ASK = "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"


def refuse_the_first(call: int) -> None:
    if call == 1:
        raise AwsError("sts refuses", code="Throttling")


def test_more_than_there_is_room_for_push_out_the_oldest_and_the_others_get_credentials(clock: MovedClock) -> None:
    all_have_come = threading.Event()

    def before(call: int) -> None:
        refuse_the_first(call)
        all_have_come.wait(20)

    fetch = ObedientFetch(now=clock, before=before)
    with running(ecs(fetch, clock, patience=20, limit=20), limit=PLACES) as server:
        assert server.ask(headers=authorised()).status == 503  # a pause of a second begins
        waiting: list[socket.socket] = []
        try:
            for _ in range(3 * PLACES):
                waiting.append(server.connect())
                waiting[-1].sendall(ASK.format(port=server.port, token=TOKEN).encode())
            pushed_out = [read_all(one) for one in waiting[:-PLACES]]
            all_have_come.set()
            answers = [read_all(one)[:12] for one in waiting[-PLACES:]]
        finally:
            all_have_come.set()
            for one in waiting:
                one.close()
        assert set(pushed_out) == {b""}
        assert answers == [b"HTTP/1.1 200"] * PLACES
        assert fetch.calls == 2
        assert server.ask(headers=authorised()).status == 200


def test_who_may_not_ask_does_not_wait(clock: MovedClock) -> None:
    fetch = ObedientFetch(now=clock, before=refuse_the_first)
    with running(ecs(fetch, clock)) as server:
        assert server.ask(headers=authorised()).status == 503
        assert server.ask(headers={"Authorization": "wrong"}).status == 403
        assert fetch.calls == 1
        assert server.gate.under_way() == []


def test_a_client_that_hangs_up_leaves_its_place_and_the_next_has_the_credentials(clock: MovedClock) -> None:
    fetch = ObedientFetch(now=clock, before=refuse_the_first)
    with running(ecs(fetch, clock)) as server:
        assert server.ask(headers=authorised()).status == 503
        with server.connect() as leaver:
            leaver.sendall(ASK.format(port=server.port, token=TOKEN).encode())
            until = time.monotonic() + 10
            while not server.gate.under_way() and time.monotonic() < until:
                time.sleep(0.01)
        assert server.ask(headers=authorised()).status == 200
        assert fetch.calls == 2
