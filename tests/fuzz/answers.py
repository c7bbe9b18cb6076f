"""Targets: what AWS, metadata services and commands answer. What is no answer is exit 6, and nothing of it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from fuzz.records import SESSION, written
from fuzz.target import CANARY, Target, as_text
from pyvault.aws.botocore_guards import BoundedSession
from pyvault.aws.client import BotoCalls
from pyvault.aws.token_check import check_web_token
from pyvault.json_reader import UnreadableError, read_object
from pyvault.retrieval.from_process import parse_answer
from pyvault.retrieval.link_local import parse_credentials
from pyvault.retrieval.web_token import token_holder
from pyvault.secret import Secret
from pyvault.signin.links import site_of
from pyvault.signin.token import Answer, get_signin_token
from pyvault.sso.oidc import Flow
from pyvault.sso.oidc_boto3 import connect
from pyvault.sso.session import session_of
from unit.aws import test_hostile_answers as known

AWS, CONFIGURATION = 6, 5
URL = "http://127.0.0.1:9"  # nothing is sent
TOKEN = Secret("token")
STATUSES = (200, 200, 200, 400, 403, 500, 204, 302)
KINDS = ("text/xml", "application/json", "application/x-amz-json-1.1", "text/html; charset=x")

#: service -> its operations, each with the name under which a good answer is known
CALLS: dict[str, dict[str, Callable[[Any], object]]] = {
    "sts": {
        "GetSessionToken": lambda sts: sts.get_session_token(known.session_step(URL), None),
        "AssumeRole": lambda sts: sts.assume_role(known.role_step(URL), "name", None),
        "AssumeRoleWithWebIdentity": lambda sts: sts.assume_role_with_web_identity(
            known.web_step(URL), "name", Secret("a.b.c")
        ),
        "GetFederationToken": lambda sts: sts.get_federation_token(known.federation_step(URL), "name"),
        "GetCallerIdentity": lambda sts: sts.get_caller_identity(),
    },
    "iam": {
        "CreateAccessKey": lambda iam: iam.create_access_key(),
        "ListAccessKeys": lambda iam: iam.list_access_keys(),
        "GetAccessKeyLastUsed": lambda iam: iam.last_used("AKIAEXAMPLEEXAMPLE00"),
        "DeleteAccessKey": lambda iam: iam.delete_access_key("AKIAEXAMPLEEXAMPLE00"),
    },
    "sso": {
        "GetRoleCredentials": lambda sso: sso.get_role_credentials(known.sso_step(URL), TOKEN),
        "ListAccounts": lambda sso: sso.list_accounts(TOKEN),
        "ListAccountRoles": lambda sso: sso.list_account_roles(TOKEN, "123456789012"),
        "Logout": lambda sso: sso.logout(TOKEN),
    },
    "oidc": {
        "RegisterClient": lambda oidc: oidc.register_client(Flow.DEVICE, start_url="https://x/start", scopes=("a:b",)),
        "StartDeviceAuthorization": lambda oidc: oidc.start_device_authorization(
            known.registration(), start_url="https://x/start"
        ),
        "CreateToken": lambda oidc: oidc.redeem_device_code(known.registration(), Secret("code")),
        "CreateToken, refreshed": lambda oidc: oidc.refresh(known.registration(), TOKEN),
    },
}
MORE_GOOD: dict[str, tuple[str | None, dict[str, Any]]] = {
    "ListAccessKeys": (
        "ListAccessKeys",
        {"AccessKeyMetadata": {"member": {"AccessKeyId": "AKIA0", "Status": "Active", "CreateDate": "2030-01-01T00:00:00Z"}}},
    ),
    "GetAccessKeyLastUsed": (
        "GetAccessKeyLastUsed",
        {"UserName": "ann", "AccessKeyLastUsed": {"LastUsedDate": "2030-01-01T00:00:00Z", "Region": "x", "ServiceName": "s3"}},
    ),
}  # fmt: skip
REFUSAL = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


class Said:
    """An HTTP session of botocore that sends nothing, and answers what was put in."""

    def __init__(self) -> None:
        self.status, self.kind, self.body = 200, "", b""
        self.asked = 0

    def send(self, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from botocore.exceptions import ConnectionClosedError

        self.asked += 1
        if self.asked > 8:  # pages that lead to pages without end are a server's matter, not a reader's
            raise ConnectionClosedError(endpoint_url=URL)
        return AWSResponse(request.url, self.status, {"Content-Type": self.kind}, self)

    def stream(self, _chunk: int) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None: ...


SAID = Said()


@cache
def _service(name: str) -> Any:
    calls, settings = BotoCalls(), known.client(URL)
    made: Any = {
        "sts": lambda: calls.sts(settings, known.KEYS),
        "iam": lambda: calls.iam(settings, known.KEYS),
        "sso": lambda: calls.sso_portal(settings),
        "oidc": lambda: connect(session_of(known.sso_step(URL))),
    }[name]()
    for client in (made._client, getattr(made, "_sent_once", made._client)):
        client._endpoint.http_session = BoundedSession(SAID)
    return made


def _take_aws(name: str) -> Callable[[bytes], None]:
    """Make a target of a service: the first two bytes choose the operation, the status and the kind of the answer."""
    calls = [*CALLS[name].values()]

    def run(data: bytes) -> None:
        first, second = (*data[:2], 0, 0)[:2]
        SAID.status, SAID.kind, SAID.body = STATUSES[second % 8], KINDS[second // 8 % 4], data[2:]
        SAID.asked = 0
        calls[first % len(calls)](_service(name))

    return run


def _good(name: str) -> Iterator[bytes]:
    for number, operation in enumerate(CALLS[name]):
        wrapper, good = MORE_GOOD.get(operation) or known.OPERATIONS.get(operation, (None, None, {}))[1:]
        body = json.dumps(good).encode() if wrapper is None else known.xml(wrapper, good)
        yield bytes([number, 0 if wrapper else 8]) + body
    yield bytes([0, 3]) + (REFUSAL if name in {"sts", "iam"} else b'{"error": "slow_down", "message": "x"}')


def take_signin(data: bytes) -> None:
    answer = Answer(status=STATUSES[data[0] % 8] if data else 200, body=Secret(data[1:]))
    site = site_of("signin.aws.amazon.com", "console.aws.amazon.com")
    get_signin_token(site, parse_answer(Secret(PROCESS[0]), profile="p"), duration_s=3600, get=lambda _url: answer)


def take_web_token(data: bytes) -> None:
    token = Secret(as_text(data))
    assert len(token_holder(token)) == 64
    check_web_token(token, what="the file")


def take_fields(data: bytes) -> None:
    """Read every field of any document as everything that a field can be."""
    try:
        fields = read_object(data)
    except UnreadableError:
        return
    for name in fields.names():
        for read in (
            fields.text, fields.optional_text, fields.whole, fields.flag, fields.fields, fields.items, fields.many, fields.texts,
            fields.path, fields.paths, fields.time, fields.foreign_time, lambda key: fields.optional_digits(key, 12),
        ):  # fmt: skip
            with suppress(UnreadableError):
                read(name)


PROCESS = written({"Version": 1, **{key: value for key, value in SESSION.items() if key not in {"v", "RoleArn"}}})
METADATA = written(
    {"Code": "Success", "AccessKeyId": "ASIA0", "SecretAccessKey": CANARY, "Token": CANARY, "Expiration": "2030-01-01T00:00:00Z"},
    {"AccessKeyId": "ASIA0", "SecretAccessKey": CANARY, "Token": CANARY, "Expiration": "Tue, 01 Jan 2030 00:00:00 GMT", "AccountId": "123456789012"},
)  # fmt: skip
JWT = b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2kiLCJzdWIiOiJzIiwiYXVkIjpbImEiXX0.c2ln"
FIELDS = written(
    {"a": CANARY, "b": 1, "c": True, "d": None, "e": [{}], "f": ["x"], "g": {"h": {"i": 1}}, "t": "2030-01-01T00:00:00Z"},
    {"t": "Tue, 01 Jan 2030 00:00:00 GMT", "u": "2030-01-01 00:00:00 +0000 UTC", "v": "Tuesday, 01-Jan-30 00:00:00 GMT"},
    {"w": "Tue Jan  1 00:00:00 2030", "x": "2030-01-01T00:00:00UTC", "p": "/home/\udcff"},
)  # fmt: skip

TARGETS = (
    *(
        Target(name=f"aws-{name}", run=_take_aws(name), seeds=(*_good(name),), exits=frozenset({AWS}), examples=250)
        for name in CALLS
    ),
    Target(
        name="credential-process",
        run=lambda data: parse_answer(Secret(data), profile="p"),
        seeds=PROCESS,
        exits=frozenset({AWS}),
    ),
    Target(
        name="metadata",
        run=lambda data: parse_credentials(Secret(data.decode(errors="replace")), source="the service"),
        seeds=METADATA,
        exits=frozenset({AWS}),
    ),
    Target(name="signin", run=take_signin, seeds=(b'\0{"SigninToken": "%s"}' % CANARY.encode(),), exits=frozenset({AWS})),
    Target(name="web-token", run=take_web_token, seeds=(JWT, b"pyvault-keyfile-v1:AAAA"), exits=frozenset({CONFIGURATION})),
    Target(name="json-fields", run=take_fields, seeds=FIELDS),
)  # fmt: skip
