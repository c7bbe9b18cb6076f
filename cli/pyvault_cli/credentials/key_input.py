"""Where ``add`` reads an access key from: environment, stdin, a CSV file, the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyvault.access_keys import stripped_pair
from pyvault.errors import ConfigError, PyvaultError
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault_cli.terminal.stdin import read_piped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault_cli.terminal.answers import TerminalAnswers

LONGEST_INPUT = 65_536  # characters; a key has 20 and 40
#: Source: the file that the IAM console offers when a key is made.
CSV_KEY_ID, CSV_SECRET = "Access key ID", "Secret access key"


class GivenKey(Record):
    """An access key pair as somebody gave it.

    Attributes:
        source: where it came from, for messages.
    """

    access_key_id: str
    secret_access_key: Secret[str]
    source: str


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


#: What of an access key id is seen as it is typed; what is behind it may be the secret.
_ID_PART = re.compile(r"[A-Za-z0-9_]{0,20}")
#: What is between an id and a secret that were copied together: from a table, a CSV file, two lines.
_BETWEEN = re.compile(r"[\s,;]+")


def from_terminal(ask: TerminalAnswers) -> GivenKey:
    """Ask the human for the two parts; both may be pasted at once, in one line or two. The secret is never seen.

    Raises:
        InputRequiredError: nobody may or can be asked.
    """
    terminal = ask.terminal("the access key", ("--env", "--stdin", "--csv", "a terminal"))
    with terminal.undisturbed():
        typed = terminal.hidden("Enter Access Key ID", seen=_id_in)
        if is_title(typed):
            typed = terminal.hidden("Enter Access Key ID", seen=_id_in, pasted=True)
        key_id, secret = split_pair(typed)
        while key_id and not secret:
            secret = terminal.hidden("Enter Secret Access Key", pasted=True)
    return _checked(key_id, secret, "what was typed")


def split_pair(typed: Secret[str]) -> tuple[str, Secret[str]]:
    """Return the id, and the secret that was pasted behind it; an empty one if none was."""
    key_id, *rest = _BETWEEN.split(typed.reveal().strip(), maxsplit=1)
    return key_id, Secret("".join(rest))


def is_title(typed: Secret[str]) -> bool:
    """Return whether this is the first line of the console's CSV file, and the pair is in the next."""
    return [part.strip().casefold() for part in typed.reveal().split(",")] == [
        CSV_KEY_ID.casefold(),
        CSV_SECRET.casefold(),
    ]


def _id_in(typed: str) -> str:
    found = _ID_PART.match(typed.lstrip())
    return found[0] if found else ""


def _checked(access_key_id: str, secret: Secret[str], source: str) -> GivenKey:
    key_id, stripped = stripped_pair(access_key_id, secret, source=source)
    return GivenKey(access_key_id=key_id, secret_access_key=stripped, source=source)
