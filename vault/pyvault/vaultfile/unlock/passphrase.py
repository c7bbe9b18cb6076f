"""Passphrases: normal form, reading from files and descriptors, and rules for new ones."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, InputRequiredError, InvalidSettingError
from pyvault.files import witness
from pyvault.interruptions import pass_interruption
from pyvault.secret import Secret
from pyvault.vaultfile.disk.secret_file import UTF_16, read_all, read_secret_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


BOM = "\ufeff"  # Windows editors put it before UTF-8; nobody types one


def normalise(passphrase: Secret[str]) -> Secret[bytes]:
    """Return a passphrase in the form that is hashed: NFC, UTF-8, without a byte order mark.

    Keyboards and systems differ in how they compose an accent.

    Raises:
        InvalidSettingError: empty, or not valid Unicode.
    """
    passphrase = Secret(passphrase.reveal().removeprefix(BOM))
    if not passphrase:
        raise InvalidSettingError("the passphrase is empty")
    try:
        return Secret(unicodedata.normalize("NFC", passphrase.reveal()).encode())
    except UnicodeEncodeError:  # its text would show the passphrase
        raise InvalidSettingError("the passphrase is not valid Unicode") from None


def parse_passphrase(raw: Secret[bytes]) -> Secret[str]:
    """Return a passphrase that was read from a file, descriptor or pipe.

    What editors and ``echo`` add is removed, see :func:`as_typed`.

    Raises:
        InvalidSettingError: empty, or not UTF-8.
    """
    if raw.reveal().startswith(UTF_16):
        raise InvalidSettingError("the passphrase is UTF-16", hint="save the file as UTF-8")
    try:
        text = as_typed(Secret(raw.reveal().decode()))
    except UnicodeDecodeError:
        raise InvalidSettingError("the passphrase is not valid UTF-8") from None
    if not text:
        raise InvalidSettingError("the passphrase is empty")
    return text


def as_typed(text: Secret[str]) -> Secret[str]:
    """Return a passphrase as a person would type it, without a leading byte order mark and a final line end.

    Only one line end (Unix, Windows or old Mac) is removed: more of them are part of the passphrase.
    """
    body = text.reveal().removeprefix(BOM)
    for end in ("\r\n", "\n", "\r"):
        if body.endswith(end):
            return Secret(body.removesuffix(end))
    return Secret(body)


def outer_blanks(passphrase: Secret[str]) -> str | None:
    """Return a warning if a new passphrase begins or ends with a blank, else None."""
    if passphrase.reveal() == passphrase.reveal().strip():
        return None
    return "the new passphrase begins or ends with a blank, which is part of it"


def read_passphrase_file(path: Path) -> Secret[str]:
    """Return the passphrase in a file, which must be private as :func:`read_secret_file` requires."""
    return parse_passphrase(read_secret_file(path, "passphrase file"))


def read_passphrase_descriptor(descriptor: int) -> Secret[str]:
    """Return the passphrase read from an open descriptor up to its end; the descriptor stays open.

    Raises:
        AccessDeniedError: it can't be read.
        InvalidSettingError: empty, over-long, or not UTF-8.
    """
    if witness.current is not None:
        witness.current.lose_sight()  # a later command has to read it too
    try:
        if os.isatty(descriptor):
            raise InvalidSettingError(f"can't read the passphrase from descriptor {descriptor}: it is a terminal")
        return parse_passphrase(read_all(descriptor, f"descriptor {descriptor}"))
    except OSError as exc:
        pass_interruption(exc)
        raise AccessDeniedError(f"can't read the passphrase from descriptor {descriptor}: {exc.strerror}") from exc


SHORTEST = 10  # characters

#: How to insist on a weak one.
VARIABLE = "PYVAULT_WEAK_PASSPHRASE"

#: The most common ones with ten or more characters, in lower case; shorter ones are refused anyway.
#: Chosen from the published rankings of leaked passwords: NCSC (UK), "PwnedPasswordsTop100k"; NordPass, "Top 200
#: Most Common Passwords"; and the examples of well-known texts about passphrases.
COMMON = frozenset(
    """
    0000000000 0123456789 01234567890 0987654321 1029384756 1111111111 11111111111 111111111111 1122334455 112233445566
    1212121212 1231231231 123123123123 1234512345 1234554321 123456123456 1234567890 12345678900 12345678901
    123456789012 1234567890q 1234567891 12345678910 12345678987654321 123456789a 123456789abc 123456789q 1234567qwe
    12345qwert 123qwe123qwe 1357924680 1472583690 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv
    2222222222 5555555555 6666666666 7777777777 8888888888 9876543210 9999999999 a123456789 aa12345678 aaaaaaaaaa
    abc1234567 abc123456789 abcd123456 abcd12345678 abcdefghij abcdefghijk abcdefghijklmnopqrstuvwxyz administrator
    administrator1 asdasdasd123 asdf123456 asdfghjkl1 asdfghjkl123 asdfghjkl; asdfghjklzxcvbnm asdfqwer1234 basketball
    butterfly1 changeme123 changemenow changethis chocolate1 cinderella
    correct-horse-battery-staple correcthorsebatterystaple dragon123456 elizabeth1 football12 football123
    helloworld helloworld1 iloveyou12 iloveyou123 iloveyou1234 iloveyousomuch letmein123 letmein1234
    liverpool1 manchester michelle123 minecraft123 mypassword mypassword1 p@ssw0rd123 p@ssword123 passphrase
    passw0rd12 passw0rd123 password00 password01 password10 password11 password12 password123 password123! password1234
    password12345 password2024 password2025 password2026 passwordpassword pokemon123 princess12 princess123
    q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc1 qazwsxedcrfv qwe123qwe123 qwer123456 qwerasdfzxcv qwerty1234 qwerty12345
    qwerty123456 qwerty123456789 qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123 qwertyuiop[] qwertyuiopasdfghjkl
    samsung123 secretpassword spiderman1 starwars123 strawberry sunshine12 sunshine123 superman123 testtest123
    trustno1trustno1 victoria123 welcome123 welcome1234 welcome2024 welcome2025 zaq12wsxcde3 zxcvbnm123 zxcvbnmasdfghjkl
    """.split()  # noqa: SIM905 - as quoted words they would fill a page
) | {"correct horse battery staple", "i love you", "let me in now", "this is my password"}


def weak_allowed(environ: Mapping[str, str]) -> bool:
    """Return whether an environment allows weak passphrases; the cheapest KDF implies it."""
    return environ.get(VARIABLE, "").lower() in {"1", "true", "yes"} or environ.get("PYVAULT_KDF") == "min"


def find_weakness(passphrase: Secret[str]) -> str | None:
    """Return why a new passphrase is weak, as the end of a sentence; None if it isn't."""
    # Systems differ in how they compose an accent; what counts is what is hashed.
    if len(unicodedata.normalize("NFC", passphrase.reveal())) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    if unicodedata.normalize("NFC", passphrase.reveal()).lower() in COMMON:
        return "is one of the most common"
    return None


def check_new_passphrase(passphrase: Secret[str]) -> None:
    """Refuse a weak passphrase where nobody can be asked for another.

    Raises:
        InputRequiredError: it is weak.
    """
    weakness = find_weakness(passphrase)
    if weakness is not None:
        from pyvault.surface import argument

        allowed = argument("options", {"weak_passphrase": "true"})
        raise InputRequiredError(
            f"the new passphrase {weakness}", hint=f"choose a stronger one, or allow it with {allowed} or {VARIABLE}=1"
        )
