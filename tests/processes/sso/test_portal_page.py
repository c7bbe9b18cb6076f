"""A portal's own page tells its region: read over TLS, by the proxy of the environment, from AWS's hosts alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.portal_proxy import PAGE, PortalProxy
from pyvault.sso.portal_page import find_region, reader

URL = f"https://{PortalProxy.HOST}/start"


@pytest.mark.parametrize(
    ("page", "redirect", "found"),
    [
        (PAGE.format("eu-west-1"), None, "eu-west-1"),
        (PAGE.format("us-gov-west-1"), "/start/", "us-gov-west-1"),
        (PAGE.format("eu-west-1"), "https://evil.example/start/", None),
        (PAGE.format("evil.example/"), None, None),
        ("<html><head></head></html>", None, None),
    ],
)
def test_the_region_of_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, redirect: str | None, found: str | None
) -> None:
    with PortalProxy(tmp_path, page=page, redirect=redirect) as proxy:
        for name, value in proxy.environ().items():
            monkeypatch.setenv(name, value)
        assert find_region(URL, reader(str(proxy.bundle))) == found
        assert not any("evil" in line for line in proxy.asked)


def test_no_answer_is_no_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert find_region(URL, reader(None)) is None


def test_only_portals_of_aws_are_asked() -> None:
    def refuse(url: str) -> str:
        raise AssertionError(f"asks {url}")

    for url in ("http://127.0.0.1:4711/start", "https://sso.corp.example/start", "http://example.awsapps.com/start"):
        assert find_region(url, refuse) is None
