"""Flipped bits and truncations as a person meets them: an exit code, a sentence, never a traceback."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

import starts
from command_line import PYVAULT, clean_environ
from vaults import KNOWN_ANSWER, KNOWN_PASSPHRASE, known_answer

CONTENT = KNOWN_ANSWER.read_bytes()
WRONG_KEY, DAMAGED = 4, 7
VAULT_ID, SLOT = range(16, 32), range(84, 232)
FLIPS = random.Random(1).sample(range(8 * len(CONTENT)), 200)
# Where a flip is rarest by chance and matters most.
HEADER_FLIPS = random.Random(2).sample(range(8 * 264), 24)
LENGTHS = [0, 1, 7, 8, 83, 84, 231, 263, 264, 4431, 4432, 7647, *random.Random(3).sample(range(len(CONTENT)), 8)]


def run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return starts.run(
        [str(PYVAULT), *words],
        env={**clean_environ(path.parent), "PYVAULT_FILE": str(path), "PYVAULT_PASSPHRASE": KNOWN_PASSPHRASE},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_refused(path: Path, allowed: set[int], what: str) -> None:
    done = run(path, "vault", "verify")
    assert done.returncode in allowed, f"{what}: {done.returncode}, {done.stderr}"
    assert "pyvault: error: " in done.stderr, what
    assert "Traceback" not in done.stderr, what
    assert done.stdout == "", what


def test_the_untouched_file_verifies_and_lists_its_two_entries(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    assert run(path, "vault", "verify").returncode == 0
    entries = json.loads(run(path, "vault", "entries", "--json").stdout)
    assert [(entry["kind"], entry["name"], entry["revision"], entry["size"]) for entry in entries] == [
        ("credential", "prod", 1, 1096),
        ("session", "prod", 7, 2120),
    ]


@pytest.mark.parametrize("part", range(8))
def test_flipped_bits(tmp_path: Path, part: int) -> None:
    path = known_answer(tmp_path)
    for flip in (*FLIPS[part::8], *HEADER_FLIPS[part::8]):
        at, bit = divmod(flip, 8)
        content = bytearray(CONTENT)
        content[at] ^= 1 << bit
        path.write_bytes(content)
        allowed = {WRONG_KEY, DAMAGED} if at in SLOT else {WRONG_KEY} if at in VAULT_ID else {DAMAGED}
        assert_refused(path, allowed, f"byte {at}, bit {bit}")


def test_truncations(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    for length in LENGTHS:
        path.write_bytes(CONTENT[:length])
        assert_refused(path, {DAMAGED}, f"{length} bytes")
