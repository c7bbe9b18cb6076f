"""A headless Chromium that knows no host but this machine, driven over its debugging pipe.

Source: Chrome DevTools Protocol; ``--remote-debugging-pipe`` speaks JSON that ends with a NUL, on descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Tab:
    """One page of the browser.

    Attributes:
        requests: the address of everything it has asked for.
        complaints: what it has said of errors and of its policy.
    """

    def __init__(self, to: IO[bytes], back: IO[bytes]) -> None:
        """Open it."""
        self._to, self._back = to, back
        self._number = 0
        self._session: str | None = None
        self._seen: list[str] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._receive()).get("id") != self._number:
            pass
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    def show(self, width: int, height: int, scheme: str) -> None:
        """Let the screen have this size, and its owner like it ``light`` or ``dark``."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def visit(self, address: str) -> None:
        """Load a page, with all that it fetches."""
        self._seen.clear()
        self.call("Page.navigate", url=address)
        while "Page.loadEventFired" not in self._seen:
            self._receive()

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression on the page, or of what it promises."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def photograph(self, path: Path) -> None:
        """Write what is on the screen as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _receive(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            assert byte, "the browser has ended"
            text += byte
        message: dict[str, Any] = json.loads(text)
        params = message.get("params", {})
        match message.get("method"):
            case None:
                pass
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                self.complaints.append(params["exceptionDetails"]["text"])
            case method:
                self._seen.append(method)
        return message


@contextmanager
def open_tab(profile: Path) -> Generator[Tab]:
    """Start a browser with one tab.

    Args:
        profile: an empty folder for it.
    """
    their_end, to = os.pipe()
    back, their_word = os.pipe()
    script = f'exec "$@" 3<&{their_end} 4>&{their_word}'
    words = ["bash", "-c", script, "bash", "chromium", *FLAGS, f"--user-data-dir={profile}"]
    process = subprocess.Popen(
        words, pass_fds=(their_end, their_word), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(their_end)
    os.close(their_word)
    try:
        with open(to, "wb") as sending, open(back, "rb") as receiving:  # noqa: PTH123 - descriptors
            yield Tab(sending, receiving)
    finally:
        process.terminate()
        process.wait(20)
