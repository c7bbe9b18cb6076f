"""The program beside a server looks for the vault's secrets in every process that it can see."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import PYVAULT, clean_environ
from kin import family, shown

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what /proc shows")

#: Another one in each worker: who may look at all processes sees those of tests beside this one, too.
CANARY = f"canary-{secrets.token_hex(8)}"
CONFIG = """\
[profile app]
region = eu-west-1
credential_process = printf '{"Version":1,"AccessKeyId":"ASIASERVED0000000001","SecretAccessKey":"s","SessionToken":"t","Expiration":"2099-01-01T00:00:00Z"}'
"""

#: Prints, of all processes but its own, those whose environment shows the canary, and those whose memory opens.
SEARCH = r"""
import os, sys
def environ(pid):
    try:
        return open(f"/proc/{pid}/environ", "rb").read()
    except OSError:
        return b""
def is_keeper(pid):
    try:
        if os.getsid(int(pid)) != os.getsid(0):  # another run of the tests, maybe as the same user
            return False
        return b"pyvault" in open(f"/proc/{pid}/cmdline", "rb").read()
    except OSError:
        return False
def opens(pid):
    try:
        open(f"/proc/{pid}/mem", "rb").close()
        return True
    except OSError:
        return False
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) != os.getpid()]
ours = [pid for pid in others if is_keeper(pid)]
canary = os.environ["LOOK_FOR"][::-1].encode()
print("shown", sum(canary in environ(pid) for pid in others))
print("keepers", len([pid for pid in others if is_keeper(pid)]))
print("open", sum(opens(pid) for pid in ours))
"""


#: The program is a shell's child: access(2), which pyvault asks, knows nothing of the power to read all files.
SHELL = ["/bin/sh", "-c", 'exec "$0" "$@"']


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    environ = clean_environ(tmp_path) | {"PYVAULT_KDF": "min", "PYVAULT_BACKEND": "file", "PYVAULT_PASSPHRASE": CANARY}
    subprocess.run([PYVAULT, "vault", "init"], env=environ, check=True, capture_output=True)
    return tmp_path


def search(home: Path, *before: str, how: str = "-s") -> dict[str, int]:
    environ = clean_environ(home) | {
        "PYVAULT_BACKEND": "file", "PYVAULT_PASSPHRASE": CANARY, "LOOK_FOR": CANARY[::-1], "AWS_SESSION_TOKEN": CANARY,
    }  # fmt: skip
    words = [*before, str(PYVAULT), "exec", how, "app", "--", *SHELL, sys.executable, "-S", "-c", SEARCH]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False, start_new_session=True)
    assert done.returncode == 0, done.stderr
    return {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}


@pytest.mark.parametrize("how", ["-s", "--hide-shared-config"])
def test_no_process_beside_the_program_shows_the_passphrase_in_its_environment(home: Path, how: str) -> None:
    seen = search(home, how=how)
    assert seen["keepers"] >= 1
    assert seen["shown"] == 0


@pytest.mark.peer("setpriv")
@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
def test_an_ordinary_user_s_program_can_not_open_the_keeper_s_memory_either(home: Path) -> None:
    subprocess.run(["chown", "-R", "4711:4711", str(home)], check=True)
    # Reading files of others (Python's own lie in root's home here) is a power over files, not over processes.
    reads = "+dac_read_search"
    as_user = [
        str(shutil.which("setpriv")), "--reuid", "4711", "--regid", "4711", "--clear-groups",
        "--inh-caps", reads, "--ambient-caps", reads,
    ]  # fmt: skip
    seen = search(home, *as_user)
    assert seen["keepers"] >= 1
    assert (seen["shown"], seen["open"]) == (0, 0)


def test_a_standing_server_shows_nothing_of_it_either(home: Path) -> None:
    environ = clean_environ(home) | {"PYVAULT_BACKEND": "file", "PYVAULT_PASSPHRASE": CANARY}
    with subprocess.Popen(
        [PYVAULT, "server", "app"], env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        while not server.stdout.readline().startswith("ready "):
            assert server.poll() is None
        servers = family(server.pid)
        show_it = [pid for pid in servers if CANARY.encode() in shown(pid, "environ")]
        server.terminate()
    assert len(servers) > 1
    assert show_it == []
