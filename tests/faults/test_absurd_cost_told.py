"""A header that asks for absurd memory, met by the command where memory is limited: refused, not tried."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest

from command_line import PYVAULT, variables
from vaults import KNOWN_PASSPHRASE, known_answer

ROOM = 1 << 30  # bytes of address space for the whole process
MEMORY_AT = 84 + 14 + 8  # of the first slot: slot head, kdf, lanes, passes


def told(home: Path, memory_kib: int) -> subprocess.CompletedProcess[str]:
    path = known_answer(home)
    content = bytearray(path.read_bytes())
    content[MEMORY_AT : MEMORY_AT + 4] = memory_kib.to_bytes(4, "big")
    path.write_bytes(content)
    env = {"PYVAULT_FILE": str(path), "PYVAULT_PASSPHRASE": KNOWN_PASSPHRASE}
    return subprocess.run(
        [PYVAULT, "vault", "verify"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=variables(home, env),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM)),
    )


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="other systems don't keep to RLIMIT_AS")
@pytest.mark.parametrize(("memory_kib", "code"), [(1 << 30, 7), (16 << 20, 7), (1 << 20, 1)], ids=["1T", "16G", "1G"])
def test_refused_without_allocating(tmp_path: Path, memory_kib: int, code: int) -> None:
    """The third is allowed by its header, and shows that the limit holds: there is no room for it."""
    ended = told(tmp_path, memory_kib)
    assert ended.returncode == code, ended.stderr
    assert ended.stderr.startswith("pyvault: error: ")
    assert "Traceback" not in ended.stderr
    assert ("Argon2id" in ended.stderr) or code == 1
