"""A screen without a monitor, and a person before it who answers gnome-keyring's prompts with the keyboard."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

from peers.desktop import stop


@contextmanager
def xvfb() -> Generator[str]:
    """Run an X server on a free display; gives its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        stop(server)


@contextmanager
def person_at(display: str, *keys: str) -> Generator[None]:
    """Wait for the prompt's window, then type: ``type:TEXT``, or the name of a key.

    Raises:
        AssertionError: no window came, though somebody should have been asked.
    """
    environ = {"PATH": os.environ["PATH"], "DISPLAY": display}
    asked = threading.Event()

    def sit() -> None:
        for _ in range(100):
            search = ["xdotool", "search", "--onlyvisible", "--class", "gcr-prompter"]
            if subprocess.run(search, env=environ, capture_output=True, check=False).stdout.strip():
                break
            time.sleep(0.1)
        else:
            return
        time.sleep(0.5)  # the window is there before it takes the keyboard
        asked.set()
        for key in keys:
            word, colon, text = key.partition(":")
            action = ["type", "--delay", "10", text] if colon else ["key", word]
            subprocess.run(["xdotool", *action], env=environ, check=True)
            time.sleep(0.2)

    person = threading.Thread(target=sit)
    person.start()
    try:
        yield
    finally:
        person.join()
    assert asked.is_set(), "no prompt was shown"
