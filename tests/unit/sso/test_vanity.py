"""Start URLs under a company's own name: which are followed, where to, and which region they name."""

from __future__ import annotations

import pytest

from pyvault.errors import ConfigError
from pyvault.sso.vanity import is_vanity, region_of, resolve

PORTAL = "https://ssoins-1111.eu-west-1.portal.amazonaws.com"


def nowhere(url: str) -> str | None:
    raise AssertionError(f"asks {url}")


@pytest.mark.parametrize(
    "url",
    [
        "https://corp.awsapps.com/start",
        "https://corp.AWSAPPS.com/start#/",
        "https://start.home.awsapps.cn/directory/d-1",
        "https://start.us-gov-home.awsapps.com/directory/d-1",
        "https://ssoins-1.portal.eu-west-1.app.aws",
        PORTAL,
        "https://identitycenter.amazonaws.com/ssoins-1",  # issuers, which have no address at all
        "https://identitycenter.us-gov.amazonaws.com/ssoins-1",
        "https://identitycenter.amazonaws.com.cn/ssoins-1",
        "https://identitycenter.amazonaws.eu/ssoins-1",
        "http://127.0.0.1:4711/start",  # AWS will say what it thinks of it
    ],
)
def test_what_is_aws_own_is_not_asked(url: str) -> None:
    assert not is_vanity(url)
    assert resolve(url, nowhere) == resolve(resolve(url, nowhere), nowhere)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (PORTAL, PORTAL),
        (f"{PORTAL}/?from=corp#/", PORTAL),
        ("https://corp.awsapps.com/start/", "https://corp.awsapps.com/start"),
    ],
)
def test_one_redirect_leads_to_the_portal(target: str, found: str) -> None:
    asked: list[str] = []

    def follow(url: str) -> str:
        asked.append(url)
        return target

    assert resolve("https://aws.corp.example/", follow) == found
    assert asked == ["https://aws.corp.example/"]


@pytest.mark.parametrize(
    "target",
    [
        None,
        "/start",
        "https://evil.example/start",
        "https://awsapps.com.evil.example/start",
        "https://evilawsapps.com/start",
        "https://bucket.s3.amazonaws.com/start",  # anybody's
        "http://corp.awsapps.com/start",
        "//[",
    ],
)
def test_what_leads_elsewhere_is_refused(target: str | None) -> None:
    with pytest.raises(ConfigError, match=r"'https://aws\.corp\.example' is not a portal of AWS") as caught:
        resolve("https://aws.corp.example", lambda _: target)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (PORTAL, "eu-west-1"),
        ("https://ssoins-1.portal.us-gov-west-1.app.aws/x", "us-gov-west-1"),
        ("https://ssoins-1.cn-north-1.portal.amazonaws.com.cn", "cn-north-1"),
        ("https://corp.awsapps.com/start", None),
        ("https://a.b.eu-west-1.portal.amazonaws.com", None),
    ],
)
def test_the_region_in_the_name(url: str, region: str | None) -> None:
    assert region_of(url) == region
