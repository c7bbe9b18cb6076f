"""The command that adds a library, by what has installed pyvault."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.storage.how_to_add import how_to_add


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("pipx_metadata.json", "{}", "pipx inject pyvault-aws keyring"),
        ("uv-receipt.toml", "", "uv tool install --with keyring pyvault-aws"),
        ("pyvenv.cfg", "home = /usr\nuv = 0.9\n", "uv pip install --python '/my env/python' keyring"),
        ("pyvenv.cfg", "home = /usr\n", "'/my env/python' -m pip install keyring"),
        ("nothing", "", "'/my env/python' -m pip install keyring"),
    ],
)
def test_each_installer_has_its_own(tmp_path: Path, file: str, text: str, command: str) -> None:
    (tmp_path / file).write_text(text)
    assert how_to_add("keyring", prefix=tmp_path, python="/my env/python") == command
