"""What a failed export prints, by the words of its line."""

from __future__ import annotations

import pytest

from pyvault_cli.shells.failing_output import failing_command, run_for_shell

THROW = "throw 'pyvault export failed; no variable was changed'\n"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("export --format export-env a", "false\n"),
        ("export a --format=export-env", "false\n"),
        ("export --format fish a", "false\n"),
        ("export --format powershell a", THROW),
        ("export --assign export-env a", "false\n"),
        ("export --format env --format fish a", "false\n"),
        ("export a --format export-env --no-such-option", "false\n"),
        ("--no-input export --format export-env", "false\n"),
        ("--backend file --debug export -d 1h --format fish -- a", "false\n"),
        ("export --format exportenv a", "false\n"),
        ("export a --format", "false\n"),
        ("export a --format=", "false\n"),
        ("export a", None),
        ("export --format json a", None),
        ("export --format fish --format dotenv a", None),
        ("export -- --format fish", None),
        ("exec export --format fish", None),
        ("exec a export --format export-env", None),
        ("vault export --format fish", None),
        ("--backend export --format fish", None),
        ("explain export", None),
        ("", None),
    ],
)
def test_what_a_shell_may_evaluate_ends_in_a_failure(line: str, printed: str | None) -> None:
    assert failing_command(line.split(), {}) == printed


@pytest.mark.parametrize(
    ("form", "printed"), [("export-env", "exit 1\n"), ("fish", "false\n"), ("powershell", THROW), ("json", None)]
)
def test_direnv_needs_an_exit(form: str, printed: str | None) -> None:
    assert failing_command(["export", "--format", form], {"DIRENV_IN_ENVRC": "1"}) == printed


@pytest.mark.parametrize(
    ("code", "printed"), [(0, ""), (2, "false\n"), (5, "false\n"), (70, "false\n"), (130, "false\n")]
)
def test_every_exit_code_but_0_prints_it_and_stays(code: int, printed: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_for_shell(["export", "--format", "fish"], lambda _: code) == code
    assert capfd.readouterr().out == printed
