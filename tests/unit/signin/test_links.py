"""Every URL of a sign-in says what it should, and nothing else."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.config.partition import PARTITIONS, Partition
from pyvault.errors import AwsError, AwsUnreachableError, ConfigError, CredentialsError, UnusableAnswerError, UsageError
from pyvault.model import Credentials
from pyvault.secret import Secret
from pyvault.signin.links import destination, login_link, site_of, token_request
from pyvault.signin.token import Answer, get_over_https, get_signin_token

AWS = site_of("us-east-1.signin.aws.amazon.com", "console.aws.amazon.com")
CREDENTIALS = Credentials(
    access_key_id="ASIAEXAMPLE", secret_access_key=Secret("s/e+c=ret&"), session_token=Secret("to%ken#?&")
)


@pytest.mark.parametrize(
    ("region", "path", "service", "expected"),
    [
        (None, None, None, "https://console.aws.amazon.com/console/home"),
        ("eu-west-1", None, None, "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"),
        ("eu-west-1", None, "s3", "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"),
        (None, "/ec2/home", None, "https://console.aws.amazon.com/ec2/home"),
        (
            "eu-west-1",
            "cloudwatch/home?x=1#logsV2:log-groups",
            None,
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?x=1&region=eu-west-1#logsV2:log-groups",
        ),
        (
            None,
            "https://eu-west-1.console.aws.amazon.com/a?b=c#d",
            None,
            "https://eu-west-1.console.aws.amazon.com/a?b=c&region=eu-west-1#d",
        ),
        (
            "eu-west-1",
            "https://us-east-2.console.aws.amazon.com/ec2/home?region=us-east-2#Instances:",
            None,
            "https://us-east-2.console.aws.amazon.com/ec2/home?region=us-east-2#Instances:",
        ),
        (
            "eu-west-1",
            "https://console.aws.amazon.com/ec2/home?region=us-east-2",
            None,
            "https://us-east-2.console.aws.amazon.com/ec2/home?region=us-east-2",
        ),
        (
            "eu-west-1",
            "https://111122223333-abcdefgh.us-east-2.console.aws.amazon.com/s3/home",
            None,
            "https://us-east-2.console.aws.amazon.com/s3/home?region=us-east-2",
        ),
        (
            "eu-west-1",
            "us-east-2.console.aws.amazon.com/s3/buckets/my.bucket",
            None,
            "https://us-east-2.console.aws.amazon.com/s3/buckets/my.bucket?region=us-east-2",
        ),
        (
            "eu-west-1",
            "https://s3.console.aws.amazon.com/x",
            None,
            "https://eu-west-1.console.aws.amazon.com/x?region=eu-west-1",
        ),
        ("eu-west-1", "/my.page/x", None, "https://eu-west-1.console.aws.amazon.com/my.page/x?region=eu-west-1"),
        (None, "https://console.aws.amazon.com/s3/home", None, "https://console.aws.amazon.com/s3/home"),
        ("eu-west-1", "a?region=us-east-2", None, "https://us-east-2.console.aws.amazon.com/a?region=us-east-2"),
        ("eu-west-1", "a?region=x.evil", None, "https://eu-west-1.console.aws.amazon.com/a?region=x.evil"),
    ],
)
def test_destinations(region: str | None, path: str | None, service: str | None, expected: str) -> None:
    assert destination(AWS, region=region, path=path, service=service) == expected


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("//evil.example/x", "'//evil.example/x' is not a path on the console's host", "like 'cloudwatch/home'"),
        ("/\\evil.example", "is not a path on the console's host", "like"),
        ("https://evil.example/x", "is not a path on the console's host 'console.aws.amazon.com'", "like"),
        ("https://evilconsole.aws.amazon.com/x", "is not a path on", "like"),
        ("https://console.aws.amazon.com@evil.example/x", "is not a path on", "like"),
        ("https://console.aws.amazon.com:1/x", "is not a path on", "like"),
        ("https://console.aws.amazon.com//evil.example", "is not a path on", "like"),
        ("http://console.aws.amazon.com/x", "is not a path on", "like"),
        ("evil.example/x", "starts with a host", "like"),
        ("evil.example", "starts with a host", "like"),
        ("evilconsole.aws.amazon.com/x", "starts with a host", "like"),
        ("console.aws.amazon.com:1/x", "is not a path on", "like"),
        ("console.aws.amazon.com//evil.example", "is not a path on", "like"),
        ("https://[x", "is not a path on", "like"),
        ("javascript:x", "is not a path on", "like"),
        ("a b", "contains ' ', which is not allowed in a path", "'%20'"),
        ("a\nb", r"contains '\n', which is not allowed in a path", "'%0A'"),
        ("größe", "contains 'ö', which is not allowed in a path", "'%C3%B6'"),
        ("a\udcffb", r"contains '\udcff'", "write it as"),
    ],
)
def test_a_path_stays_on_the_consoles_host(path: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        destination(AWS, region=None, path=path, service=None)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


@given(path=st.text(max_size=40), service=st.one_of(st.none(), st.text(max_size=10)))
def test_no_input_leads_to_another_host(path: str, service: str | None) -> None:
    try:
        page = destination(AWS, region="eu-west-1", path=None if service is not None else path, service=service)
    except UsageError:
        return
    assert urlsplit(page).netloc.endswith(".console.aws.amazon.com")
    assert page.isascii()
    assert page.isprintable()


@pytest.mark.parametrize("region", ["evil.example/", "a.b", "UPPER", "", "x" * 64, "-a"])
def test_a_region_is_part_of_a_host_name_only(region: str) -> None:
    if region:
        with pytest.raises(ConfigError):
            destination(AWS, region=region, path=None, service=None)


def test_path_and_service_exclude_each_other() -> None:
    with pytest.raises(UsageError):
        destination(AWS, region=None, path="a", service="b")


def test_the_login_link_survives_two_levels_of_escaping() -> None:
    page = destination(AWS, region="eu-west-1", path="a?b=c&d=e#f", service=None)
    token = Secret("tok+/=&%")
    link = login_link(AWS, token, page, auto_logout=True).reveal()
    outer = urlsplit(link)
    assert (outer.netloc, outer.path) == ("us-east-1.signin.aws.amazon.com", "/oauth")
    inner = urlsplit(parse_qs(outer.query)["redirect_uri"][0])
    assert inner.path == "/federation"
    query = parse_qs(inner.query)
    assert query["Destination"] == [page]
    assert query["SigninToken"] == ["tok+/=&%"]
    assert query["Issuer"] == ["pyvault"]


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition.name)
def test_every_partition_signs_in_and_out_on_its_own_hosts(partition: Partition) -> None:
    site = site_of(partition.signin_host, partition.console_host)
    page = destination(site, region=partition.default_region, path=None, service=None)
    outer = urlsplit(login_link(site, Secret("t"), page, auto_logout=True).reveal())
    inner = urlsplit(parse_qs(outer.query)["redirect_uri"][0])
    console = urlsplit(parse_qs(inner.query)["Destination"][0])
    assert (outer.netloc, outer.path) == (partition.signin_host, "/oauth")
    assert (inner.netloc, inner.path) == (partition.signin_host, "/federation")
    assert console.netloc == f"{partition.default_region}.{partition.console_host}"


def test_no_two_partitions_share_a_host() -> None:
    for name in ("signin_host", "console_host"):
        assert len({getattr(partition, name) for partition in PARTITIONS}) == len(PARTITIONS)


@pytest.mark.parametrize("bad", ["ftp://x/", "nonsense", "http://", "https://h/?q"])
def test_a_bad_override_is_named(bad: str) -> None:
    with pytest.raises(ConfigError, match="PYVAULT_SIGNIN_URL"):
        site_of("s", "c", override=bad)


def test_an_override_serves_all_endpoints() -> None:
    site = site_of("s", "c", override="http://127.0.0.1:81")
    assert site.federation == "http://127.0.0.1:81/federation"
    assert site.logout == "http://127.0.0.1:81/oauth"


class Endpoint:
    """Answers in turn and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, list[str]]] = []

    def __call__(self, url: Secret[str]) -> Answer:
        self.asked.append(parse_qs(urlsplit(url.reveal()).query))
        status, body = self.answers.pop(0)
        return Answer(status=status, body=Secret(body))


def test_a_duration_that_is_refused_is_left_out_once() -> None:
    endpoint = Endpoint((400, b""), (200, b'{"SigninToken": "t"}'))
    assert get_signin_token(AWS, CREDENTIALS, duration_s=3600, get=endpoint) == Secret("t")
    assert ["SessionDuration" in asked for asked in endpoint.asked] == [True, False]
    assert '"sessionKey": "s/e+c=ret&"' in endpoint.asked[0]["Session"][0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, b""), AwsError),
        ((503, b""), AwsError),
        ((200, b"junk"), UnusableAnswerError),
        ((200, b"{}"), UnusableAnswerError),
        ((200, b'{"SigninToken": 1}'), UnusableAnswerError),
        ((200, b"[]"), UnusableAnswerError),
    ],
)
def test_other_answers_are_errors_without_secrets(answer: tuple[int, bytes], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        get_signin_token(AWS, CREDENTIALS, duration_s=None, get=Endpoint(answer))
    assert "s/e" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_long_lived_credentials_cant_sign_in() -> None:
    pair = Credentials(access_key_id="AKIA", secret_access_key=Secret("x"))
    with pytest.raises(CredentialsError):
        get_signin_token(AWS, pair, duration_s=None, get=Endpoint())


def test_the_request_is_a_secret() -> None:
    assert "s/e" not in repr(token_request(AWS, session=Secret("s/e"), duration_s=None))


class Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path.startswith("/away") else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        pass


def test_redirects_are_not_followed() -> None:
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        assert get_over_https(Secret(f"{base}/away")).status == 302
        assert get_over_https(Secret(f"{base}/here")).status == 200
        server.shutdown()
    with pytest.raises(AwsUnreachableError) as caught:
        get_over_https(Secret(f"{base}/?Session=planted"))
    assert "planted" not in str(caught.value)
    assert f"'{base.removeprefix('http://')}' can't be reached: Connection refused" in caught.value.message
    assert "PYVAULT_SIGNIN_URL" in (caught.value.hint or "")
