"""Every operation, and every way in which its answer can be wrong: one error of ours, none of whose words is the answer's.

The table is made from one good answer per operation: each field in turn is left out,
emptied, of every other type, out of all bounds, or holds characters that no header takes.
"""

from __future__ import annotations

import copy
import json
import threading
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pytest

from pyvault import clock
from pyvault.aws.botocore_guards import BoundedSession
from pyvault.aws.client import BotoCalls
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.config.config_file import ConfigFile  # noqa: F401 - settles the order of imports between config and planning
from pyvault.errors import AwsError, AwsUnreachableError, UnusableAnswerError
from pyvault.json_reader import MAX_ANSWER
from pyvault.loginsession.console_sign_in import sign_in
from pyvault.loginsession.dpop import new_key
from pyvault.loginsession.login_tokens import Grant
from pyvault.loginsession.signin_service import CROSS_DEVICE, refresh
from pyvault.model import Credentials
from pyvault.planning.steps import AssumeRoleStep, FederationStep, SessionTokenStep, SsoStep, WebIdentityStep
from pyvault.secret import Secret
from pyvault.sso.oidc import Flow
from pyvault.sso.oidc_boto3 import connect
from pyvault.sso.session import session_of
from pyvault.sso.tokens import Registration

CANARY = "wJalrXUtnFEMICANARY"
KEYS = Credentials(access_key_id="AKIAEXAMPLEEXAMPLE00", secret_access_key=Secret("x" * 40))
HOUR = timedelta(hours=1)
ROLE = "arn:aws:iam::123456789012:role/x"
STS_KEYS = {
    "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",
    "SecretAccessKey": CANARY,
    "SessionToken": CANARY,
    "Expiration": "2030-01-01T00:00:00Z",
}


def client(url: str) -> ClientSettings:
    everywhere = Endpoints(sts=url, iam=url, sso=url, sso_oidc=url, signin=url)
    return ClientSettings(region="eu-west-1", endpoints=everywhere, max_attempts=1)


def sso_step(url: str) -> SsoStep:
    return SsoStep(
        profile="p", session=None, start_url="https://x.awsapps.com/start", sso_region="eu-west-1", account_id="123456789012",
        role_name="Admin", registration_scopes=(), client=client(url), why="",
    )  # fmt: skip


def registration() -> Registration:
    return Registration(client_id="id", client_secret=Secret("secret"), expires=clock.now() + HOUR)


def sts(url: str, credentials: Credentials | None = KEYS) -> Any:
    return BotoCalls().sts(client(url), credentials)


def oidc(url: str) -> Any:
    return connect(session_of(sso_step(url)))


def role_step(url: str) -> AssumeRoleStep:
    return AssumeRoleStep(
        profile="p", role_arn=ROLE, role_session_name="s", external_id=None, mfa_serial=None, mfa_process=None,
        chained_mfa=False, duration=HOUR, capped=False, session_tags=(), transitive_tags=(), source_identity=None,
        policy=None, policy_arns=(), client=client(url), why="",
    )  # fmt: skip


def web_step(url: str) -> WebIdentityStep:
    return WebIdentityStep(
        profile="p", role_arn=ROLE, role_session_name=None, token_file=None, token_process="x", duration=HOUR,
        client=client(url), why="",
    )  # fmt: skip


def session_step(url: str) -> SessionTokenStep:
    return SessionTokenStep(profile="p", mfa_serial=None, duration=HOUR, client=client(url), why="")


def federation_step(url: str) -> FederationStep:
    return FederationStep(profile="p", name=None, duration=HOUR, policy="{}", client=client(url), why="")


class Pasting:
    """A person elsewhere, who brings what the page would have shown."""

    def is_remote(self) -> bool:
        return True

    def pasted(self, url: str) -> Secret[str]:
        state = parse_qs(urlsplit(url).query)["state"][0]
        return Secret(b64encode(f"state={state}&code=code".encode()).decode())

    def done(self) -> None:
        pass


def console_sign_in(url: str) -> object:
    person: Any = Pasting()
    return sign_in(client(url), person)


def console_refresh(url: str) -> object:
    grant = Grant(refresh_token=Secret("token"), dpop_key=DPOP_KEY, client_id=CROSS_DEVICE, region="eu-west-1")
    return refresh(client(url), grant).credentials(PERSON)


PERSON = "arn:aws:iam::123456789012:user/x"
DPOP_KEY = new_key()
CONSOLE = {
    "accessToken": {"accessKeyId": "ASIAEXAMPLEEXAMPLE00", "secretAccessKey": CANARY, "sessionToken": CANARY},
    "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": CANARY,
}  # fmt: skip
ID_TOKEN = f"e30.{urlsafe_b64encode(json.dumps({'sub': PERSON}).encode()).decode().rstrip('=')}.c2ln"
#: name of the operation -> (call, its wrapper in XML or None for JSON, a good answer)
OPERATIONS: dict[str, tuple[Callable[[str], object], str | None, dict[str, Any]]] = {
    "GetSessionToken": (
        lambda url: sts(url).get_session_token(session_step(url), None),
        "GetSessionToken",
        {"Credentials": STS_KEYS},
    ),
    "AssumeRole": (
        lambda url: sts(url).assume_role(role_step(url), "name", None),
        "AssumeRole",
        {"Credentials": STS_KEYS, "AssumedRoleUser": {"Arn": "arn:aws:sts::123456789012:assumed-role/x/s"}},
    ),
    "AssumeRoleWithWebIdentity": (
        lambda url: sts(url, None).assume_role_with_web_identity(web_step(url), "name", Secret("a.b.c")),
        "AssumeRoleWithWebIdentity",
        {"Credentials": STS_KEYS, "AssumedRoleUser": {"Arn": "arn:aws:sts::123456789012:assumed-role/x/s"}},
    ),
    "GetFederationToken": (
        lambda url: sts(url).get_federation_token(federation_step(url), "name"),
        "GetFederationToken",
        {"Credentials": STS_KEYS, "FederatedUser": {"Arn": "arn:aws:sts::123456789012:federated-user/s"}},
    ),
    "GetCallerIdentity": (
        lambda url: sts(url).get_caller_identity(),
        "GetCallerIdentity",
        {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x"},
    ),
    "CreateAccessKey": (
        lambda url: BotoCalls().iam(client(url), KEYS).create_access_key(),
        "CreateAccessKey",
        {"AccessKey": {"AccessKeyId": "AKIAEXAMPLEEXAMPLE01", "SecretAccessKey": CANARY, "CreateDate": "2030-01-01T00:00:00Z"}},
    ),
    "GetRoleCredentials": (
        lambda url: BotoCalls().sso_portal(client(url)).get_role_credentials(sso_step(url), Secret("token")),
        None,
        {
            "roleCredentials": {
                "accessKeyId": "ASIAEXAMPLEEXAMPLE00", "secretAccessKey": CANARY, "sessionToken": CANARY, "expiration": 1893456000000,
            }
        },
    ),
    "ListAccounts": (
        lambda url: BotoCalls().sso_portal(client(url)).list_accounts(Secret("token")),
        None,
        {"accountList": [{"accountId": "123456789012"}]},
    ),
    "ListAccountRoles": (
        lambda url: BotoCalls().sso_portal(client(url)).list_account_roles(Secret("token"), "123456789012"),
        None,
        {"roleList": [{"roleName": "Admin"}]},
    ),
    "RegisterClient": (
        lambda url: oidc(url).register_client(Flow.DEVICE, start_url="https://x.awsapps.com/start", scopes=("a:b",)),
        None,
        {"clientId": CANARY, "clientSecret": CANARY, "clientSecretExpiresAt": 1893456000},
    ),
    "StartDeviceAuthorization": (
        lambda url: oidc(url).start_device_authorization(registration(), start_url="https://x.awsapps.com/start"),
        None,
        {"deviceCode": CANARY, "userCode": "AAAA-BBBB", "verificationUri": "https://x/", "expiresIn": 600, "interval": 1},
    ),
    "CreateToken": (
        lambda url: oidc(url).redeem_device_code(registration(), Secret("code")),
        None,
        {"accessToken": CANARY, "expiresIn": 3600, "refreshToken": CANARY},
    ),
    "CreateToken, refreshed": (
        lambda url: oidc(url).refresh(registration(), Secret("token")),
        None,
        {"accessToken": CANARY, "expiresIn": 3600},
    ),
    "CreateOAuth2Token": (console_sign_in, None, CONSOLE | {"idToken": ID_TOKEN}),
    "CreateOAuth2Token, refreshed": (console_refresh, None, CONSOLE),
}  # fmt: skip

#: Fields whose absence is no mistake.
OPTIONAL = {
    ("CreateToken", "refreshToken"),
    ("StartDeviceAuthorization", "interval"),
    ("CreateAccessKey", "CreateDate"),
}
SECRETS = {"SecretAccessKey", "SessionToken", "AccessKeyId", "secretAccessKey", "sessionToken", "accessKeyId", "clientSecret",
           "deviceCode", "accessToken", "refreshToken", "idToken", "tokenType"}  # fmt: skip
JSON_WRONG: dict[str, object] = {
    "a number": 5, "a float": 1.5, "a list": [CANARY], "an object": {"a": CANARY}, "a boolean": True, "a huge number": 10**400,
    "below zero": -1, "beyond the calendar": 10**18, "text": CANARY,
}  # fmt: skip
BAD_TEXT = {
    "a newline": CANARY + "\n",
    "a blank": CANARY + " x",
    "a control character": CANARY + "\x1b[2J",
    "no ASCII": CANARY + "\u00e9",
}
BAD_TIMES = ["soon", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00", "NaN", "1e400", "9" * 400]


NO_ANSWERS = {
    "nothing": b"", "a captive portal": b"<html><body>Sign in</body></html>", "null": b"null", "a list": b"[]",
    "a text": b'"text"', "NaN": b'{"a": NaN}', "deep": b"[" * 100_000, "deep objects": b'{"a":' * 100_000,
    "deep elements": b"<a>" * 100_000 + b"</a>" * 100_000, "bytes": bytes(range(256)),
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
}  # fmt: skip


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        else:
            yield (*path, key)


def changed(good: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> dict[str, Any]:
    document = copy.deepcopy(good)
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    change(place, path[-1])
    return document


def put(value: object) -> Callable[[Any, Any], None]:
    return lambda place, key: place.__setitem__(key, value)


def wrong_fields(name: str, path: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[Any, Any], None]]]:
    """Every way in which one field can be wrong."""
    key, value = path[-1], OPERATIONS[name][2]
    for step in path:
        value = value[step]
    if (name, key) not in OPTIONAL:
        yield "left out", lambda place, at: place.pop(at)
        yield "empty", put("")
    if OPERATIONS[name][1] is None:
        for label, wrong in JSON_WRONG.items():
            made_whole = type(value) is int and label in {"a float", "a boolean"}  # by botocore, before we see it
            if not made_whole and (type(wrong) is not type(value) or label not in {"text", "a number"}):
                yield label, put(wrong)
    if key in {"Expiration", "CreateDate"}:
        yield from ((wrong[:9], put(wrong)) for wrong in BAD_TIMES)
    if key in SECRETS:
        yield from ((label, put(wrong)) for label, wrong in BAD_TEXT.items())


def wrong_answers(name: str) -> Iterator[tuple[str, bytes]]:
    """Every wrong answer to an operation, and a word for it."""
    _, wrapper, good = OPERATIONS[name]

    def raw(document: dict[str, Any]) -> bytes:
        return json.dumps(document).encode() if wrapper is None else xml(wrapper, document)

    for path in leaves(good):
        for label, change in wrong_fields(name, path):
            yield f"{path[-1]}: {label}", raw(changed(good, path, change))
    whole = raw(good)
    yield "half", whole[: len(whole) // 2]
    yield from NO_ANSWERS.items()


def xml(operation: str, document: dict[str, Any]) -> bytes:
    def inner(value: Any) -> str:
        if not isinstance(value, dict):
            return escape(str(value))
        return "".join(f"<{key}>{inner(member)}</{key}>" for key, member in value.items())

    return (
        f"<{operation}Response><{operation}Result>{inner(document)}</{operation}Result></{operation}Response>".encode()
    )


class Server:
    """Says one thing to everybody."""

    def __init__(self) -> None:
        self.body: bytes | None = b""  # None: an answer without end
        self.sent = 0
        state = self

        class Handler(BaseHTTPRequestHandler):
            def say(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                if state.body is not None:
                    self.send_header("Content-Length", str(len(state.body)))
                self.end_headers()
                if state.body is not None:
                    self.wfile.write(state.body)
                    return
                try:
                    while state.sent < 1 << 30:
                        state.sent += self.wfile.write(b"x" * 65536)
                except OSError:
                    pass

            do_POST = do_GET = say  # noqa: N815 - the server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name for it
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    state = Server()
    yield state
    state.close()


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_good_answer_is_taken(server: Server, name: str) -> None:
    call, wrapper, good = OPERATIONS[name]
    server.body = json.dumps(good).encode() if wrapper is None else xml(wrapper, good)
    call(server.url)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_wrong_answer_is_one_error_that_says_nothing_of_it(server: Server, name: str) -> None:
    call = OPERATIONS[name][0]
    taken: list[str] = []
    for label, body in wrong_answers(name):
        server.body = body
        try:
            call(server.url)
        except (UnusableAnswerError, AwsError) as error:
            shown = f"{error} {error.hint} {''.join(traceback.format_exception(error, limit=0))}"
            assert CANARY not in shown, label
            assert shown.isprintable() or "\n" in shown
        else:
            taken.append(label)
    assert taken == []


@pytest.mark.parametrize("name", ["GetSessionToken", "CreateToken", "ListAccounts", "CreateOAuth2Token"])
def test_an_answer_without_end_is_left_after_a_mebibyte(server: Server, name: str) -> None:
    server.body, server.sent = None, 0
    with pytest.raises(UnusableAnswerError, match="is too long"):
        OPERATIONS[name][0](server.url)
    assert server.sent < 16 * MAX_ANSWER  # what lies in the kernel's buffers counts as sent


def test_the_session_of_every_client_is_bounded(server: Server) -> None:
    calls = BotoCalls()
    for made in (
        calls.sts(client(server.url), KEYS),
        calls.iam(client(server.url), KEYS),
        calls.sso_portal(client(server.url)),
    ):
        assert isinstance(made._client._endpoint.http_session, BoundedSession)  # type: ignore[attr-defined]


def test_a_server_that_goes_away_in_the_middle_is_no_answer() -> None:
    state = Server()
    state.body = b""
    url = state.url
    state.close()
    with pytest.raises(AwsUnreachableError, match=r"sts:GetSessionToken got no answer: no connection \(127.0.0.1:"):
        OPERATIONS["GetSessionToken"][0](url)
