"""credential_source: the environment, and the two metadata services on loopback."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from local_server import serving
from pyvault.config.sources import CredentialSource
from pyvault.errors import AwsUnreachableError, ConfigError, NoCredentialsError, UnusableAnswerError
from pyvault.model import Credentials
from pyvault.planning.steps import SourceStep
from pyvault.retrieval.local import from_source
from pyvault.retrieval.origin import Origin
from pyvault.retrieval.toolbox import Toolbox
from pyvault.secret import Secret

ANSWER = {
    "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
    "SecretAccessKey": "planted-secret",
    "Token": "planted-token",
    "Expiration": "2030-01-01T00:00:00Z",
}


def retrieve(
    source: CredentialSource, environ: Mapping[str, str], sleep: Callable[[float], None] = lambda _: None
) -> Credentials:
    step = SourceStep(profile="p", source=source, why="")
    return from_source(step, environ, sleep)


@dataclass
class Service:
    """Answers by method and path; remembers what it was asked.

    Attributes:
        troubles: statuses that come first, whatever was asked.
    """

    url: str = ""
    troubles: list[int] = field(default_factory=list[int])
    answers: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict[tuple[str, str], tuple[int, str]])
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list[tuple[str, str, dict[str, str]]])


@pytest.fixture
def service() -> Iterator[Service]:
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            state.seen.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
            status, body = state.answers.get((self.command, self.path), (404, "no"))
            if state.troubles:
                status, body = state.troubles.pop(0), "busy"
            if not status:  # hangs up without an answer
                self.close_connection = True
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = answer  # noqa: N815 - the server's name for it
        do_PUT = answer  # noqa: N815 - the server's name for it

    with serving(Handler) as state.url:
        yield state


def test_environment() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    credentials = retrieve(CredentialSource.ENVIRONMENT, environ)
    assert (credentials.access_key_id, credentials.session_token) == ("AKIA", Secret("t"))


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_environment_without_a_key_names_the_variable(missing: str) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"} | {missing: ""}
    with pytest.raises(NoCredentialsError, match=missing):
        retrieve(CredentialSource.ENVIRONMENT, environ)


def test_the_account_comes_along_where_the_answer_names_it(service: Service) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "planted", "AWS_ACCOUNT_ID": "999999999999"}
    assert retrieve(CredentialSource.ENVIRONMENT, keys).account_id is None
    service.answers["GET", "/c"] = (200, json.dumps(ANSWER | {"AccountId": "222222222222"}))
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{service.url}/c"}
    assert retrieve(CredentialSource.ECS_CONTAINER, environ).account_id == "222222222222"


def test_instance_metadata_with_a_token(service: Service) -> None:
    path = "/latest/meta-data/iam/security-credentials/"
    service.answers = {
        ("PUT", "/latest/api/token"): (200, "the-token"),
        ("GET", path): (200, "my-role\n"),
        ("GET", path + "my-role"): (200, json.dumps(ANSWER)),
    }
    credentials = retrieve(
        CredentialSource.EC2_INSTANCE_METADATA, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url + "/"}
    )
    assert credentials.session_token == Secret("planted-token")
    assert [headers.get("x-aws-ec2-metadata-token") for _, _, headers in service.seen] == [
        None,
        "the-token",
        "the-token",
    ]


def test_instance_metadata_never_falls_back_to_version_1(service: Service) -> None:
    service.answers = {("PUT", "/latest/api/token"): (403, "")}
    with pytest.raises(AwsUnreachableError, match="no token"):
        retrieve(CredentialSource.EC2_INSTANCE_METADATA, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url})
    assert [method for method, _, _ in service.seen] == ["PUT"]


def test_instance_metadata_turned_off() -> None:
    with pytest.raises(NoCredentialsError, match="AWS_EC2_METADATA_DISABLED"):
        retrieve(CredentialSource.EC2_INSTANCE_METADATA, {"AWS_EC2_METADATA_DISABLED": "true"})


def test_instance_metadata_without_a_role(service: Service) -> None:
    service.answers = {("PUT", "/latest/api/token"): (200, "t")}
    with pytest.raises(NoCredentialsError, match="has no role"):
        retrieve(CredentialSource.EC2_INSTANCE_METADATA, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url})


def test_container_with_a_token_file(service: Service, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer x\n")
    service.answers = {("GET", "/c?a=b"): (200, json.dumps(ANSWER))}
    credentials = retrieve(
        CredentialSource.ECS_CONTAINER,
        {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/c?a=b",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        },
    )
    assert credentials.secret_access_key == Secret("planted-secret")
    assert service.seen[0][2]["authorization"] == "Bearer x"


@pytest.mark.skipif(sys.platform == "win32", reason="kinds of files that Windows lacks")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [("pipe", "a pipe"), ("device", "a device"), ("sparse", "more than 40000 bytes"), ("bytes", "is no text")],
)
def test_container_token_file_that_is_none_is_named_at_once(
    service: Service, tmp_path: Path, kind: str, reason: str
) -> None:
    path = tmp_path / "token"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "sparse":
            path.touch()
            os.truncate(path, 1 << 40)
        case _:
            path.write_bytes(b"planted\xff")
    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path),
    }
    with pytest.raises(ConfigError, match=reason) as caught:
        retrieve(CredentialSource.ECS_CONTAINER, environ)
    assert str(path) in str(caught.value)
    assert "planted" not in str(caught.value)
    assert service.seen == []


@pytest.mark.parametrize(
    "url", ["http://example.com/", "http://10.0.0.1/", "ftp://127.0.0.1/", "http://127.0.0.1.example/"]
)
def test_container_tokens_do_not_travel_in_clear(url: str) -> None:
    with pytest.raises(ConfigError, match="plain HTTP"):
        retrieve(CredentialSource.ECS_CONTAINER, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})


@pytest.mark.parametrize("token", ["planted\r\nX: y", "planted\n", "planted\x1b[2J", "planted\u00e9", "planted\udcff"])
def test_container_token_cannot_add_headers(service: Service, token: str) -> None:
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}
    with pytest.raises(ConfigError, match="authorization token has control characters") as caught:
        retrieve(CredentialSource.ECS_CONTAINER, environ)
    assert "planted" not in str(caught.value)
    assert service.seen == []


def test_container_answer_that_is_none(service: Service) -> None:
    service.answers = {("GET", "/"): (200, json.dumps({"SecretAccessKey": "planted-secret"}))}
    with pytest.raises(UnusableAnswerError, match="AccessKeyId is missing") as caught:
        retrieve(CredentialSource.ECS_CONTAINER, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url})
    assert "planted" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_container_without_variables() -> None:
    with pytest.raises(NoCredentialsError, match="neither"):
        retrieve(CredentialSource.ECS_CONTAINER, {})


def ask_container(service: Service, waits: list[float]) -> Credentials:
    service.answers = {("GET", "/c"): (200, json.dumps(ANSWER))}
    return retrieve(
        CredentialSource.ECS_CONTAINER, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/c"}, waits.append
    )


@pytest.mark.parametrize("troubles", [[], [500], [429, 503], [0], [0, 502]])
def test_a_container_s_endpoint_that_is_busy_is_asked_again(service: Service, troubles: list[int]) -> None:
    waits: list[float] = []
    service.troubles = [*troubles]
    assert ask_container(service, waits).access_key_id == ANSWER["AccessKeyId"]
    assert waits == [0.2, 0.8][: len(troubles)]


def test_a_container_s_endpoint_is_asked_three_times_at_most(service: Service) -> None:
    service.troubles = [500] * 9
    with pytest.raises(NoCredentialsError, match="status 500"):
        ask_container(service, [])
    service.troubles = [0] * 9
    with pytest.raises(AwsUnreachableError, match="gave no answer"):
        ask_container(service, [])
    assert len(service.seen) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_a_container_s_endpoint_refuses_is_not_asked_again(service: Service, status: int) -> None:
    service.troubles = [status]
    with pytest.raises(NoCredentialsError, match=str(status)):
        ask_container(service, [])
    assert len(service.seen) == 1


def test_instance_metadata_that_is_busy_is_asked_again_and_one_that_is_not_there_is_not(service: Service) -> None:
    path = "/latest/meta-data/iam/security-credentials/"
    service.answers = {
        ("PUT", "/latest/api/token"): (200, "the-token"),
        ("GET", path): (200, "my-role"),
        ("GET", path + "my-role"): (200, json.dumps(ANSWER)),
    }
    environ = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url}
    waits: list[float] = []
    service.troubles = [503]
    retrieve(CredentialSource.EC2_INSTANCE_METADATA, environ, waits.append)
    assert waits == [0.2]
    service.troubles = [0]
    with pytest.raises(AwsUnreachableError):
        retrieve(CredentialSource.EC2_INSTANCE_METADATA, environ, waits.append)
    assert waits == [0.2]


@pytest.mark.parametrize("text", ["2030-01-01T00:00:00UTC", "Tue, 01 Jan 2030 00:00:00 GMT"])
def test_the_end_may_be_written_as_others_write_it(service: Service, text: str) -> None:
    service.answers = {("GET", "/"): (200, json.dumps(ANSWER | {"Expiration": text}))}
    found = retrieve(CredentialSource.ECS_CONTAINER, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url})
    assert found.expires == datetime(2030, 1, 1, tzinfo=UTC)


def test_credentials_that_have_expired_on_arrival_are_refused(service: Service) -> None:
    service.answers = {("GET", "/"): (200, json.dumps(ANSWER))}
    environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url}
    at = datetime(2030, 1, 1, tzinfo=UTC)
    tools = cast("Toolbox", SimpleNamespace(environ=environ, clock=lambda: at))
    step = SourceStep(profile="p", source=CredentialSource.ECS_CONTAINER, why="")
    with pytest.raises(UnusableAnswerError, match="'EcsContainer' returned expired credentials"):
        Origin(step, tools, shares=False).credentials()
