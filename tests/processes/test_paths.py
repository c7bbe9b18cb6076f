"""A home directory that isn't there is an error that says what to set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyvault.errors import ConfigError
from pyvault.paths import expand_user
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.unlock.passphrase_sources import passphrase_from_environment

NOBODY = "~nobody-is-called-so/x"


def test_a_tilde_is_the_home_directory() -> None:
    assert expand_user("~/x") == Path.home() / "x"


@pytest.mark.parametrize("option", ["path", "keyfile", "passphrase_file"])
def test_the_home_of_nobody_is_named_in_an_option(option: str) -> None:
    with pytest.raises(ConfigError, match=f"the home directory in '{NOBODY}' can't be found"):
        VaultSettings.parse({option: NOBODY})


def test_the_home_of_nobody_is_named_in_a_variable() -> None:
    source = passphrase_from_environment({"PYVAULT_PASSPHRASE_FILE": NOBODY})
    assert source is not None
    with pytest.raises(ConfigError, match=f"the home directory in '{NOBODY}' can't be found"):
        source()


@pytest.mark.skipif(sys.platform == "win32", reason="a home is a variable of POSIX")
def test_a_user_without_a_home_is_told_what_to_set() -> None:
    # A relative HOME counts as none, and a user of this number has no other: as in many containers.
    script = "import os, pwd; pwd.getpwuid = {}.__getitem__; from pyvault_cli.main import run; raise SystemExit(run(['list']))"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 5, ended.stderr
    assert "this user has no home directory" in ended.stderr
    assert "set HOME" in ended.stderr
