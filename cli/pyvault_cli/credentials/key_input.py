"""Where ``add`` reads an access key from: environment, stdin, a CSV file, the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.access_keys import stripped_pair
from pyvault.config.values import objection_to
from pyvault.errors import ConfigError, PyvaultError
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault_cli.terminal.stdin import read_piped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault_cli.terminal.answers import TerminalAnswers
    from pyvault_cli.terminal.prompt import Terminal

LONGEST_INPUT = 65_536  # characters; a key has 20 and 40
#: Source: the file that the IAM console offers when a key is made.
CSV_KEY_ID, CSV_SECRET = "Access key ID", "Secret access key"


class GivenKey(Record):
    """An access key pair as somebody gave it.

    Attributes:
        source: where it came from, for messages.
        mfa_serial: of the MFA device, if it was asked for and there is one.
    """

    access_key_id: str
    secret_access_key: Secret[str]
    source: str
    mfa_serial: str | None = None


def from_environ(environ: Mapping[str, str]) -> GivenKey:
    """Take the key of ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``; a session token is of no use here.

    Raises:
        PyvaultError: one of them is missing.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        if not environ.get(name):
            raise PyvaultError(f"Missing value for {name}")
    return _checked(environ["AWS_ACCESS_KEY_ID"], Secret(environ["AWS_SECRET_ACCESS_KEY"]), "the environment")


def from_stdin() -> GivenKey:
    """Read stdin: JSON as ``export --format json`` and the AWS CLI write it, or two lines.

    Raises:
        PyvaultError: there is no key in it.
    """
    return parse_key(read_piped("key", LONGEST_INPUT))


def parse_key(text: Secret[str]) -> GivenKey:
    """Read a key: a JSON object, also one inside ``AccessKey``, or two lines.

    Raises:
        PyvaultError: there is none in it.
    """
    if text.reveal().lstrip().startswith("{"):
        return _from_json(text)
    lines = [Secret(line.strip()) for line in text.reveal().splitlines() if line.strip()]
    if len(lines) != 2:
        raise PyvaultError("stdin must hold JSON, or two lines: an access key id and its secret")
    return _checked(lines[0].reveal(), lines[1], "stdin")


def _from_json(text: Secret[str]) -> GivenKey:
    from pyvault.json_reader import UnreadableError, read_object

    try:
        record = read_object(text.reveal().encode(errors="surrogatepass"))
        key = record.fields("AccessKey") if record.has("AccessKey") else record  # "aws iam create-access-key" wraps it
        return _checked(key.text("AccessKeyId"), Secret(key.text("SecretAccessKey")), "stdin")
    except UnreadableError as exc:
        raise PyvaultError(f"the JSON on stdin can't be read: {exc}") from None


def from_csv(path: Path) -> GivenKey:
    """Read the file that the AWS console offers for download.

    Raises:
        ConfigError: it can't be read, or holds no key or several.
    """
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            titles, *rows = [*csv.reader(stream, skipinitialspace=True)] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no CSV file"
        raise ConfigError(f"'{path}' can't be read: {reason}") from None
    # Over the years the console has spelt its titles with blanks and capitals in different places.
    columns = [title.strip().casefold() for title in titles]
    filled = [row for row in rows if any(row)]
    fields = dict(zip(columns, filled[0], strict=False)) if len(filled) == 1 else {}
    key_id, secret = fields.get(CSV_KEY_ID.casefold()), fields.get(CSV_SECRET.casefold())
    if not key_id or not secret:
        raise ConfigError(f"'{path}' does not hold exactly one key under '{CSV_KEY_ID}' and '{CSV_SECRET}'")
    return _checked(key_id, Secret(secret), f"'{path}'")


def from_terminal(ask: TerminalAnswers, *, with_mfa: bool) -> GivenKey:
    """Ask the human; only the secret is not echoed.

    Args:
        ask: knows whether somebody may be asked.
        with_mfa: ask for the MFA device too.

    Raises:
        InputRequiredError: nobody may or can be asked.
    """
    terminal = ask.terminal("the access key", ("--env", "--stdin", "--csv", "a terminal"))
    key_id = terminal.line("Enter Access Key ID")
    secret = terminal.hidden("Enter Secret Access Key")
    key = _checked(key_id, secret, "what was typed")
    serial = _ask_device(terminal) if with_mfa else None
    return GivenKey(
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
        source=key.source,
        mfa_serial=serial,
    )


def _ask_device(terminal: Terminal) -> str | None:
    """Ask for the MFA device until it is one that AWS may take a code of; None where there is none."""
    question = "Enter MFA Device ARN (If MFA is not enabled, leave this blank)"
    shown = question
    while serial := terminal.line(shown).strip():
        objection = objection_to(serial)
        if objection is None:
            return serial
        shown = f"that one {objection}; {question}"
    return None


def _checked(access_key_id: str, secret: Secret[str], source: str) -> GivenKey:
    key_id, stripped = stripped_pair(access_key_id, secret, source=source)
    return GivenKey(access_key_id=key_id, secret_access_key=stripped, source=source)
