"""Credentials as text: every shell reads back exactly what was written, and a hostile value stays a value."""

from __future__ import annotations

import configparser
import json
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import InvalidSettingError
from pyvault.model import Credentials
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault_cli.credentials.formats import Exported, Format, names_line, quote_fish, quote_powershell, quote_sh, render

CREDENTIALS = Credentials(
    access_key_id="ASIA1",
    secret_access_key=Secret("se/cret+"),
    session_token=Secret("tok=="),
    expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
)
LONG_LIVED = Credentials(access_key_id="ABC", secret_access_key=Secret("XYZ"))

HOSTILE = [
    "$(touch hacked)",
    "`touch hacked`",
    "a; touch hacked",
    "it's",
    'say "no"',
    "back\\slash",
    "a b\tc",
    "$HOME",
    "#x",
    "~",
    "-n",
    "!x",
    "é\u2019; touch hacked; \u2018",
    "",
]


def with_region(value: str) -> Credentials:
    return Credentials(access_key_id="A", secret_access_key=Secret(value))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh"])
def test_shells_read_it_back(shell: str, value: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    for quoted in (quote_sh(value), quote_sh(value + "\nb")):
        script = f'X={quoted}; printf %s "$X"'
        got = subprocess.run([shell, "-c", script], capture_output=True, check=True).stdout.decode()
        assert got == (value if "\nb" not in quoted else value + "\nb")


@given(value=st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])))
def test_sh_quoting_is_one_word(value: str) -> None:
    import shlex

    assert shlex.split(quote_sh(value)) == [value]


@given(value=st.text())
def test_fish_quoting(value: str) -> None:
    quoted = quote_fish(value)
    if quoted == value:
        return
    body = quoted[1:-1]
    plain: list[str] = []
    letters = iter(body)
    for letter in letters:
        assert letter != "'"
        plain.append(next(letters) if letter == "\\" else letter)
    assert "".join(plain) == value


@given(value=st.text())
def test_powershell_quoting_ends_nowhere_inside(value: str) -> None:
    body = quote_powershell(value)[1:-1]
    quotes = "'\u2018\u2019\u201a\u201b"
    at = 0
    while at < len(body):
        if body[at] in quotes:
            assert body[at + 1] in quotes
            at += 1
        at += 1


def test_json_is_what_credential_process_wants() -> None:
    assert json.loads(render(Format.JSON, Exported(credentials=CREDENTIALS, profile="a", region="r"))) == {
        "Version": 1,
        "AccessKeyId": "ASIA1",
        "SecretAccessKey": "se/cret+",
        "SessionToken": "tok==",
        "Expiration": "2030-01-02T03:04:05Z",
    }


@pytest.mark.parametrize(
    ("format_", "first"),
    [
        (Format.ENV, "AWS_ACCESS_KEY_ID=ASIA1"),
        (Format.EXPORT_ENV, "export AWS_ACCESS_KEY_ID=ASIA1"),
        (Format.FISH, "set -gx AWS_ACCESS_KEY_ID ASIA1"),
        (Format.POWERSHELL, "$Env:AWS_ACCESS_KEY_ID = 'ASIA1'"),
        (Format.DOTENV, "AWS_ACCESS_KEY_ID=ASIA1"),
    ],
)
def test_assignments(format_: Format, first: str) -> None:
    lines = render(format_, Exported(credentials=CREDENTIALS, profile="a", region="eu-west-1")).splitlines()
    assert lines[0] == first
    assert len(lines) == 6


EXPORTED = Exported(
    credentials=replace(LONG_LIVED, account_id="111111111111"),
    profile="a",
    region="eu-west-1",
    settings={"AWS_ENDPOINT_URL_S3": "http://x?a=b"},
    stray=("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID"),
)


@pytest.mark.parametrize(
    ("format_", "lines"),
    [
        (Format.EXPORT_ENV, ["export AWS_ENDPOINT_URL_S3='http://x?a=b'", "unset AWS_PROFILE AWS_SESSION_TOKEN"]),
        (
            Format.FISH,
            ["set -gx AWS_ENDPOINT_URL_S3 'http://x?a=b'", "begin; for pv_name in AWS_PROFILE AWS_SESSION_TO"],
        ),
        (
            Format.POWERSHELL,
            [
                "$Env:AWS_ENDPOINT_URL_S3 = 'http://x?a=b'",
                "Remove-Item -ErrorAction SilentlyContinue 'Env:AWS_PROFILE', 'Env:AWS_SESSION_TOKEN'",
            ],
        ),
        (Format.ENV, ["AWS_DEFAULT_REGION=eu-west-1", "AWS_ENDPOINT_URL_S3='http://x?a=b'"]),
        (Format.DOTENV, ["AWS_DEFAULT_REGION=eu-west-1", "AWS_ENDPOINT_URL_S3='http://x?a=b'"]),
    ],
)
def test_what_a_shell_evaluates_unsets_what_is_left_over(format_: Format, lines: list[str]) -> None:
    written = render(format_, EXPORTED).splitlines()
    assert [line[: len(start)] for line, start in zip(written[-2:], lines, strict=True)] == lines
    assert any("AWS_ACCOUNT_ID" in line and "111111111111" in line for line in written[:3])


def test_programs_get_the_account_and_no_unset_lines() -> None:
    assert json.loads(render(Format.JSON, EXPORTED))["AccountId"] == "111111111111"
    assert render(Format.INI, EXPORTED) == (
        "[a]\naws_access_key_id=ABC\naws_secret_access_key=XYZ\naws_account_id=111111111111\nregion=eu-west-1\n"
    )


@pytest.mark.parametrize("format_", [Format.EXPORT_ENV, Format.FISH, Format.POWERSHELL])
def test_the_last_line_for_pv_assume_names_what_changes(format_: Format) -> None:
    mark, *names = names_line(format_, EXPORTED).split()
    assert mark in {":", "#"}
    assert names == [*EXPORTED.variables(), "AWS_PROFILE", "AWS_SESSION_TOKEN"]


def test_long_lived_credentials_have_no_token() -> None:
    assert (
        render(Format.ENV, Exported(credentials=LONG_LIVED, profile="a", region=None))
        == "AWS_ACCESS_KEY_ID=ABC\nAWS_SECRET_ACCESS_KEY=XYZ\n"
    )


@pytest.mark.parametrize("format_", [Format.ENV, Format.INI, Format.DOTENV])
@pytest.mark.parametrize("region", ["a\nb", "a\rb", "a\n", "a\x85b", "a\u2028b", "a\0"])
def test_line_formats_refuse_lines(format_: Format, region: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"AWS_|region"):
        render(format_, Exported(credentials=LONG_LIVED, profile="a", region=region))


@pytest.mark.parametrize("profile", ["a]\n[b", "a]", "x\ny"])
def test_a_profile_name_makes_no_section_of_its_own(profile: str) -> None:
    with pytest.raises(InvalidSettingError):
        render(Format.INI, Exported(credentials=LONG_LIVED, profile=profile, region=None))


@given(region=st.text(st.characters(blacklist_categories=["Cs"])))
def test_ini_stays_one_section(region: str) -> None:
    try:
        text = render(Format.INI, Exported(credentials=LONG_LIVED, profile="a", region=region))
    except InvalidSettingError:
        return
    parser = configparser.RawConfigParser(inline_comment_prefixes=None, strict=True)
    parser.read_string(text)
    assert parser.sections() == ["a"]
    assert set(parser["a"]) == {"aws_access_key_id", "aws_secret_access_key", "region"}


@pytest.mark.parametrize("value", ["it's", "back\\slash"])
def test_dotenv_refuses_what_its_readers_disagree_about(value: str) -> None:
    with pytest.raises(InvalidSettingError):
        render(Format.DOTENV, Exported(credentials=LONG_LIVED, profile="a", region=value))


def test_dotenv_quotes_the_rest() -> None:
    assert "AWS_REGION='$(x) #'\n" in render(
        Format.DOTENV, Exported(credentials=LONG_LIVED, profile="a", region="$(x) #")
    )


def test_an_error_holds_no_value() -> None:
    with pytest.raises(InvalidSettingError) as caught:
        render(Format.ENV, Exported(credentials=CREDENTIALS, profile="a", region="planted\nsecret"))
    assert "planted" not in str(caught.value)
