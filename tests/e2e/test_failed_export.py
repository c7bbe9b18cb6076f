"""A script, a person and direnv do not go on with the keys of before when ``export`` fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from command_line import PYVAULT, run_pyvault, variables

PAIR = {"AWS_ACCESS_KEY_ID": "AKIABASE", "AWS_SECRET_ACCESS_KEY": "s"}
CONFIG = """
[profile base]
region = eu-west-1
[profile broken]
role_arn = arn:aws:iam::111111111111:role/app
source_profile = nosuch
[profile slow]
credential_process = sh -c 'echo started > started; exec sleep 60'
"""
EXPORT = "pyvault --no-input export --format export-env"
#: Shell, and a script that goes on as far as it can; what may not be reached says so.
SCRIPTS = [
    ("bash", f'set -e; eval "$({EXPORT} $WANTED)"; echo REACHED $AWS_ACCESS_KEY_ID'),
    ("zsh", f'set -e; eval "$({EXPORT} ${{=WANTED}})"; echo REACHED $AWS_ACCESS_KEY_ID'),
    ("dash", f'set -eu; eval "$({EXPORT} $WANTED)"; echo REACHED $AWS_ACCESS_KEY_ID'),
    ("busybox", f'set -e; eval "$({EXPORT} $WANTED)"; echo REACHED $AWS_ACCESS_KEY_ID'),
    ("bash", f'eval "$({EXPORT} $WANTED)" && echo REACHED $AWS_ACCESS_KEY_ID'),
    ("bash", f'x="$({EXPORT} $WANTED)" && eval "$x" && echo REACHED $AWS_ACCESS_KEY_ID'),
    (
        "fish",
        "pyvault --no-input export --format fish (string split -- ' ' $WANTED) | source; and echo REACHED $AWS_ACCESS_KEY_ID",
    ),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("home")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    made = run_pyvault(tmp_path, "vault", "init", "--keyfile", str(tmp_path / "key"))
    assert made.code == 0, made.err
    added = run_pyvault(tmp_path, "add", "base", "--env", "--no-verify", "--no-add-config", env=own(tmp_path) | PAIR)
    assert added.code == 0, added.err
    return tmp_path


def own(home: Path) -> dict[str, str]:
    return {"PYVAULT_KEYFILE": str(home / "key")}


def in_shell(home: Path, shell: str, script: str, wanted: str) -> subprocess.CompletedProcess[str]:
    program = [shutil.which(shell) or shell, *(["sh"] if shell == "busybox" else []), "-c", script]
    environ = variables(home, own(home)) | {"AWS_ACCESS_KEY_ID": "OLD", "WANTED": wanted}
    return subprocess.run(program, env=environ, cwd=home, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("shell", "script"), [pytest.param(*each, marks=pytest.mark.peer(each[0])) for each in SCRIPTS]
)
def test_a_script_ends_where_export_fails(home: Path, shell: str, script: str) -> None:
    good = in_shell(home, shell, script, "-n base")
    assert (good.returncode, good.stdout) == (0, "REACHED AKIABASE\n"), good.stderr
    for wanted in ("-n broken", "-n base --nonsense"):
        ended = in_shell(home, shell, script, wanted)
        assert "REACHED" not in ended.stdout
        assert ended.returncode != 0
        assert "pyvault: error: " in ended.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("broken",), 3),
        (("base", "--nonsense"), 2),
        (("--no-cache", "--refresh", "base"), 2),
        (("base", "-d", "soon"), 5),
        ((), 4),
    ],
)
def test_the_exit_code_stays_and_the_output_fails(home: Path, words: tuple[str, ...], code: int) -> None:
    ended = run_pyvault(home, "--no-input", "export", "--format", "export-env", *words, env=own(home))
    assert (ended.code, ended.out) == (code, "false\n")
    assert "pyvault: error: " in ended.err


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGQUIT, -signal.SIGQUIT),
    ],
)
def test_who_is_ended_says_so_too(home: Path, number: int, code: int) -> None:
    words = ["export", "--format", "export-env", "slow"]
    (home / "started").unlink(missing_ok=True)
    with subprocess.Popen(
        [PYVAULT, *words], env=variables(home, own(home)), cwd=home, stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        until = time.monotonic() + 60
        while not (home / "started").exists() and time.monotonic() < until:
            time.sleep(0.02)
        child.send_signal(number)
        assert child.stdout is not None
        assert os.read(child.stdout.fileno(), 100) == b"false\n"
        assert child.wait(60) == code
        with contextlib.suppress(ProcessLookupError):  # what it had started
            os.killpg(child.pid, signal.SIGKILL)


@pytest.mark.peer("direnv")
@pytest.mark.parametrize("form", ['eval "$(LINE)"', 'x="$(LINE)" && eval "$x" || exit'])
def test_direnv_loads_nothing(home: Path, form: str) -> None:
    project = home / "project"
    project.mkdir(exist_ok=True)
    environ = variables(home, own(home)) | {"AWS_ACCESS_KEY_ID": "KEY-OF-ANOTHER-ACCOUNT"}

    def enter(profile: str) -> subprocess.CompletedProcess[str]:
        (project / ".envrc").write_text(form.replace("LINE", f"{EXPORT} -n {profile}") + "\n")
        subprocess.run(["direnv", "allow", project], env=environ, check=True, capture_output=True)
        inside = ["direnv", "exec", project, "sh", "-c", "echo RUNS $AWS_ACCESS_KEY_ID"]
        return subprocess.run(inside, env=environ, capture_output=True, text=True, check=False, timeout=120)

    assert enter("base").stdout == "RUNS AKIABASE\n"
    failed = enter("broken")
    assert failed.returncode != 0
    assert "RUNS" not in failed.stdout
    assert "direnv: error" in failed.stderr
