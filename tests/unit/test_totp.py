"""The RFC's own vectors, and every way to mistype a secret."""

from __future__ import annotations

import base64
import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.clock import from_epoch
from pyvault.errors import InvalidSettingError, ItemCorruptError
from pyvault.mfa.totp import Algorithm, Totp, decode_totp, encode_totp, parse_totp, totp_name
from pyvault.secret import Secret

SEEDS = {
    Algorithm.SHA1: b"12345678901234567890",
    Algorithm.SHA256: b"12345678901234567890123456789012",
    Algorithm.SHA512: b"1234567890123456789012345678901234567890123456789012345678901234",
}

# RFC 6238, appendix B
RFC_6238 = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]

# RFC 4226, appendix D: the first ten counters
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]

BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("moment", "sha1", "sha256", "sha512"), RFC_6238)
def test_the_vectors_of_rfc_6238(moment: int, sha1: str, sha256: str, sha512: str) -> None:
    for algorithm, expected in zip(Algorithm, (sha1, sha256, sha512), strict=True):
        totp = Totp(secret=Secret(SEEDS[algorithm]), algorithm=algorithm, digits=8)
        assert totp.code(from_epoch(moment)) == Secret(expected)


@pytest.mark.parametrize(("counter", "expected"), list(enumerate(RFC_4226)))
def test_the_vectors_of_rfc_4226(counter: int, expected: str) -> None:
    totp = Totp(secret=Secret(SEEDS[Algorithm.SHA1]))
    assert totp.code(from_epoch(counter * 30)) == Secret(expected)


def test_the_window_of_a_code() -> None:
    totp = Totp(secret=Secret(SEEDS[Algorithm.SHA1]))
    assert totp.window(from_epoch(59)) == 1
    assert totp.window(from_epoch(60)) == 2


@pytest.mark.parametrize(
    "typed", [BASE32, BASE32.lower(), "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", f"  {BASE32[:16]}-{BASE32[16:]}\n"]
)
def test_a_secret_as_people_type_it(typed: str) -> None:
    assert parse_totp(Secret(typed)).secret == Secret(SEEDS[Algorithm.SHA1])


def test_padding_may_be_there_or_not() -> None:
    seed = b"0123456789abcdef"
    padded = base64.b32encode(seed).decode()
    assert padded.endswith("=")
    assert parse_totp(Secret(padded)).secret == parse_totp(Secret(padded.rstrip("="))).secret == Secret(seed)


def test_an_otpauth_uri_says_everything() -> None:
    uri = f"otpauth://totp/AWS:me@corp?secret={BASE32}&issuer=AWS&algorithm=SHA256&digits=8&period=60"
    totp = parse_totp(Secret(uri), serial="arn:aws:iam::123456789012:mfa/me")
    assert (totp.algorithm, totp.digits, totp.period) == (Algorithm.SHA256, 8, timedelta(seconds=60))
    assert totp.serial == "arn:aws:iam::123456789012:mfa/me"


def test_an_otpauth_uri_has_the_defaults_of_the_apps() -> None:
    totp = parse_totp(Secret(f"OTPAUTH://TOTP/x?secret={BASE32.lower()}"))
    assert (totp.algorithm, totp.digits, totp.period) == (Algorithm.SHA1, 6, timedelta(seconds=30))


@pytest.mark.parametrize(
    "uri",
    [
        "otpauth://totp/Amazon%20Web%20Services:me@corp?secret={}&issuer=Amazon%20Web%20Services",
        "otpauth://totp/Amazon Web Services:me@corp?secret={}&issuer=Amazon Web Services",
        "otpauth://totp/AWS:me?secret={}&algorithm=sha1&digits=6&period=30",
        "otpauth://totp/AWS:me?secret={}&algorithm=SHA-1",
        "otpauth://totp/AWS:me?secret={}&algorithm=HmacSHA1",
        "otpauth://totp/AWS:me?Secret={}&Algorithm=SHA1&Digits=6",
        "otpauth://totp/AWS:me?secret={}&issuer=AWS&issuer=AWS&image=https%3A%2F%2Fx",
        "otpauth://totp/AWS:me?secret={}&algorithm=&digits=&period=&issuer=",
        "otpauth://totp/?secret={}",
        "otpauth://totp?secret={}",
        "apple-otpauth://totp/AWS:me?secret={}",
        "  otpauth://totp/x?secret={}\n",
    ],
)
@pytest.mark.parametrize(
    "secret", [BASE32, BASE32.lower(), "GEZD+GNBV+GY3T+QOJQ+GEZD+GNBV+GY3T+QOJQ", f"{BASE32}%3D%3D"]
)
def test_an_otpauth_uri_as_apps_export_it(uri: str, secret: str) -> None:
    assert parse_totp(Secret(uri.format(secret))) == parse_totp(Secret(BASE32))


def test_an_export_of_a_whole_app_is_named() -> None:
    with pytest.raises(InvalidSettingError, match="export of an authenticator app") as caught:
        parse_totp(Secret("otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8"))
    assert "CjEK" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base32!",
        "GEZDGNBV",  # 5 bytes
        "A" * 1000,
        "otpauth://hotp/x?secret=" + BASE32,
        "otpauth://totp/x",
        f"otpauth://totp/x?secret={BASE32}&secret={BASE32}",
        f"otpauth://totp/x?secret={BASE32}&digits=5",
        f"otpauth://totp/x?secret={BASE32}&digits=9",
        f"otpauth://totp/x?secret={BASE32}&digits=6e0",
        f"otpauth://totp/x?secret={BASE32}&period=0",
        f"otpauth://totp/x?secret={BASE32}&period=999999999999",
        f"otpauth://totp/x?secret={BASE32}&algorithm=MD5",
        "otpauth://totp]/x?secret=" + BASE32,
        "otpauth://totp/x?" + "&".join(f"a{n}=1" for n in range(30)),
    ],
)
def test_what_is_no_secret_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        parse_totp(Secret(text))
    assert BASE32 not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(
    seed=st.binary(min_size=10, max_size=64),
    algorithm=st.sampled_from(Algorithm),
    digits=st.integers(6, 8),
    period=st.integers(1, 300),
    serial=st.none() | st.text(string.printable, min_size=1, max_size=40),
    moment=st.integers(0, 2**33),
)
def test_an_authenticator_survives_the_vault(
    seed: bytes, algorithm: Algorithm, digits: int, period: int, serial: str | None, moment: int
) -> None:
    totp = Totp(
        secret=Secret(seed), algorithm=algorithm, digits=digits, period=timedelta(seconds=period), serial=serial
    )
    again = decode_totp(encode_totp(totp))
    assert again == totp
    code = again.code(from_epoch(moment))
    assert code == totp.code(from_epoch(moment))
    assert len(code) == digits


@given(st.binary(max_size=200))
def test_foreign_bytes_are_corrupt_and_never_shown(data: bytes) -> None:
    with pytest.raises(ItemCorruptError):
        decode_totp(Secret(data))


@pytest.mark.parametrize(
    "record",
    [
        b"[]",
        b"null",
        b"{}",
        b'{"v":2}',
        b'{"v":1,"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6}',
        b'{"v":1,"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":99,"period":30}',
        b'{"v":1,"secret":"x","algorithm":"SHA1","digits":6,"period":30}',
    ],
)
def test_a_record_with_a_wrong_field_is_corrupt(record: bytes) -> None:
    with pytest.raises(ItemCorruptError):
        decode_totp(Secret(record))


def test_the_secret_does_not_show() -> None:
    totp = parse_totp(Secret(BASE32))
    assert "12345" not in repr(totp)
    assert str(totp_name("prod")) == "totp/prod"
