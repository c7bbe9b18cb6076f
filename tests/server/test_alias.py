"""The commands that add and remove the metadata address, by system."""

from __future__ import annotations

import os

import pytest

from pyvault.errors import ConfigError
from pyvault.server.metadata_address.address_alias import alias_commands, find_system_program, is_local
from pyvault.server.metadata_address.privileged_listener import as_root, proxy_argv


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_both_commands_name_the_one_address(platform: str) -> None:
    commands = alias_commands(platform)
    for argv in (commands.add, commands.remove):
        assert sum("169.254.169.254" in word for word in argv) == 1
        assert "/" not in argv[0]  # found among the system's programs, not by PATH
    assert "255.255.255.255" in commands.add or "169.254.169.254/32" in commands.add  # one address, no net


def test_an_unknown_system_is_an_error() -> None:
    with pytest.raises(ConfigError, match="plan9"):
        alias_commands("plan9")


def test_what_is_local() -> None:
    assert is_local("127.0.0.1")
    assert not is_local("192.0.2.1")  # TEST-NET-1, RFC 5737


def test_programs_are_not_looked_up_in_path(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_system_program("sh") in {"/usr/bin/sh", "/bin/sh"}
    with pytest.raises(ConfigError):
        find_system_program("no-such-program-of-the-system")


def test_without_sudo_there_is_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ConfigError, match="sudo was not found"):
        as_root(proxy_argv(), sudo_paths=["/no/such/sudo"])
