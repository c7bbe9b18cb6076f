"""A real kwalletd5 on a private session bus, its wallets opened as a login would open them: without a window."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from jeepney import DBusAddress, new_method_call
from jeepney.wrappers import unwrap_msg

from peers.desktop import open_connection, stop, wait_for_owner

DAEMON = DBusAddress("/modules/kwalletd5", bus_name="org.kde.kwalletd5", interface="org.kde.KWallet")
APP = "test"

#: No wizard, no question whether an application may in, and its Secret Service off: it is another test's.
SETTINGS = """[Wallet]
Enabled=true
First Use=false
Prompt on Open=false
Close When Idle=false
Default Wallet=kdewallet
[org.freedesktop.secrets]
apiEnabled=false
"""


@contextmanager
def kwalletd(address: str, home: Path) -> Generator[None]:
    """Run the daemon; it has no wallet yet."""
    (home / ".config").mkdir(exist_ok=True)
    (home / ".config" / "kwalletrc").write_text(SETTINGS)
    run = home / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(run),
        "QT_QPA_PLATFORM": "offscreen",
        "DBUS_SESSION_BUS_ADDRESS": address,
    }
    daemon = subprocess.Popen(["kwalletd5"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    try:
        wait_for_owner(address, "org.kde.kwalletd5")
        yield
    finally:
        stop(daemon)


def open_wallet(address: str, wallet: str, password: str = "testpw") -> None:
    """Open a wallet, new or old, by the key that pam_kwallet would derive."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), b"salt of the tests", 1000, 56)
    call(address, "pamOpen", "sayi", wallet, key, 0)
    assert call(address, "isOpen", "s", wallet), f"{wallet} is not open"


def write_entry(address: str, wallet: str, folder: str, entry: str, value: bytes) -> None:
    """Write an entry as another application would."""
    handle = call(address, "open", "sxs", wallet, 0, APP)
    assert call(address, "writeEntry", "issays", handle, folder, entry, value, APP) == 0


def call(address: str, method: str, signature: str, *body: object) -> object:
    """Ask the daemon; None where it answers with nothing."""
    with closing(open_connection(address)) as connection:
        reply = connection.send_and_get_reply(new_method_call(DAEMON, method, signature, body), timeout=10)
    return next(iter(unwrap_msg(reply)), None)
