"""A user's directories are where platformdirs says; on Linux without importing it."""

from __future__ import annotations

import sys
from pathlib import Path

import platformdirs
import pytest

from pyvault.paths import GivenEnvironment, find_cache, find_paths, moved_home


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="platformdirs itself is asked there")
@pytest.mark.parametrize("home", ["/home/ann", "/home/ann/", "/", "relative", "", None])
@pytest.mark.parametrize("base", ["/elsewhere", "/else//where/", "relative", "~/x", "", None])
def test_directories_are_those_of_platformdirs(
    home: str | None, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"), base)
    for name, value in {"HOME": home, **bases}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    paths = find_paths({})
    assert paths.config_file.parent == platformdirs.user_config_path("pyvault", appauthor=False)
    assert paths.data == platformdirs.user_data_path("pyvault", appauthor=False)
    assert paths.state == platformdirs.user_state_path("pyvault", appauthor=False)
    assert find_cache({}) == platformdirs.user_cache_path("pyvault", appauthor=False)


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="another place there")
def test_the_cache_of_a_given_environment_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/of/the/process")
    assert find_cache(GivenEnvironment(HOME="/given")) == Path("/given/.cache/pyvault")
    assert find_cache(GivenEnvironment(HOME="/given", XDG_CACHE_HOME="/cache")) == Path("/cache/pyvault")
    moved = GivenEnvironment(moved_home({"HOME": "/old", "XDG_CACHE_HOME": "/cache"}, "/new"))
    assert find_cache(moved) == Path("/new/.cache/pyvault")
