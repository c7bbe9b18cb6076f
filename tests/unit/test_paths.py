"""A user's directories are where platformdirs says; on Linux without importing it."""

from __future__ import annotations

import sys

import platformdirs
import pytest

from pyvault.paths import find_paths


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="platformdirs itself is asked there")
@pytest.mark.parametrize("home", ["/home/ann", "/home/ann/", "/", "relative", "", None])
@pytest.mark.parametrize("base", ["/elsewhere", "/else//where/", "relative", "~/x", "", None])
def test_directories_are_those_of_platformdirs(
    home: str | None, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"), base)
    for name, value in {"HOME": home, **bases}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    paths = find_paths({})
    assert paths.config_file.parent == platformdirs.user_config_path("pyvault", appauthor=False)
    assert paths.data == platformdirs.user_data_path("pyvault", appauthor=False)
    assert paths.state == platformdirs.user_state_path("pyvault", appauthor=False)
