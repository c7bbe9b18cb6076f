"""What Tab offers, decided without a vault."""

from __future__ import annotations

import pytest

from pyvault_cli.commandline.completion import candidates, child_start
from pyvault_cli.commands.vault.copies import To

COMMANDS = ["exec", "export", "list", "vault slot add", "vault slot list", "vault info", "vault export", "migrate"]
OPTIONS = {"--format": True, "--to": True, "--duration": True, "-n": False, "--backend": True, "--debug": False}


def offered(*words: str) -> list[str]:
    return candidates(
        words,
        commands=COMMANDS,
        options=lambda path: OPTIONS,
        profiles=lambda: ["prod", "prod eu", "dev", "bad\nname"],
        backends=lambda: ["file", "memory"],
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["exec", "export", "list", "migrate", "vault"]),
        (("ex",), ["exec", "export"]),
        (("vault", ""), ["export", "info", "slot"]),
        (("vault", "slot", "l"), ["list"]),
        (("--debug", "vault", "sl"), ["slot"]),
        (("exec", ""), ["prod", "prod eu", "dev"]),
        (("exec", "p"), ["prod", "prod eu"]),
        (("--backend", "file", "exec", "d"), ["dev"]),
        (("exec", "-n", "p"), ["prod", "prod eu"]),
        (("exec", "--duration", "1h", "d"), ["dev"]),
        (("exec", "--duration", ""), []),
        (("export", "--format", "e"), ["env", "export-env"]),
        (("exec", "--backend", ""), ["file", "memory"]),
        (("--backend", "f"), ["file"]),
        (("migrate", "--to", ""), ["file", "memory"]),
        (("vault", "export", "new.pyv", "--to", ""), ["keyfile", "passphrase"]),
        (("vault", "export", "--to", "k"), ["keyfile"]),
        (("vault", "export", "--backend", ""), ["file", "memory"]),
        (("exec", "--d"), ["--debug", "--duration"]),
        (("list", ""), []),
        (("nonsense", ""), ["exec", "export", "list", "migrate", "vault"]),
    ],
)
def test_what_is_offered(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def start(*words: str) -> int | None:
    return child_start(words, menu=COMMANDS, aliases={}, valued=lambda path: {"--duration", "-d", "-t"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("exec", ""), None),
        (("exec", "prod"), None),
        (("exec", "prod", ""), 2),
        (("exec", "prod", "aw"), 2),
        (("exec", "prod", "aws", "s3"), 2),
        (("exec", "prod", "aws", "--", "s3"), 2),
        (("exec", "prod", "--"), None),
        (("exec", "prod", "--", ""), 3),
        (("exec", "prod", "--", "aws", "--re"), 3),
        (("exec", "--", ""), 2),
        (("exec", "prod", "--no-in"), None),
        (("exec", "prod", "--duration", ""), None),
        (("exec", "-nd", "1h", "prod", ""), 4),
        (("--backend", "file", "exec", "prod", ""), 4),
        (("exec", "prod", "--region=", ""), 3),
        (("export", "prod", ""), None),
        (("export", "--", "exec", "prod", ""), None),
        (("nonsense", "exec", "prod", ""), None),
        ((), None),
    ],
)
def test_where_the_command_of_exec_begins(words: tuple[str, ...], expected: int | None) -> None:
    assert start(*words) == expected


def test_what_is_offered_for_an_exported_file_is_what_the_command_takes() -> None:
    assert offered("vault", "export", "new.pyv", "--to", "") == [*To]
