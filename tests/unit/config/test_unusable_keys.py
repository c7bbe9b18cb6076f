"""Keys in the AWS files that no service made: named by their line where they would be used, and no matter elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.config.config_file import ConfigFile
from pyvault.config.load import inspect_profile, load_profile
from pyvault.errors import InvalidSettingError

KEYS = b"[profile a]\naws_access_key_id = AKIAEXAMPLEEXAMPLE00\naws_secret_access_key = planted secret\n"


def config(text: bytes) -> ConfigFile:
    return ConfigFile.parse(text, Path("config"))


def test_a_key_with_a_blank_is_named_by_its_line_and_not_shown() -> None:
    with pytest.raises(
        InvalidSettingError, match=r"line 2: .*the secret access key is empty, or contains blanks"
    ) as caught:
        load_profile(config(KEYS), None, "a", {})
    assert "planted" not in caught.value.message


def test_it_stops_no_profile_whose_keys_are_stored() -> None:
    assert inspect_profile(config(KEYS), None, "a", {}, stored={"a"}).problem is None
