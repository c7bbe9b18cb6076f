"""The entry point: versions, help, errors, and the ends of pipes and processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import PYVAULT, Pyvault, clean_environ
from pyvault.errors import WrongKeyError
from pyvault.version import __version__
from pyvault_cli import main
from pyvault_cli.commandline import command_table, typer_parser
from pyvault_cli.commandline.parameters import load_command


@pytest.mark.parametrize(
    "words", [["--version"], ["version"], ["--debug", "--version"], ["vault", "info", "--version"]]
)
def test_version(pyvault: Pyvault, words: list[str]) -> None:
    ended = pyvault(*words)
    assert (ended.code, ended.out, ended.err) == (0, f"pyvault {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(pyvault: Pyvault, words: list[str]) -> None:
    ended = pyvault(*words)
    assert (ended.code, ended.err) == (0, "")
    for command, (_, text) in command_table.COMMANDS.items():
        if command in command_table.HIDDEN:
            continue
        assert f"  {command} " in ended.out
        assert text in " ".join(ended.out.split())
    assert "\x1b" not in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize("path", command_table.COMMANDS)
def test_every_command_has_a_help_of_its_own(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*path.split(), "--help"]) == 0
    shown = capsys.readouterr()
    assert f"Usage: pyvault {path}" in shown.out
    assert not re.search(r"<[a-z]+>", shown.out)  # a value is called what it is, not by a type of Python
    assert command_table.COMMANDS[path][1].lower() in shown.out.replace("\n ", "").lower()
    assert shown.err == ""


def test_a_help_says_what_the_first_line_can_not(pyvault: Pyvault) -> None:
    shown = pyvault("import", "aws-vault", "--help").out
    assert "--from names a store" in shown


@pytest.mark.parametrize("path", command_table.COMMANDS)
def test_no_option_of_a_command_hides_a_global_one(path: str) -> None:
    from pyvault_cli.commandline.arguments import SWITCHES, VALUED

    options = {name for each in load_command(path).parameters for name in (*each.names, *each.off)}
    assert options & {*SWITCHES, *VALUED} == set()


#: Source: aws-vault's usage text; its parser takes --no-FLAG for each.
SWITCHES_OF_AWS_VAULT = {
    "add": "env add-config",
    "remove": "force sessions-only",
    "list": "profiles sessions credentials",
    "rotate": "no-session",
    "exec": "no-session json ecs-server server ec2-server lazy stdout profile-env",
    "export": "no-session stdout",
    "login": "no-session auto-logout stdout",
    "migrate": "dry-run overwrite delete-source",
}
NEEDED = {"add": ["x"], "remove": ["x"], "migrate": ["--from", "a", "--to", "b"]}


@pytest.mark.parametrize("path", SWITCHES_OF_AWS_VAULT)
def test_every_switch_of_aws_vault_can_be_taken_back(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_VAULT_STDOUT", "AWS_VAULT_PROFILE_ENV", "AWS_VAULT_AUTO_LOGOUT"):
        monkeypatch.setenv(name, "true")
    for switch in SWITCHES_OF_AWS_VAULT[path].split():
        command = typer_parser.build(load_command(path))
        (parameter,) = (one for one in command.params if f"--{switch}" in one.opts)
        words = [*NEEDED.get(path, []), f"--{switch}", f"--no-{switch}"]
        typer_parser.let_negate(command, words)
        with command.make_context(path, list(words)) as parsed:
            assert parsed.params[str(parameter.name)] is False, switch
        with command.make_context(path, words[::-1] if len(words) == 2 else [*words, f"--{switch}"]) as parsed:
            assert parsed.params[str(parameter.name)] is True, switch


def test_no_help_tells_of_what_can_be_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["exec", "--help"]) == 0
    assert "--no-no-session" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "env", "named"),
    [
        (["list"], {"AWS_VAULT_PROMPT": "nosuch"}, "AWS_VAULT_PROMPT: there is no prompt called 'nosuch'"),
        (["list", "--prompt", "nosuch"], {}, "--prompt: there is no prompt called 'nosuch'"),
        (["--prompt=pass", "exec", "x", "--", "true"], {"AWS_VAULT_PROMPT": "terminal"}, "--prompt: there is no"),
    ],
)
def test_a_prompt_that_there_is_none_of_is_told_at_once(
    pyvault: Pyvault, words: list[str], env: dict[str, str], named: str
) -> None:
    ended = pyvault(*words, env=env)
    assert (ended.code, named in ended.err, "the prompts are terminal, " in ended.err) == (2, True, True), ended.err


def test_a_good_prompt_overrides_a_bad_variable_and_help_needs_none(pyvault: Pyvault) -> None:
    bad = {"AWS_VAULT_PROMPT": "nosuch"}
    assert pyvault("list", "--prompt", "zenity", env=bad).code == 0
    assert pyvault("--help", env=bad).code == 0
    assert "no prompt" not in pyvault("complete", env=bad).err, "nobody is told anything at the tab key"


def test_without_a_command(pyvault: Pyvault) -> None:
    ended = pyvault()
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: pyvault COMMAND" in ended.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["nothing"], "no command 'nothing'"),
        (["vault", "nothing"], "no command 'vault nothing'"),
        (["version", "--nothing"], "no such option: --nothing"),
        (["version", "word"], "unexpected extra argument"),
        (["--nothing"], "no option '--nothing'"),
        (["version", "--backend"], "'--backend' needs a value"),
        (["vault", "cat"], "missing argument"),
    ],
)
def test_usage_errors(pyvault: Pyvault, words: list[str], named: str) -> None:
    ended = pyvault(*words)
    assert (ended.code, ended.out) == (2, "")
    assert named in ended.err
    assert ended.err.startswith("pyvault: error: ")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("words", "message", "near"),
    [
        (["lsit"], "no command 'lsit'", "'list'"),
        (["exce", "prod"], "no command 'exce'", "'exec'"),
        (["vault", "slto"], "no command 'vault slto'", "'vault slot'"),
        (["vault", "slot", "lsit"], "no command 'vault slot lsit'", "'vault slot list'"),
        (["--bakend", "file", "list"], "no option '--bakend'", "'--backend'"),
        (["list", "--bakend", "file"], "no such option: --bakend", "'--backend'"),
    ],
)
def test_a_misspelt_word_gets_the_nearest_one(pyvault: Pyvault, words: list[str], message: str, near: str) -> None:
    ended = pyvault(*words)
    assert ended.code == 2
    assert message in ended.err
    assert f"pyvault: hint: did you mean {near}?" in ended.err


@pytest.mark.parametrize("words", [["qqqq"], ["list", "--json=1"], ["--qqqq"], ["list", "--qqqq"], ["compleet"]])
def test_a_word_like_no_other_gets_no_suggestion(pyvault: Pyvault, words: list[str]) -> None:
    ended = pyvault(*words)
    assert ended.code == 2
    assert "did you mean" not in ended.err


def test_a_list_of_choices_stays_on_its_line(pyvault: Pyvault) -> None:
    ended = pyvault("shell-init")
    assert ended.code == 2
    assert "hoose from: sh, bash, zsh, fish, powershell\n" in ended.err
    assert "\\n" not in ended.err


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["exec", "--region", "", "prod"], "--region"),
        (["export", "prod", "--region="], "--region"),
        (["exec", "--ecs-server", "--listen", "", "prod", "--", "true"], "--listen"),
        (["add", "prod", "--csv", ""], "--csv"),
        (["server", "prod", "--token-file", ""], "--token-file"),
        (["server", "prod", "--access-log", ""], "--access-log"),
        (["--config", "", "list"], "--config"),
        (["list", "--file-dir="], "--file-dir"),
    ],
)
def test_an_empty_place_is_a_usage_error_that_names_the_option(pyvault: Pyvault, words: list[str], option: str) -> None:
    ended = pyvault(*words)
    assert ended.err == f"pyvault: error: the value of '{option}' is empty\n"
    assert ended.code == 2


def test_an_unexpected_error_shows_its_type_and_place_only(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = "planted-in-a-message"

    def fail(_: object) -> None:
        raise RuntimeError(planted)

    monkeypatch.setattr("pyvault_cli.commands.version.version", fail)
    shown = run_in_process(["version"])
    assert shown.code == 70
    assert "RuntimeError at test_main.py:" in shown.err
    assert planted not in shown.err
    assert "Traceback" not in shown.err


def test_a_traceback_holds_no_locals(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        local = "planted-in-a-local"
        raise RuntimeError(len(local))

    monkeypatch.setattr("pyvault_cli.commands.version.version", fail)
    monkeypatch.setenv("PYVAULT_DEBUG", "1")
    shown = run_in_process(["version"])
    assert "Traceback" in shown.err
    assert "planted-in-a-local" not in shown.err.replace('local = "planted-in-a-local"', "")


def test_a_traceback_holds_no_text_of_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    said = os.urandom(4).hex()

    def fail(_: object) -> None:
        try:
            {}[said]
        except KeyError as exc:
            raise RuntimeError(said) from exc

    monkeypatch.setattr("pyvault_cli.commands.version.version", fail)
    monkeypatch.setenv("PYVAULT_DEBUG", "1")
    shown = run_in_process(["version"])
    assert said not in shown.err
    assert "in fail" in shown.err
    assert shown.err.index("KeyError\n") < shown.err.index("RuntimeError\n")


def test_errors_of_ours_have_their_code_and_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise WrongKeyError("the \x1b[31mkey", hint="another key")

    monkeypatch.setattr("pyvault_cli.commands.version.version", fail)
    shown = run_in_process(["version"])
    assert shown.code == 4
    assert shown.err == "pyvault: error: the \\x1b[31mkey\npyvault: hint: another key\n"


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyvault_cli.commands.version.version", interrupted)
    shown = run_in_process(["version"])
    assert (shown.code, shown.err) == (130, "pyvault: error: cancelled\n")


#: Presses Ctrl-C while the first module of that name is being found, and swallows what comes out, as some importers do.
PRESSING = """
import importlib.abc, os, signal, sys
pressed = sys.argv.pop(1)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == pressed:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), signal.SIGINT)
                for _ in range(1000): pass
            except KeyboardInterrupt:
                print("swallowed", file=sys.stderr)
sys.meta_path.insert(0, Finder())
from pyvault_cli.main import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
@pytest.mark.parametrize(
    "module",
    [
        "pyvault.errors",
        "pyvault_cli.commandline.arguments",
        "pyvault_cli.commandline.parameters",
        "pyvault_cli.commands.list",
    ],
)
def test_ctrl_c_while_modules_are_loaded(tmp_path: Path, module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PRESSING, module, "list"],
        capture_output=True, text=True, env=clean_environ(tmp_path), check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (130, "pyvault: error: cancelled\n")


def test_a_broken_socket_is_not_a_reader_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("pyvault_cli.commands.version.version", broken)
    shown = run_in_process(["version"])
    assert (shown.code, "BrokenPipeError" in shown.err) == (70, True)


class Shown:
    def __init__(self, code: int, err: str) -> None:
        self.code = code
        self.err = err


def run_in_process(argv: list[str]) -> Shown:
    import io
    from contextlib import redirect_stderr

    err = io.StringIO()
    with redirect_stderr(err):
        code = main.run(argv)
    return Shown(code, err.getvalue())


@pytest.mark.parametrize("words", [["--version"], ["version"], ["--help"], ["vault", "init", "--help"]])
def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [PYVAULT, *words], stdout=writing, stderr=subprocess.PIPE, env=clean_environ(tmp_path), check=False
    )
    os.close(writing)
    assert ended.returncode == 1
    assert ended.stderr == b""


def closing(*descriptors: int) -> list[str]:
    """A launcher that closes descriptors before the program starts."""
    closes = ";".join(f"os.close({number})" for number in descriptors)
    return [sys.executable, "-c", f"import os,sys;{closes};os.execv(sys.argv[1], sys.argv[1:])", str(PYVAULT)]


@pytest.mark.parametrize("descriptors", [(0,), (2,), (0, 2)])
def test_stdin_and_stderr_may_be_closed(tmp_path: Path, descriptors: tuple[int, ...]) -> None:
    ended = subprocess.run(
        [*closing(*descriptors), "vault", "init", "--keyfile", "key file"],
        capture_output=True,
        env=clean_environ(tmp_path),
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 0
    assert (tmp_path / "key file").exists()
    # The lowest free number is given to the next file opened: no vault may ever be written to "stderr".
    assert b"pyvault:" not in (tmp_path / ".local/share/pyvault/vault.pyv").read_bytes()


def test_a_closed_stdout_is_an_error_when_there_is_data(tmp_path: Path) -> None:
    ended = subprocess.run([*closing(1), "version"], stderr=subprocess.PIPE, env=clean_environ(tmp_path), check=False)
    assert ended.returncode == 1
    assert b"stdout is closed" in ended.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["version"], ["backends", "list"]])
def test_a_full_disk_behind_stdout_is_no_mistake_of_ours(tmp_path: Path, words: list[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only Linux has /dev/full")
    with full.open("wb") as stdout:
        ended = subprocess.run(
            [PYVAULT, *words], stdout=stdout, stderr=subprocess.PIPE, env=clean_environ(tmp_path), check=False
        )
    assert ended.stderr == b"pyvault: error: can't write the output: No space left on device\n"
    assert ended.returncode == 1
