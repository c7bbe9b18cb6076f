"""The words of a browser command, on Windows and elsewhere."""

from __future__ import annotations

import pytest

from pyvault_cli.terminal.browser import split_for_windows


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (r"C:\Browsers\firefox.exe -P work", [r"C:\Browsers\firefox.exe", "-P", "work"]),
        (
            r'"C:\Program Files\Firefox\firefox.exe" -P "my work" %s',
            [r"C:\Program Files\Firefox\firefox.exe", "-P", "my work", "%s"],
        ),
        (r'chrome.exe --profile-directory="Profile 1"', ["chrome.exe", "--profile-directory=Profile 1"]),
        ("", []),
    ],
)
def test_a_command_is_split_as_windows_does(command: str, words: list[str]) -> None:
    assert split_for_windows(command) == words


def test_a_quote_that_does_not_close_is_an_error() -> None:
    with pytest.raises(ValueError, match="quotation"):
        split_for_windows('"C:\\Program Files\\firefox.exe')
