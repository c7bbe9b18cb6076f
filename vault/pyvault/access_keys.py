"""What an access key pair looks like, and what is wrong with one that doesn't. Pure.

A secret in place of the id would be sent to AWS in the clear, shown by ``list --keys`` and
kept as an attribute. So pairs are checked on input, and an id is shown in full only if it
looks like one of AWS's.
"""

from __future__ import annotations

import re

from pyvault.errors import PyvaultError, UsageError
from pyvault.model import SECRET_LENGTH, masked
from pyvault.record import Record
from pyvault.secret import Secret

#: Source: IAM User Guide, "IAM identifiers", "Understanding unique ID prefixes"; every id that AWS has issued
#: since it uses prefixes has this length.
_AWS_ID = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}")
TEMPORARY = "ASIA"


class KeyFault(Record):
    """What is wrong with a pair.

    Attributes:
        text: the end of a sentence about the pair; shows nothing of it.
        hint: advice.
        certain: no service has such keys; False if a service other than AWS may.
    """

    text: str
    hint: str
    certain: bool


SWAPPED = KeyFault(
    text="has a secret in place of the id, or an id in place of the secret: are they swapped?",
    hint="the access key id is the short one, 'AKIA...'; the secret has 40 characters",
    certain=True,
)
IS_TEMPORARY = KeyFault(
    text="is temporary ('ASIA...'): it is useless without its session token, and expires",
    hint="only long-term keys ('AKIA...') are stored",
    certain=True,
)
ODD = KeyFault(
    text="has an id that is not AWS's: those are 'AKIA' and 16 capital letters or digits",
    hint="for another service, set its endpoint_url in the profile",
    certain=False,
)


def find_fault(access_key_id: str, secret_access_key: Secret[str]) -> KeyFault | None:
    """Return what is wrong with a pair; None if it looks like one of AWS's."""
    if len(access_key_id) == SECRET_LENGTH or _AWS_ID.fullmatch(secret_access_key.reveal()):
        return SWAPPED
    if not _AWS_ID.fullmatch(access_key_id):
        return ODD
    return IS_TEMPORARY if access_key_id.startswith(TEMPORARY) else None


def stripped_pair(access_key_id: str, secret_access_key: Secret[str], *, source: str) -> tuple[str, Secret[str]]:
    """Return a pair without the blanks that come along with copy and paste.

    Args:
        access_key_id: never shown.
        secret_access_key: never shown.
        source: where the pair comes from, for the message.

    Raises:
        PyvaultError: a part is empty, or holds what no request can carry.
        UsageError: the two are swapped, or temporary.
    """
    key_id, secret = access_key_id.strip(), Secret(secret_access_key.reveal().strip())
    for part, text in (("access key id", Secret(key_id)), ("secret access key", secret)):
        if not text:
            raise PyvaultError(
                f"the {part} of {source} is empty", hint="a pair has an access key id and a secret access key"
            )
        if not all("!" <= char <= "~" for char in text.reveal()):
            raise PyvaultError(
                f"the {part} of {source} holds characters that no key has",
                hint="copy it anew, without quotes and blanks",
            )
    check_pair(key_id, secret, source=source, any_id=True)  # whether it may be any id, the profile says
    return key_id, secret


def check_pair(access_key_id: str, secret_access_key: Secret[str], *, source: str, any_id: bool) -> None:
    """Refuse a pair that must not be stored.

    Args:
        access_key_id: never shown.
        secret_access_key: never shown.
        source: where the pair comes from, for the message.
        any_id: the service may be another than AWS, with its own ids.

    Raises:
        UsageError: says what is wrong.
    """
    fault = find_fault(access_key_id, secret_access_key)
    if fault is not None and (fault.certain or not any_id):
        from pyvault.surface import argument

        hint = fault.hint if fault.certain else f"{fault.hint}; {argument('verify', value=False)} stores any id"
        raise UsageError(f"the key of {source} {fault.text}", hint=hint)


def shown(access_key_id: str) -> str:
    """Return an id for people: in full if it looks like one of AWS's, else masked."""
    return access_key_id if _AWS_ID.fullmatch(access_key_id) else masked(access_key_id)
