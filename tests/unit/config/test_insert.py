"""Settings that are written into a profile, and no other byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.config.config_file import ConfigFile
from pyvault.config.insert import add_settings, with_settings
from pyvault.errors import ConflictError, InvalidSettingError

PATH = Path("/home/me/.aws/config")
NEW = {"login_session": "arn:aws:iam::123456789012:user/me"}
LINE = "login_session = arn:aws:iam::123456789012:user/me"


def written(text: str, name: str = "p", settings: dict[str, str] = NEW) -> str:
    return with_settings(ConfigFile.parse(text.encode(), PATH), name, settings).data.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[profile p]\nregion = x\n", f"[profile p]\n{LINE}\nregion = x\n"),
        ("[profile p]", f"[profile p]\n{LINE}\n"),
        ("[profile p]\r\nregion = x\r\n", f"[profile p]\r\n{LINE}\r\nregion = x\r\n"),
        ("# top\n[profile 'p'] # mine\n\n# end", f"# top\n[profile 'p'] # mine\n{LINE}\n\n# end"),
        ("\ufeff[profile p]\na = b\n", f"\ufeff[profile p]\n{LINE}\na = b\n"),
        ("[a]\nx = 1\n  [profile p]\n[profile p]\n", f"[a]\nx = 1\n  [profile p]\n[profile p]\n{LINE}\n"),
        ("[profile q]\n", f"[profile q]\n\n[profile p]\n{LINE}\n"),
        ("", f"[profile p]\n{LINE}\n"),
        (f"[profile p]\n{LINE}\n", f"[profile p]\n{LINE}\n"),
    ],
)
def test_a_setting_goes_below_the_header_and_every_other_byte_stays(before: str, after: str) -> None:
    assert written(before) == after


def test_a_setting_with_another_value_stays() -> None:
    with pytest.raises(ConflictError, match="line 2: profile 'p' has another login_session already"):
        written("[profile p]\nlogin_session = arn:aws:iam::123456789012:user/her\n")


def test_a_value_that_would_read_back_as_something_else_is_refused() -> None:
    with pytest.raises(InvalidSettingError):
        written("[profile p]\n", settings={"login_session": "a\ncredential_process = evil"})
    with pytest.raises(InvalidSettingError):
        written("[profile p]\n  indented = by hand\n")


def test_the_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("[profile p]\n")
    path.chmod(0o644)
    add_settings(ConfigFile.load(path), "p", NEW)
    assert path.read_text() == f"[profile p]\n{LINE}\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["config"]
