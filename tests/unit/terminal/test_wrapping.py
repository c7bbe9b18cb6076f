"""Lines, tables and the help on screens of 80 and of 40 columns."""

from __future__ import annotations

import pytest

from pyvault_cli.commandline import command_table
from pyvault_cli.terminal.cell_width import cells
from pyvault_cli.terminal.table import aligned, aws_vault_table
from pyvault_cli.terminal.wrapping import fitted, question, wrapped


@pytest.mark.parametrize(
    ("line", "width", "parts"),
    [
        ("one two three", 13, ["one two three"]),
        ("one two three", 12, ["one two", "three"]),
        ("one  two   three", 9, ["one  two", "three"]),
        ("a 'pyvault list --json' b", 12, ["a", "'pyvault list --json'", "b"]),  # a command is pasted as a whole
        ("can't do what isn't there", 10, ["can't do", "what isn't", "there"]),
        (
            "see https://example.test/a-very-long-address now",
            20,
            ["see", "https://example.test/a-very-long-address", "now"],
        ),
        ("日本 日本 日本", 9, ["日本 日本", "日本"]),
        ("  lead and more", 8, ["  lead", "and more"]),
        ("", 5, [""]),
    ],
)
def test_a_line_is_broken_between_words(line: str, width: int, parts: list[str]) -> None:
    assert wrapped(line, width) == parts


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("repeat passphrase", 19, "repeat passphrase: "),
        ("repeat passphrase " * 20 + "now", None, "repeat passphrase " * 20 + "now: "),
        ("repeat passphrase", 18, "repeat\npassphrase: "),
        ("passphrase for '/a/long path/vault.pyv'", 30, "passphrase for\n'/a/long path/vault.pyv': "),
        ("Replace what is stored for 'x'? (y|N)", 24, "Replace what is stored\nfor 'x'? (y|N): "),
    ],
)
def test_a_question_is_broken_between_words_and_leaves_room_for_a_blank(
    text: str, width: int | None, shown: str
) -> None:
    assert question(text, width) == shown


def test_what_belongs_to_a_line_stands_below_it() -> None:
    text = "profile x\n 1 stored\n   |   why: the keys are in the vault\n\nsettings\n   region   eu-west-1  (here)\n"
    assert fitted(text, 24) == (
        "profile x\n 1 stored\n   |   why: the keys are\n   |     in the vault\n\n"
        "settings\n   region   eu-west-1\n     (here)\n"
    )


ROWS = [
    ("prod-administrator", "prod-administrator", "sts.GetSessionToken:59m59s, sts.AssumeRole:59m59s"),
    ("b", "-", "-"),
]


@pytest.mark.parametrize("width", [120, 80, 60, 40, 20])
def test_a_table_fits_and_pads_nothing(width: int) -> None:
    lines = aws_vault_table(ROWS, width=width).splitlines()
    assert all(line and line == line.rstrip() for line in lines)
    assert all(cells(line) <= width or " " not in line.strip() for line in lines), lines
    words = " ".join(lines).split()
    assert {"prod-administrator", "sts.AssumeRole:59m59s", "b"} <= set(words)


def test_without_room_for_columns_the_cells_stand_below_each_other() -> None:
    assert aws_vault_table([("prod", "prod", "oidc:corp"), ("dev", "-", "-")], width=20) == (
        "prod\n  Credentials: prod\n  Sessions:\n    oidc:corp\ndev\n  Credentials: -\n  Sessions: -\n"
    )
    assert aligned([("Name", "From"), ("a" * 12, "here and there")], width=24) == (
        "aaaaaaaaaaaa\n  From: here and there\n"
    )


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("group", ["", "vault", "sso"])
def test_the_help_fits(group: str, width: int) -> None:
    text = command_table.help_text(group, width=width)
    assert max(map(len, text.splitlines())) <= max(width, 57)  # the usage line itself
    for name, (_, says) in command_table.COMMANDS.items():
        if name.startswith(group) and name not in command_table.HIDDEN:
            assert says in " ".join(text.split())
