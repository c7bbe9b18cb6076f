"""One-time codes from a secret that is kept in the vault, so that no phone is needed.

This puts the second factor beside the first: whoever opens the vault has both.
It is never on unless a person stores such a secret; it suits a CI runner, whose
alternative is no MFA at all.

Source: RFC 4226 (HOTP), RFC 6238 (TOTP); the otpauth URI as authenticator apps
read it (github.com/google/google-authenticator, wiki, "Key Uri Format").
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pyvault.errors import InvalidSettingError, ItemCorruptError
from pyvault.json_reader import read_object
from pyvault.names import ItemName, Kind, parse_name
from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1
AWS_DIGITS = 6  # Source: STS API Reference, TokenCode
#: Seconds. Source: IAM User Guide, "Assign a virtual MFA device": apps after RFC 6238, with SHA-1 and 30 s.
AWS_PERIOD = 30
SHORTEST_SECRET = 10  # bytes: what authenticator apps have always used; RFC 4226 wants 16
LONGEST_SECRET = 256
DIGITS = range(6, 9)  # RFC 4226, section 5.3: at least 6; 8 is the most that is in use
FIELDS = ("secret", "algorithm", "digits", "period")  # of an otpauth URI; what else is there is for people
PERIODS = range(1, 301)  # seconds


class Algorithm(StrEnum):
    """The hash of a code. Source: RFC 6238, section 1.2."""

    SHA1 = "SHA1"
    SHA256 = "SHA256"
    SHA512 = "SHA512"


class Totp(Record):
    """An authenticator.

    Attributes:
        digits: 6 to 8.
        period: how long a code is good.
        serial: the MFA device it stands for; None if only the profile is known.
    """

    secret: Secret[bytes]
    algorithm: Algorithm = Algorithm.SHA1
    digits: int = 6
    period: timedelta = timedelta(seconds=30)
    serial: str | None = None

    def window(self, at: datetime) -> int:
        """Return the number of a moment's time window; a code belongs to one window."""
        return int(at.timestamp()) // int(self.period.total_seconds())

    def code(self, at: datetime) -> Secret[str]:
        """Return the code that is good at this moment."""
        digest = hmac.digest(self.secret.reveal(), self.window(at).to_bytes(8, "big"), self.algorithm.lower())
        offset = digest[-1] & 0xF
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
        return Secret(str(number % 10**self.digits).zfill(self.digits))


def totp_name(profile: str) -> ItemName:
    """Name the item that holds a profile's authenticator."""
    return ItemName(Kind.TOTP, parse_name(profile))


def parse_totp(text: Secret[str], *, serial: str | None = None) -> Totp:
    """Read what AWS shows beside the QR code: the secret in base32, or an otpauth URI.

    Args:
        text: as typed; blanks and hyphens between groups are fine.
        serial: of the MFA device, if known.

    Raises:
        InvalidSettingError: it is neither, or out of bounds; the message never
            shows it.
    """
    stripped = text.reveal().strip()
    if stripped.lower().startswith("otpauth-migration:"):
        raise InvalidSettingError(
            "this is an export of an authenticator app with all that it holds, not one device",
            hint="use the secret that AWS shows when the device is made, or an otpauth: URI",
        )
    if stripped.lower().startswith(("otpauth:", "apple-otpauth:")):
        return _parse_uri(Secret(stripped), serial)
    return Totp(secret=_parse_secret(Secret(stripped)), serial=serial)


def parse_aws_totp(text: Secret[str], *, serial: str | None = None) -> Totp:
    """Read the authenticator of an MFA device of AWS; see :func:`parse_totp`.

    Raises:
        InvalidSettingError: AWS would never take a code of it.
    """
    totp = parse_totp(text, serial=serial)
    if (objection := _objection_to(totp)) is not None:
        raise InvalidSettingError(f"the MFA device {objection}", hint="is it the secret of another service?")
    return totp


def _objection_to(totp: Totp) -> str | None:
    """Return why AWS would never take a code of the device; None where it may."""
    seconds = int(totp.period.total_seconds())
    if totp.digits != AWS_DIGITS:
        return f"gives codes of {totp.digits} digits, and AWS takes {AWS_DIGITS}"
    if totp.algorithm is not Algorithm.SHA1:
        return f"makes its codes with {totp.algorithm}, and AWS's devices with {Algorithm.SHA1}"
    if seconds != AWS_PERIOD:
        return f"gives a code every {seconds} s, and AWS's devices every {AWS_PERIOD} s"
    return None


def encode_totp(totp: Totp) -> Secret[bytes]:
    """Write the authenticator for the vault, as JSON."""
    import json

    record: dict[str, object] = {
        "v": VERSION,
        "secret": base64.b32encode(totp.secret.reveal()).decode(),
        "algorithm": totp.algorithm.value,
        "digits": totp.digits,
        "period": int(totp.period.total_seconds()),
    }
    if totp.serial is not None:
        record["serial"] = totp.serial
    return Secret(json.dumps(record, separators=(",", ":")).encode())


def decode_totp(data: Secret[bytes]) -> Totp:
    """Read an authenticator from the vault.

    Raises:
        ItemCorruptError: the bytes are not one of ours.
    """
    try:
        fields = read_object(data)
        if fields.whole("v") != VERSION:
            raise ItemCorruptError(f"the TOTP item is not of version {VERSION}")
        return Totp(
            secret=_parse_secret(Secret(fields.text("secret"))),
            algorithm=Algorithm(fields.text("algorithm")),
            digits=fields.whole("digits", least=DIGITS[0], most=DIGITS[-1]),
            period=timedelta(seconds=fields.whole("period", least=PERIODS[0], most=PERIODS[-1])),
            serial=fields.optional_text("serial"),
        )
    except (ValueError, InvalidSettingError):  # also UnreadableError; texts may hold a part of the secret
        raise ItemCorruptError("the TOTP item is not an authenticator") from None


def _parse_uri(text: Secret[str], serial: str | None) -> Totp:
    from urllib.parse import parse_qs, urlsplit

    try:
        uri = urlsplit(text.reveal())
        given = parse_qs(uri.query, max_num_fields=20)
    except ValueError:  # its message may quote the URI
        raise InvalidSettingError("the otpauth URI can't be read") from None
    if uri.netloc.lower() != "totp":
        raise InvalidSettingError("the otpauth URI is not of the kind 'totp'", hint="AWS's devices are time-based")
    fields = {name: [value for key in given if key.lower() == name for value in given[key]] for name in FIELDS}
    if not fields["secret"] or any(len(values) > 1 for values in fields.values()):
        raise InvalidSettingError("the otpauth URI has no single 'secret'")
    try:
        algorithm = _parse_algorithm(*fields["algorithm"])
    except ValueError:
        raise InvalidSettingError("the otpauth URI names an unknown 'algorithm'") from None
    return Totp(
        secret=_parse_secret(Secret(fields["secret"][0])),
        algorithm=algorithm,
        digits=_bounded("".join(fields["digits"]) or "6", DIGITS, "digits"),
        period=timedelta(seconds=_bounded("".join(fields["period"]) or "30", PERIODS, "period")),
        serial=serial,
    )


def _parse_algorithm(text: str = Algorithm.SHA1) -> Algorithm:
    """Read the name of a hash as apps write it: ``sha1``, ``SHA-1``, ``HmacSHA1``.

    Raises:
        ValueError: it is none of ours.
    """
    return Algorithm(text.upper().replace("-", "").replace("_", "").removeprefix("HMAC"))


def _parse_secret(text: Secret[str]) -> Secret[bytes]:
    plain = Secret(re.sub(r"[\s-]", "", text.reveal()).rstrip("=").upper())
    try:
        secret = Secret(base64.b32decode(plain.reveal() + "=" * (-len(plain) % 8)))
    except (binascii.Error, ValueError):
        raise InvalidSettingError("the TOTP secret is not base32 and no otpauth URI") from None
    if not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise InvalidSettingError(f"the TOTP secret has {len(secret)} bytes, not {SHORTEST_SECRET} to {LONGEST_SECRET}")
    return secret


def _bounded(text: str, bounds: range, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) in bounds):
        raise InvalidSettingError(f"the TOTP setting {what!r} is not a number from {bounds[0]} to {bounds[-1]}")
    return int(text)
