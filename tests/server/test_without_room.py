"""No room for another process, as in a container with a limit: a renewal fails, and the server lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the keeper needs pidfd")


def test_a_fetch_that_can_not_be_started_fails_and_signals_come_as_before() -> None:
    script = Path(__file__).with_name("without_room.py")
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == [
        "Resource temporarily unavailable True",  # who would stay behind can't be started by the one between
        "Resource temporarily unavailable True",  # nor that one
        "no room set()",
        "can't start a process: Resource temporarily unavailable 0",  # and the pipe has its end
    ]
