"""The container endpoint gives what the SDKs read, to who has the token."""

from __future__ import annotations

import json

import pytest

from pyvault.errors import AwsUnreachableError, InvalidSettingError
from pyvault.server.endpoints.roles import RolePatterns
from server.serving import SECRET, SESSION, TOKEN, MovedClock, ObedientFetch, Running, authorised, ecs, running

DEPLOY = "arn:aws:iam::123456789012:role/deploy-web"


def test_the_answer_is_what_the_sdks_read(container: Running) -> None:
    reply = container.ask(headers=authorised())
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json == {
        "AccessKeyId": "ASIA0000000000000001",
        "SecretAccessKey": SECRET,
        "Token": SESSION,
        "Expiration": "2026-05-04T13:00:00Z",
        "RoleArn": "arn:aws:iam::123456789012:role/base",
        "AccountId": "123456789012",
    }


def test_head_has_the_length_and_no_body(container: Running) -> None:
    whole = container.ask(headers=authorised())
    head = container.ask(method="HEAD", headers=authorised())
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))


@pytest.mark.parametrize(
    "token", [None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "Bearer " + TOKEN, "x" * len(TOKEN), "é"]
)
def test_another_token_gets_nothing(container: Running, token: str | None) -> None:
    reply = container.ask(headers={} if token is None else {"Authorization": token})
    assert reply.status == 403
    assert SECRET.encode() not in reply.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_only_reading_is_allowed(container: Running, method: str) -> None:
    reply = container.ask(method=method, headers=authorised())
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_health_needs_no_token_and_tells_nothing(container: Running) -> None:
    assert container.ask("/healthz").json == {"status": "waiting"}
    container.ask(headers=authorised())
    assert container.ask("/healthz").json == {"status": "ok"}


def test_each_profile_has_its_path(clock: MovedClock) -> None:
    fetch = ObedientFetch(now=clock)
    with running(ecs(fetch, clock, profiles=("dev", "team/prod eu"))) as server:
        assert server.ask("/profile/dev", headers=authorised()).status == 200
        assert server.ask("/profile/team%2Fprod%20eu", headers=authorised()).status == 200
        assert server.ask("/profile/team/prod%20eu", headers=authorised()).status == 200
        assert server.ask("/profile/other", headers=authorised()).status == 404
        assert server.ask("/", headers=authorised()).status == 404  # which one would be a guess
    assert fetch.calls == 2


class TestRoles:
    def test_no_role_without_a_pattern(self, container: Running) -> None:
        assert container.ask(f"/role-arn/{DEPLOY}", headers=authorised()).status == 403

    @pytest.mark.parametrize("spelling", [DEPLOY, DEPLOY.replace(":", "%3A").replace("/", "%2F")])
    def test_an_allowed_role(self, clock: MovedClock, spelling: str) -> None:
        asked: list[str] = []
        base = ObedientFetch(now=clock)
        role = ObedientFetch(now=clock, role_arn=DEPLOY)

        def fetch_role(arn: str) -> object:
            asked.append(arn)
            return role()

        make = ecs(base, clock, allow=("arn:aws:iam::123456789012:role/deploy-*",), fetch_role=fetch_role)  # type: ignore[arg-type]  # gives credentials
        with running(make) as server:
            for _ in range(3):
                assert server.ask(f"/role-arn/{spelling}", headers=authorised()).json["RoleArn"] == DEPLOY
            assert server.ask(f"/role-arn/{DEPLOY}").status == 403  # the token first
        assert asked == [DEPLOY]
        assert base.calls == 0

    @pytest.mark.parametrize(
        "arn",
        [
            "arn:aws:iam::123456789012:role/admin",
            "arn:aws:iam::123456789012:role/deploy-x/admin",
            "arn:aws:iam::999999999999:role/deploy-web",
            "arn:aws:iam::123456789012:role/deploy-../admin",
            "arn:aws:iam::123456789012:user/deploy-web",
            "arn:aws:iam::123456789012:role/deploy-\n",
            "xarn:aws:iam::123456789012:role/deploy-web",
            "",
        ],
    )
    def test_patterns_do_not_stretch(self, arn: str) -> None:
        patterns = RolePatterns(["arn:aws:iam::123456789012:role/deploy-*"])
        assert patterns.allow(DEPLOY)
        assert not patterns.allow(arn)

    @pytest.mark.parametrize("pattern", ["*", "role/*", "arn:aws:iam::123456789012:user/x", "arn:aws:s3:::bucket"])
    def test_a_pattern_names_a_role(self, pattern: str) -> None:
        with pytest.raises(InvalidSettingError):
            RolePatterns([pattern])

    def test_the_roles_at_hand_are_bounded(self, clock: MovedClock) -> None:
        base = ObedientFetch(now=clock)
        role = ObedientFetch(now=clock)
        make = ecs(
            base, clock, allow=("arn:aws:iam::123456789012:role/*",), fetch_role=lambda _arn: role(), role_limit=3
        )
        application = make()
        with running(lambda: application) as server:
            for number in range(10):
                assert (
                    server.ask(f"/role-arn/arn:aws:iam::123456789012:role/r{number}", headers=authorised()).status
                    == 200
                )
            assert len(application._roles) == 3


def test_a_failure_says_what_and_no_secret(clock: MovedClock) -> None:
    def fail(_call: int) -> None:
        raise AwsUnreachableError("sts in 'eu-west-1' gave no answer")

    with running(ecs(ObedientFetch(now=clock, before=fail), clock)) as server:
        reply = server.ask(headers=authorised())
    assert (reply.status, reply.json["message"]) == (503, "sts in 'eu-west-1' gave no answer")


def test_a_foreign_exception_does_not_speak(clock: MovedClock) -> None:
    def fail(_call: int) -> None:
        raise ValueError(f"can't parse {SECRET}")

    with running(ecs(ObedientFetch(now=clock, before=fail), clock)) as server:
        reply = server.ask(headers=authorised())
    assert reply.status == 503
    assert SECRET not in json.dumps(reply.json)
    assert "ValueError" in reply.json["message"]
