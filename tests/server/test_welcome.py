"""Only an answer that needs a token keeps a connection its place in a full house."""

from __future__ import annotations

import contextlib
import http.client

import pytest

from server.serving import TOKEN, MovedClock, ObedientFetch, Running, ecs, imds, running

LIMIT = 4
MINTING = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}


def ask(connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection.request(method, path, headers=headers)
    reply = connection.getresponse()
    return reply.status, reply.read().decode()


def connect(server: Running, stack: contextlib.ExitStack) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    return stack.enter_context(contextlib.closing(connection))


@pytest.mark.parametrize("kind", ["ecs", "imds"])
def test_a_crowd_with_no_token_pushes_out_itself_and_not_a_client(kind: str) -> None:
    clock = MovedClock()
    make = ecs if kind == "ecs" else imds
    with running(make(ObedientFetch(now=clock), clock), limit=LIMIT) as server, contextlib.ExitStack() as stack:
        client = connect(server, stack)
        if kind == "ecs":
            path, headers, crowd = "/", {"Authorization": TOKEN}, ("GET", "/healthz", {})
        else:
            path, crowd = (
                "/latest/meta-data/iam/security-credentials/local-credentials",
                ("PUT", "/latest/api/token", MINTING),
            )
            headers = {"X-aws-ec2-metadata-token": ask(client, *crowd)[1]}
        assert ask(client, "GET", path, headers)[0] == 200
        kept = client.sock
        for _ in range(3 * LIMIT):
            assert ask(connect(server, stack), *crowd)[0] == 200
        assert ask(client, "GET", path, headers)[0] == 200
        assert client.sock is kept  # on the connection that it had
