"""config.toml: small, strict, and never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault import settings
from pyvault.errors import ConfigError
from pyvault.settings import ToolConfig
from pyvault.storage.backend_options import check_options, flag_option, gather_options, parse_flags, seconds_option


def _load(tmp_path: Path, text: str) -> ToolConfig:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return settings.load(path)


def test_a_missing_file_says_nothing(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "none" / "config.toml") == ToolConfig()


def test_everything_it_knows(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        """
        [backend]
        name = "pass"
        [backend.pass]
        prefix = "aws"
        [backend.file]
        min_generation = 7
        auto = true
        [exec]
        hide_shared_config = true
        [login]
        browser = "firefox"
        [prompt]
        driver = "zenity"
        """,
    )
    assert config == ToolConfig(
        backend="pass",
        backend_options={"pass": {"prefix": "aws"}, "file": {"min_generation": "7", "auto": "true"}},
        hide_shared_config=True,
        browser="firefox",
        prompt="zenity",
    )


def test_a_backend_without_options_is_one_line(tmp_path: Path) -> None:
    assert _load(tmp_path, 'backend = "file"').backend == "file"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bakend = 'file'", "bakend"),
        ("backend = 3", "backend"),
        ("[backend]\nname = 3", "backend.name"),
        ("[backend]\nfile = 'x'", "backend.file"),
        ("[backend.file]\npath = ['x']", "backend.file.path"),
        ("[backend.file]\npath = 1.5", "backend.file.path"),
        ("[login]\nbrwser = 'x'", "login.brwser"),
        ("[exec]\nhide_shared_config = 'yes'", "exec.hide_shared_config"),
        ("[exec]\nhide = true", "exec.hide"),
        ("[plugins]\nallow = ['x']", "plugins"),
        ("login = 1", "login"),
        ("= 1", "TOML"),
    ],
)
def test_what_it_does_not_know_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    assert named in str(caught.value)


def test_unreadable_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        settings.load(tmp_path)
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        settings.load(tmp_path / "latin")


def test_the_command_line_wins_over_the_environment_over_the_file() -> None:
    options = gather_options(
        "secret-service",
        configured={"a": "file", "b": "file", "c": "file"},
        environ={
            "PYVAULT_BACKEND_SECRET_SERVICE__B": "environment",
            "PYVAULT_BACKEND_SECRET_SERVICE__C": "environment",
            "PYVAULT_BACKEND_PASS__A": "another backend",
            "PYVAULT_BACKEND": "pass",
            "PYVAULT_FILE": "not its option",
        },
        flags={"c": "flag"},
    )
    assert options == {"a": "file", "b": "environment", "c": "flag"}


def test_the_vault_file_has_short_names() -> None:
    environ = {"PYVAULT_FILE": "/x", "PYVAULT_KEYFILE": "", "PYVAULT_BACKEND_FILE__PATH": "/y", "PYVAULT_KDF": "min"}
    assert gather_options("file", configured={}, environ=environ, flags={}) == {"path": "/y", "kdf": "min"}


def test_flags_have_a_key_and_a_value() -> None:
    assert parse_flags(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    for bad in ("a", "=b"):
        with pytest.raises(ConfigError):
            parse_flags([bad])


def test_backends_refuse_unknown_options() -> None:
    with pytest.raises(ConfigError, match="'pth'") as caught:
        check_options("file", {"pth": "x"}, known={"path"})
    assert caught.value.hint == "it has path"


def test_flags_and_seconds_are_checked() -> None:
    assert flag_option("x", {"a": "Yes"}, "a")
    assert not flag_option("x", {}, "a")
    assert seconds_option("x", {"t": "2.5"}, "t", 9) == 2.5
    for bad in ("nan", "-1", "0", "1e9", "soon"):
        with pytest.raises(ConfigError):
            seconds_option("x", {"t": bad}, "t", 9)
    with pytest.raises(ConfigError):
        flag_option("x", {"a": "maybe"}, "a")
