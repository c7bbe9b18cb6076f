"""Targets: items that a backend, a session vault or aws-vault's store keeps. What is no item is damaged (exit 7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from fuzz.target import CANARY, Target, as_text
from peers.jwe_writer import b64, encrypt, unb64
from pyvault.mfa.totp import decode_totp, encode_totp
from pyvault.migration.aws_vault_names import sort_names
from pyvault.migration.aws_vault_records import is_item, read_data, read_item
from pyvault.migration.jwe import decrypt_jwe
from pyvault.rotation.journal import dump_journal, parse_journal
from pyvault.secret import Secret
from pyvault.server.processes.forked_fetch import decode_result
from pyvault.sessions.session_codec import decode_session, encode_session
from pyvault.sso.tokens import decode_registration, decode_token, encode_registration, encode_token
from pyvault.storage.envelope import read_envelope, seal_envelope
from pyvault.storage.item_codec import decode_credentials, encode_credentials
from pyvault_backends._safe_names import decode_name

T = TypeVar("T")

LATER = "2030-01-01T00:00:00Z"
DAMAGED, LOCKED, USAGE = 7, 4, 2
#: A failure that is handed on has the exit code that it had where it happened.
ALL = frozenset({1, 2, 3, 4, 5, 6, 7, 130})
ITEM = "prod"
PASSPHRASE = Secret("correct horse")
DEAREST = 10_000  # iterations; more are refused or only cost time, which is no news

CLIENT = {"client_id": "id", "client_secret": CANARY, "expires": LATER}
SESSION = {
    "v": 1, "AccessKeyId": "ASIAEXAMPLEEXAMPLE00", "SecretAccessKey": CANARY, "SessionToken": CANARY, "Expiration": LATER,
    "AccountId": "123456789012", "RoleArn": "arn:aws:iam::123456789012:role/x",
}  # fmt: skip
AWS_VAULT = {"AccessKeyID": "AKIAEXAMPLEEXAMPLE00", "SecretAccessKey": CANARY, "SessionToken": "", "ProviderName": ""}
KEPT = b'{"Key": "%s", "Data": "%s", "Label": "aws-vault"}'


def written(*documents: object) -> tuple[bytes, ...]:
    return tuple(json.dumps(document).encode() for document in documents)


def round_trip(read: Callable[[Secret[bytes]], T], write: Callable[[T], Secret[bytes]]) -> Callable[[bytes], None]:
    """Make a target where what was read is written, and reads as the same."""

    def run(data: bytes) -> None:
        found = read(Secret(data))
        assert read(write(found)) == found

    return run


def take_envelope(data: bytes) -> None:
    name, content = read_envelope(Secret(data), of="the item")
    sealed = seal_envelope(name, content)
    assert read_envelope(Secret(sealed.reveal().encode()), of="the item") == (name, content)


def take_aws_vault(data: bytes) -> None:
    """Read a record of aws-vault: an item where the first byte is odd, else the data alone."""
    kept, text = data[:1] and data[0] & 1, Secret(data[1:])
    is_item(text, ITEM)
    if kept:
        read_item(text, of="the item", name=ITEM)
    else:
        decode_credentials(read_data(text, of="the item"), of="the item")


def take_jwe(data: bytes) -> None:
    """Open a token: as it stands, or made of its header in clear text and the four other parts."""
    if data[:1] == b"{":
        head, _, rest = data.partition(b"\n")
        token = ".".join([b64(head), *as_text(rest).split("\n")])
        try:
            cost = json.loads(head)["p2c"]
        except (ValueError, KeyError, TypeError, RecursionError):
            cost = 0
    else:
        token, cost = as_text(data), 0
    if not (isinstance(cost, int) and DEAREST < cost <= 1_000_000):
        decrypt_jwe(token, PASSPHRASE, of="the item")


def take_names(data: bytes) -> None:
    """Read what may name an item, and what lies beside items in stores."""
    text = as_text(data)
    decode_name(text)
    sort_names(text.split("\n"))


def _tokens() -> tuple[bytes, ...]:
    token = encrypt(json.dumps(AWS_VAULT).encode(), PASSPHRASE.reveal(), iterations=10)
    head, *parts = token.split(".")
    return token.encode(), b"\n".join([unb64(head), *(part.encode() for part in parts)])


def _kept() -> tuple[bytes, ...]:
    import base64

    (data,) = written(AWS_VAULT)
    encoded = base64.b64encode(data)
    return b"\0" + data, b"\1" + KEPT % (ITEM.encode(), encoded), b"\1" + KEPT % (b"other", encoded)


def _item(name: str, run: Callable[[bytes], None], seeds: tuple[bytes, ...]) -> Target:
    return Target(name=name, run=run, seeds=seeds, exits=frozenset({DAMAGED}))


TARGETS = (
    _item("session", round_trip(decode_session, encode_session), written(SESSION, {**SESSION, "SessionToken": None})),
    _item(
        "sso-token",
        round_trip(decode_token, encode_token),
        written(
            {"v": 1, "access_token": CANARY, "expires": LATER, "client": CLIENT, "refresh_token": CANARY, "sign_in": "ab"}
        ),
    ),
    _item("sso-registration", round_trip(decode_registration, encode_registration), written({"v": 1, **CLIENT})),
    _item(
        "totp-item",
        round_trip(decode_totp, encode_totp),
        written({"v": 1, "secret": "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK", "algorithm": "SHA256", "digits": 6, "period": 30, "serial": "x"}),
    ),
    _item(
        "rotation-journal",
        round_trip(lambda data: parse_journal(data, "prod"), dump_journal),
        written(
            {"v": 1, "stage": "created", "OldAccessKeyId": "AKIA0", "Existing": ["AKIA0"], "Started": LATER, "AccessKeyId": "AKIA1", "SecretAccessKey": CANARY},
            {"v": 1, "stage": "intent", "OldAccessKeyId": "AKIA0", "Existing": [], "Started": LATER, "Owner": "ab"},
        ),
    ),
    _item(
        "credentials-item",
        round_trip(lambda data: decode_credentials(data, of="the item"), encode_credentials),
        written({"AccessKeyId": "AKIAEXAMPLEEXAMPLE00", "SecretAccessKey": CANARY, "Created": LATER, "v": 1}),
    ),
    _item("envelope", take_envelope, written({"pyvault": 1, "kind": "credential", "name": "prod", "data": "AAAA"})),
    _item("aws-vault-record", take_aws_vault, _kept()),
    Target(name="jwe", run=take_jwe, seeds=_tokens(), exits=frozenset({DAMAGED, LOCKED})),
    Target(
        name="names",
        run=take_names,
        seeds=(b"credential/prod", "session/é".encode(), b"sso-client/a b", b"aws-vault oidc:x\nabc,bmFtZQ,,1\n=63="),
        exits=frozenset({USAGE}),
        is_silent=False,
    ),
    Target(
        name="fetched",
        run=lambda data: decode_result(Secret(data)),
        seeds=(b"C" + written(SESSION)[0], b'F{"type": "AwsError", "message": "no", "code": "Denied", "hint": "x"}'),
        exits=ALL,
        is_silent=False,  # the words of a failure are handed on, and hold no secret where they are made
    ),
)  # fmt: skip
