"""Behind a proxy with certificates of its own: one rule for every call of pyvault's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certificates import make_certificate, make_proxy_certificates
from fake_aws.client import FakeAws
from pyvault.aws.client import BotoCalls
from pyvault.config.ca_bundle import find_ca_bundle, tls_context
from pyvault.config.client_settings import client_of, home_partition
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.errors import AwsUnreachableError, ConfigError
from pyvault.retrieval.from_metadata import from_container
from pyvault.secret import Secret
from pyvault.signin.token import get_over_https
from pyvault.sso.oidc import Flow
from pyvault.sso.oidc_boto3 import connect
from pyvault.sso.portal_lookup import find_session
from pyvault_cli.doctor.aws_clock import read_aws_clock

VARIABLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def far(pem: Path) -> Iterator[FakeAws]:
    with FakeAws(tls=pem) as aws:
        yield aws


def settings(aws: FakeAws) -> str | None:
    """Return what a profile's calls are made with here: its ``ca_bundle``."""
    config = ConfigFile.parse(f"[profile p]\nendpoint_url = {aws.url}\n".encode(), Path("config"))
    return load_profile(config, None, "p", os.environ).ca_bundle


def sign_in(aws: FakeAws) -> object:
    text = "[sso-session s]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n[default]\n"
    config = ConfigFile.parse(f"{text}endpoint_url = {aws.url}\n".encode(), Path("config"))
    session = find_session(config, "s", {**os.environ, "AWS_ENDPOINT_URL": aws.url, "AWS_MAX_ATTEMPTS": "1"})
    return connect(session).register_client(Flow.DEVICE, start_url=session.start_url, scopes=session.scopes)


def sts(aws: FakeAws) -> object:
    config = ConfigFile.parse(
        f"[profile p]\nendpoint_url = {aws.url}\nmax_attempts = 1\nregion = eu-west-1\n".encode(), Path("config")
    )
    profile = load_profile(config, None, "p", os.environ)
    from pyvault.model import Credentials

    key = aws.demo_key()
    credentials = Credentials(access_key_id=key.access_key_id, secret_access_key=Secret(key.secret_access_key))
    return BotoCalls().sts(client_of(profile, home_partition([profile])), credentials).get_caller_identity()


CALLS: dict[str, Callable[[FakeAws], object]] = {
    "sts": sts,
    "sso": sign_in,
    "console": lambda aws: get_over_https(Secret(f"{aws.url}/federation"), ca_bundle=settings(aws)),
    "metadata": lambda aws: from_container({**os.environ, **aws.machine_environ("ecs")}, lambda _: None),
    "clock": lambda aws: read_aws_clock({**os.environ, "AWS_ENDPOINT_URL": aws.url}, limit=10),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("variable", ["", *VARIABLES])
def test_one_set_of_variables_counts_for_every_call(
    far: FakeAws, pem: Path, monkeypatch: pytest.MonkeyPatch, variable: str, call: str
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if variable:
        monkeypatch.setenv(variable, str(pem))
        CALLS[call](far)
    else:
        with pytest.raises(AwsUnreachableError):
            CALLS[call](far)


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeAws, Path]]:
    trusted, pem = make_proxy_certificates(tmp_path_factory.mktemp("proxy"))
    with FakeAws(tls=pem) as aws:
        yield aws, trusted


@pytest.mark.parametrize("call", CALLS)
def test_certificates_that_serve_one_call_serve_all(
    behind_proxy: tuple[FakeAws, Path], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Since Python 3.13 the standard library refuses these by default, and botocore takes them."""
    aws, trusted = behind_proxy
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(trusted))
    CALLS[call](aws)


def test_a_bundle_that_is_no_file_is_named_with_where_it_may_stand(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file") as caught:
        tls_context(str(tmp_path))
    assert "REQUESTS_CA_BUNDLE" in str(caught.value.hint)


def test_what_the_profile_says_comes_first_and_an_empty_variable_says_nothing(pem: Path) -> None:
    assert find_ca_bundle(str(pem), {"SSL_CERT_FILE": "/nowhere"}) == str(pem)
    assert find_ca_bundle(None, {"REQUESTS_CA_BUNDLE": "", "SSL_CERT_FILE": str(pem)}) == str(pem)
    assert find_ca_bundle(None, {}) is None


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ConfigError, match=r"empty.pem.* can't be used"):
        tls_context(str(tmp_path / "empty.pem"))
