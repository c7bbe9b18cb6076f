"""The metadata service answers as EC2 does."""

from __future__ import annotations

import json
import socket

import pytest

from server.serving import SECRET, SESSION, MovedClock, ObedientFetch, Running, imds, read_all, running

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
CREDENTIALS = "/latest/meta-data/iam/security-credentials/"


def get_token(server: Running, ttl: str = "300") -> str:
    reply = server.ask("/latest/api/token", method="PUT", headers={TTL: ttl})
    assert (reply.status, reply.headers[TTL.lower()]) == (200, ttl)
    assert reply.headers["content-type"] == "text/plain"
    return reply.body.decode()


def with_token(token: str) -> dict[str, str]:
    return {"X-aws-ec2-metadata-token": token}


def test_the_way_of_every_sdk(metadata: Running) -> None:
    token = get_token(metadata)
    name = metadata.ask(CREDENTIALS, headers=with_token(token)).body.decode()
    reply = metadata.ask(CREDENTIALS + name, headers=with_token(token))
    assert reply.status == 200
    assert reply.json == {
        "Code": "Success",
        "LastUpdated": "2026-05-04T12:00:00Z",
        "Type": "AWS-HMAC",
        "AccessKeyId": "ASIA0000000000000001",
        "SecretAccessKey": SECRET,
        "Token": SESSION,
        "Expiration": "2026-05-04T13:00:00Z",
    }


@pytest.mark.parametrize("ttl", ["0", "21601", "-1", "", "x", "1.5", "99999999999", "٣"])
def test_a_token_lives_one_second_to_six_hours(metadata: Running, ttl: str) -> None:
    reply = metadata.ask("/latest/api/token", method="PUT", headers={TTL: ttl.encode().decode("latin-1")})
    assert reply.status == 400


@pytest.mark.parametrize("ttl", ["1", "21600"])
def test_the_bounds_themselves_are_allowed(metadata: Running, ttl: str) -> None:
    assert get_token(metadata, ttl)


def test_a_token_without_a_ttl_is_refused(metadata: Running) -> None:
    assert metadata.ask("/latest/api/token", method="PUT").status == 400


def test_a_token_ends(metadata: Running, clock: MovedClock) -> None:
    token = get_token(metadata, "60")
    clock.move(seconds=59)
    assert metadata.ask(CREDENTIALS, headers=with_token(token)).status == 200
    clock.move(seconds=2)
    assert metadata.ask(CREDENTIALS, headers=with_token(token)).status == 401


@pytest.mark.parametrize(
    "path", [CREDENTIALS, CREDENTIALS + "local-credentials", "/", "/nothing", "/latest/meta-data/"]
)
def test_without_a_token_even_unknown_paths_are_401(metadata: Running, path: str) -> None:
    reply = metadata.ask(path)
    assert reply.status == 401
    assert SECRET.encode() not in reply.body


def test_a_changed_token_is_refused(metadata: Running) -> None:
    token = get_token(metadata)
    for changed in (token[:-1], "A" + token[1:], token + "A", token.swapcase(), token[:10] + "!" + token[10:], ""):
        assert metadata.ask(CREDENTIALS, headers=with_token(changed)).status == 401


def test_a_token_of_another_server_is_refused(metadata: Running, clock: MovedClock) -> None:
    with running(imds(ObedientFetch(now=clock), clock)) as other:
        assert metadata.ask(CREDENTIALS, headers=with_token(get_token(other))).status == 401


def test_version_1_only_when_allowed(clock: MovedClock) -> None:
    fetch = ObedientFetch(now=clock)
    with running(imds(fetch, clock, allow_v1=True)) as server:
        assert server.ask(CREDENTIALS + "local-credentials").status == 200
        assert server.ask(CREDENTIALS, headers=with_token("wrong")).status == 401


def test_statuses_of_methods_and_paths(metadata: Running) -> None:
    token = with_token(get_token(metadata))
    assert metadata.ask("/latest/api/token").status == 405
    assert metadata.ask("/latest/api/token", method="POST", headers={TTL: "60"}).status == 405
    assert metadata.ask(CREDENTIALS, method="PUT", headers=token).status == 405
    assert metadata.ask(CREDENTIALS, method="DELETE", headers=token).status == 405
    assert metadata.ask(CREDENTIALS + "other", headers=token).status == 404
    assert metadata.ask("/latest/meta-data/public-keys/", headers=token).status == 404
    assert metadata.ask("/1.0/meta-data/instance-id", headers=token).status == 404


def test_facts(metadata: Running) -> None:
    token = with_token(get_token(metadata))
    assert metadata.ask("/latest/meta-data/placement/region", headers=token).body == b"eu-west-1"
    assert metadata.ask("/latest/meta-data/instance-id", headers=token).body == b"pyvault"
    document = json.loads(metadata.ask("/latest/dynamic/instance-identity/document", headers=token).body)
    assert (document["region"], document["accountId"]) == ("eu-west-1", "123456789012")
    assert json.loads(metadata.ask("/latest/meta-data/iam/info", headers=token).body)["Code"] == "Success"


def test_a_token_is_not_given_to_a_proxy(metadata: Running) -> None:
    reply = metadata.ask("/latest/api/token", method="PUT", headers={TTL: "60", "X-Forwarded-For": "10.0.0.1"})
    assert reply.status == 403


def test_answers_travel_one_hop(fetch: ObedientFetch, clock: MovedClock) -> None:
    with running(imds(fetch, clock), hop_limit=1) as server, server.connect() as client:
        # The kernel hands up the hop limit of what arrives in IP_MINTTL's check: a
        # client that demands more than 1 sees nothing of an answer sent with 1.
        client.sendall(f"PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{TTL}: 60\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        client.setsockopt(socket.IPPROTO_IP, 21, 2)  # IP_MINTTL, Linux
        client.settimeout(0.5)
        client.sendall(f"PUT /latest/api/token HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{TTL}: 60\r\n\r\n".encode())
        assert b"HTTP/1.1" not in read_all(client)
