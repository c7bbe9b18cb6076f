"""A request that carries its secret itself never leaves this machine in plain HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from pyvault.aws.client import BotoCalls, make_client
from pyvault.aws.plain_http import refuse_plain_http
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.config.config_file import ConfigFile  # noqa: F401 - settles the order of imports between config and planning
from pyvault.errors import AwsUnreachableError, ConfigError
from pyvault.model import Credentials
from pyvault.record import replace
from pyvault.secret import Secret

ELSEWHERE = "http://sts.example.test:8080"


def settings(url: str) -> ClientSettings:
    named = {"sts": "line 3", "sso": "line 4", "sso_oidc": "line 5"}
    return ClientSettings(
        region="eu-west-1", endpoints=Endpoints(sts=url, iam=url, sso=url, sso_oidc=url, settings=named)
    )


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda client: BotoCalls().sts(client, None), "line 3"),
        (lambda client: BotoCalls().sso_portal(client), "line 4"),
        (lambda client: make_client("sso-oidc", client, None), "line 5"),
    ],
    ids=["web identity", "sso access token", "client secret, device code, refresh token"],
)
def test_no_client_that_sends_tokens_is_made_for_plain_http(
    make: Callable[[ClientSettings], object], line: str
) -> None:
    with pytest.raises(ConfigError, match="in plain HTTP") as caught:
        make(settings(ELSEWHERE))
    assert caught.value.message.startswith(f"{line}: ")
    assert ELSEWHERE in caught.value.message
    make(settings("https://sts.example.test"))
    make(settings("http://127.0.0.1:8080"))


def test_a_signed_call_sends_no_secret() -> None:
    keys = Credentials(access_key_id="AKIAEXAMPLEEXAMPLE00", secret_access_key=Secret("x" * 40))
    BotoCalls().sts(settings(ELSEWHERE), keys)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9:80", "localhost", "localhost:4566", "[::1]:80", "LOCALHOST"])
def test_this_machine_may_be_asked(host: str) -> None:
    refuse_plain_http(f"http://{host}/x", setting="s")


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1", "127.evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "notlocalhost", "[::2]",
        "169.254.169.254", "2130706433", "0.0.0.0",
    ],
)  # fmt: skip
def test_what_only_looks_like_this_machine_may_not(host: str) -> None:
    with pytest.raises(ConfigError):
        refuse_plain_http(f"http://{host}/x", setting="s")


def test_a_proxy_gets_no_request_that_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        portal = BotoCalls().sso_portal(replace(settings("http://127.0.0.1:1"), max_attempts=1))
        with pytest.raises(AwsUnreachableError):
            portal.logout(Secret("a-token"))
        with pytest.raises(BlockingIOError):
            proxy.accept()
