"""A command that runs beside us, as on Windows, has all the time it wants after Ctrl-C."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix stands for the console")

#: Puts something in order for longer than the quarter of a second that ``subprocess.run`` allows.
CHILD = """
import sys, time
try:
    print("up", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.8)
    print("in order", flush=True)
    sys.exit(7)
"""
BESIDE = """
import os, sys
from pyvault_cli.credentials.spawn import run
sys.exit(run(sys.executable, [sys.executable, "-c", sys.argv[1]], dict(os.environ)))
"""


def test_ctrl_c_is_the_commands_to_answer(tmp_path: Path) -> None:
    beside = pexpect.spawn(sys.executable, ["-c", BESIDE, CHILD], cwd=str(tmp_path), encoding="utf-8", timeout=30)
    beside.expect("up")
    beside.sendintr()
    beside.expect("in order")
    beside.expect(pexpect.EOF)
    beside.close()
    assert (beside.exitstatus, beside.signalstatus) == (7, None)
