"""aws-vault's table, to the blank."""

from __future__ import annotations

from pyvault_cli.terminal.table import aligned, aws_vault_table


def test_the_table_of_aws_vault() -> None:
    assert aws_vault_table([("jonsmith", "jonsmith", "sts.GetSessionToken:59m58s, oidc:my-sso")]) == (
        "Profile                  Credentials              Sessions                                 \n"
        "=======                  ===========              ========                                 \n"
        "jonsmith                 jonsmith                 sts.GetSessionToken:59m58s, oidc:my-sso  \n"
    )


def test_empty() -> None:
    assert aws_vault_table([]) == (
        "Profile                  Credentials              Sessions                 \n"
        "=======                  ===========              ========                 \n"
    )


def test_control_characters_are_escaped() -> None:
    text = aligned([("a\x1b]0;evil\x07", "b\u202eevil")])
    assert "\x1b" not in text
    assert "\\x1b]0;evil\\x07" in text
    assert "\\u202eevil" in text


def test_at_a_terminal_wide_characters_are_two_cells_and_no_line_ends_in_blanks() -> None:
    rows = [("日本", "stored", ""), ("e\u0301t\u00e9", "", "x"), ("base", "stored", "x")]
    assert aws_vault_table(rows, width=80) == (
        "Profile                  Credentials              Sessions\n"
        "=======                  ===========              ========\n"
        "日本                     stored\n"
        "e\u0301t\u00e9                                               x\n"
        "base                     stored                   x\n"
    )
    assert aws_vault_table(rows).splitlines()[2] == "日本".ljust(25) + "stored".ljust(25) + " " * 25
