"""The view of the shared files: nothing for a program that names no profile, everything as before for one that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from aws_profiles import CONFIG_PATH, CREDENTIALS_PATH
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConfigError
from pyvault.sharedfiles.hidden_default import Hidden, hide_default
from pyvault.sharedfiles.obstacles import find_obstacles, is_obstacle

VALUES = st.sampled_from(["x", "default", "a=b", "run # it", "'q' \\", "é", "[x]", "pyvault-default"])
SOURCE = st.sampled_from(
    ["role_arn", "credential_process", "sso_session", "aws_access_key_id", "AWS_Secret_Access_Key"]
)
KEYS = SOURCE | st.sampled_from(["region", "output", "source_profile", "mfa_serial", "aws_account_id"])
NESTED = st.lists(st.sampled_from(["max_queue_size = 1", "role_arn = nested", "  deeper = y"]), min_size=1, max_size=2)
CONTINUED = st.lists(st.sampled_from(["goes on", "goes = on", "role_arn = z"]), max_size=2)


@st.composite
def sections(draw: st.DrawFn, names: list[str]) -> str:
    lines: list[str] = []
    for name in names:
        if not draw(st.booleans()):
            continue
        lines += [draw(st.sampled_from(["", "# note", "; [default]"])), f"[{name}]"]
        for key in draw(st.lists(KEYS, unique_by=str.lower, max_size=5)):
            lines.append(f"{key}{draw(st.sampled_from([' = ', '=', ':']))}{draw(VALUES)}")
            if draw(st.integers(0, 4)) == 0:
                lines += ["# between", *(f"   {more}" for more in draw(CONTINUED))]
        if draw(st.integers(0, 3)) == 0:
            lines += ["s3 =", *(f"  {inner}" for inner in draw(NESTED))]
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, draw(st.sampled_from(["", "# the end"]))])


CONFIGS = st.one_of(
    sections(["profile a", "default", "profile b", "services s"]), sections(["profile a", "profile default"])
)
CREDENTIALS = sections(["a", "default", "c"])


def as_botocore_reads(directory: Path, config: bytes, credentials: bytes) -> dict[str, dict[str, Any]]:
    (directory / "config").write_bytes(config)
    (directory / "credentials").write_bytes(credentials)
    session = Session()
    session.set_config_variable("config_file", str(directory / "config"))
    session.set_config_variable("credentials_file", str(directory / "credentials"))
    profiles: dict[str, dict[str, Any]] = session.full_config["profiles"]
    return profiles


def hidden(config: bytes, credentials: bytes) -> Hidden:
    return hide_default(ConfigFile.parse(config, CONFIG_PATH), ConfigFile.parse(credentials, CREDENTIALS_PATH))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws")


@settings(max_examples=150)
@given(config=CONFIGS, credentials=CREDENTIALS)
def test_every_profile_but_default_is_what_it_was(config: str, credentials: str, directory: Path) -> None:
    view = hidden(config.encode(), credentials.encode())
    before = as_botocore_reads(directory, config.encode(), credentials.encode())
    after = as_botocore_reads(directory, view.config, view.credentials)
    if view.stand_in is None:
        assert (view.config, view.credentials) == (config.encode(), credentials.encode())
        assert not any(map(is_obstacle, before.get("default", {})))
        return
    for keys in before.values():
        if keys.get("source_profile") == "default":
            keys["source_profile"] = view.stand_in
    held = before.pop("default")
    assert after.pop(view.stand_in) == held
    left = after.pop("default")
    assert left.items() <= held.items() or any("role_arn" in str(value) for value in held.values())
    assert not any(map(is_obstacle, left))
    assert {key for key in held if not is_obstacle(key)} == set(left)
    assert after == before


@given(config=CONFIGS, credentials=CREDENTIALS)
def test_the_view_holds_nothing_more_to_hide(config: str, credentials: str) -> None:
    view = hidden(config.encode(), credentials.encode())
    both = ConfigFile.parse(view.config, CONFIG_PATH), ConfigFile.parse(view.credentials, CREDENTIALS_PATH)
    assert find_obstacles(*both) == ()


def test_every_other_byte_stays() -> None:
    config = (
        b"\xef\xbb\xbf# mine\n[default]\nregion = eu-west-1\ncredential_process = a \\\n  b\n# note\n   c\noutput = json\n"
        b"[profile p]\r\nrole_arn = r\nsource_profile = 'default' ; yes\n[profile q]\nsource_profile=default"
    )
    view = hidden(config, b"[default]\r\naws_access_key_id: A\r\nregion=x\r\n[o]\r\nsource_profile = defaults\r\n")
    assert view.config == (
        b"\xef\xbb\xbf# mine\n[default]\nregion = eu-west-1\n# note\noutput = json\n"
        b"[profile p]\r\nrole_arn = r\nsource_profile = 'pyvault-default' ; yes\n"
        b"[profile q]\nsource_profile=pyvault-default\r\n"
        b"\r\n[profile pyvault-default]\r\nregion = eu-west-1\ncredential_process = a \\\n  b\n   c\noutput = json\n"
    )
    assert view.credentials == (
        b"[default]\r\nregion=x\r\n[o]\r\nsource_profile = defaults\r\n"
        b"\r\n[pyvault-default]\r\naws_access_key_id: A\r\nregion=x\r\n"
    )


def test_a_name_that_is_taken_is_left_alone() -> None:
    view = hidden(b"[default]\nrole_arn = x\n[profile pyvault-default]\nrole_arn = y\n", b"# pyvault-default-2\n")
    assert view.stand_in == "pyvault-default-3"


def test_blocks_that_repeat_are_all_cleaned_and_all_kept() -> None:
    view = hidden(b"[default]\nrole_arn = x\n[profile a]\n[default]\nsso_session = s\nregion = r\n", b"")
    assert view.config == (
        b"[default]\n[profile a]\n[default]\nregion = r\n"
        b"\n[profile pyvault-default]\nrole_arn = x\nsso_session = s\nregion = r\n"
    )
    assert view.credentials == b""


def test_of_two_sections_for_default_the_one_that_wins_is_kept() -> None:
    view = hidden(b"[default]\nrole_arn = x\n[profile default]\nsso_session = s\n", b"")
    assert view.config == b"[default]\n[profile default]\n\n[profile pyvault-default]\nsso_session = s\n"


def test_what_is_in_every_section_can_not_be_hidden() -> None:
    with pytest.raises(ConfigError, match=r"line 2, \[DEFAULT\] can't be hidden"):
        hidden(b"[DEFAULT]\nrole_arn = x\n[default]\nregion = y\n", b"")


def test_it_does_not_show_what_it_holds() -> None:
    assert repr(hidden(b"[default]\naws_secret_access_key = s3cret\n", b"")) == "Hidden(stand_in='pyvault-default')"


@pytest.mark.parametrize(
    ("config", "credentials", "header"),
    [
        ("[default]", "", "[profile pyvault-default]"),
        ("[profile 'default' ] ; mine", "", "[profile pyvault-default]"),
        ("[ profile default ]", "", "[ profile pyvault-default]"),
        ("[default ]", "", "[ profile pyvault-default]"),
        ("", "[default]", "[pyvault-default]"),
        ("", "[ default]", "[ pyvault-default]"),
        ("", "[profile default]", "[profile pyvault-default]"),
    ],
)
def test_who_passes_over_the_section_passes_over_what_stands_in_for_it(
    config: str, credentials: str, header: str
) -> None:
    one, other = (f"{text}\nrole_arn = x\n".encode() if text else b"" for text in (config, credentials))
    view = hidden(one, other)
    assert (view.config or view.credentials).decode().splitlines()[-2:] == [header, "role_arn = x"]
