"""Where our reader and botocore's mean the same syntax, they read the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import build_profile_map, load_config, raw_config_parse
from hypothesis import given, settings
from hypothesis import strategies as st

from pyvault.config.append import append_profile
from pyvault.config.config_file import ConfigFile
from pyvault.config.syntax import Entry

WORDS = st.text(alphabet="abcXYZ019_-./:=#;'\"\\%$()é ", min_size=0, max_size=12).map(str.strip)
#: Not shared: inline comments (botocore has none) and a final backslash (ours goes on).
VALUES = WORDS.filter(lambda text: " #" not in f" {text}" and " ;" not in f" {text}" and not text.endswith("\\"))
KEYS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,8}", fullmatch=True)
NAMES = st.from_regex(r"[a-zA-Z0-9_.@/+-]{1,8}", fullmatch=True)
NESTED = st.dictionaries(KEYS.map(str.lower), VALUES, min_size=1, max_size=3)
ENTRIES = st.dictionaries(KEYS.map(str.lower), VALUES | NESTED, max_size=4)
HEADERS = st.one_of(
    NAMES.map(lambda name: f"profile {name}"),
    NAMES.map(lambda name: f'profile "{name} x"'),
    NAMES.map(lambda name: f"profile '{name} y'"),
    NAMES.map(lambda name: f"sso-session {name}"),
    NAMES.map(lambda name: f"services {name}"),
    st.just("default"),
    st.just("plugins"),
)
COMMENTS = st.sampled_from(["", "# note = 1", "; [profile x]", "   # deep"])


@st.composite
def config_texts(draw: st.DrawFn) -> str:
    lines: list[str] = []
    for header, entries in draw(st.dictionaries(HEADERS, ENTRIES, max_size=5)).items():
        lines += [draw(COMMENTS), f"[{header}]"]
        indent = draw(st.sampled_from(["", "  "]))
        for key, value in entries.items():
            lines.append(draw(COMMENTS))
            delimiter = draw(st.sampled_from([" = ", "=", " : ", ":"]))
            if isinstance(value, str):
                lines.append(f"{indent}{key}{delimiter}{value}")
            else:
                lines.append(f"{indent}{key}{delimiter}")
                lines += [f"{indent}    {inner} = {text}" for inner, text in value.items()]
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, ""])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aws") / "config"


def as_botocore_shows(entries: Mapping[str, Entry]) -> dict[str, Any]:
    return {key: dict(entry.nested) or entry.value for key, entry in entries.items()}


@settings(max_examples=40)
@given(text=config_texts())
def test_the_same_profiles_keys_and_values(text: str, path: Path) -> None:
    path.write_bytes(text.encode())
    config = ConfigFile.load(path)
    theirs = raw_config_parse(str(path))
    assert {section.header: as_botocore_shows(section.entries) for section in config.sections} == theirs
    named = build_profile_map(theirs)
    for name, entries in named["profiles"].items():
        found = config.find_profile(name)
        assert found is not None
        assert as_botocore_shows(found) == entries
    assert set(config.sso_sessions()) == set(named["sso_sessions"])


def test_a_profile_we_append_is_one_for_botocore(tmp_path: Path) -> None:
    path = tmp_path / "config"
    names = ["plain", "a b", "it's", 'say "x"', "back\\slash", "a.b@c/d+e"]
    config = ConfigFile.load(path)
    for name in names:
        config = append_profile(config, name, {"region": "eu-west-1", "credential_process": "a --b='c d'"})
    theirs = load_config(str(path))["profiles"]
    assert set(theirs) == set(names)
    assert all(profile["region"] == "eu-west-1" for profile in theirs.values())
