"""What is there before each session begins, besides an empty home and a local AWS: by the session's name."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from command_line import clean_environ, run_pyvault
from console_machine import BROWSER
from fake_aws.client import FakeAws
from fakes.browsers import follow
from fakes.portal_proxy import PortalProxy
from login_keys import end_keys
from peers.aws_vault_items import SESSION, item
from peers.desktop import gnome_keyring, session_bus
from peers.gpg_home import password_store
from peers.jwe_writer import encrypt


@dataclass(slots=True, kw_only=True)
class Scene:
    """The surroundings of a session.

    Attributes:
        environ: the variables of its shell.
        values: what the names of a page's answers stand for.
    """

    home: Path
    aws: FakeAws
    environ: dict[str, str]
    values: dict[str, str] = field(default_factory=dict[str, str])


def begin(home: Path, aws: FakeAws) -> Scene:
    """Return what every session has."""
    pair = aws.demo_key()
    network = {name: value for name, value in aws.environ().items() if "REGION" not in name}
    environ = {**clean_environ(home), **network}
    del environ["PYVAULT_BACKEND"]
    values = {
        "passphrase": "a green kettle",
        "passphrase too short": "kettle",
        "passphrase mistyped": "a green cattle",
        "key ID of demo": pair.access_key_id,
        "secret of demo": pair.secret_access_key,
        "secret pair of demo": f"{pair.access_key_id} {pair.secret_access_key}",  # as it is copied from a table
    }
    return Scene(home=home, aws=aws, environ=environ, values=values)


@contextmanager
def given_keys(scene: Scene) -> Generator[None]:
    """Let the key pair of the user ``demo`` be in the environment."""
    scene.environ["AWS_ACCESS_KEY_ID"] = scene.values["key ID of demo"]
    scene.environ["AWS_SECRET_ACCESS_KEY"] = scene.values["secret of demo"]
    yield


@contextmanager
def given_keys_and_real_kdf(scene: Scene) -> Generator[None]:
    """Let the key pair be there, and the cost of a passphrase that people have: with less the weak ones pass."""
    del scene.environ["PYVAULT_KDF"]
    with given_keys(scene):
        yield


@contextmanager
def logged_in(scene: Scene) -> Generator[None]:
    """Let it be a login that keeps keys in memory, as those of systemd do."""
    with TemporaryDirectory() as runtime:
        del scene.environ["PYVAULT_UNLOCK_TTL"]
        scene.environ["XDG_RUNTIME_DIR"] = runtime
        try:
            yield
        finally:
            end_keys(Path(runtime), scene.home / ".local/state/pyvault")


@contextmanager
def keyring(scene: Scene) -> Generator[None]:
    """Let there be the keyring of a Linux desktop, which the login has unlocked."""
    with TemporaryDirectory() as folder, session_bus(Path(folder)) as address, gnome_keyring(address, Path(folder)):
        scene.environ["DBUS_SESSION_BUS_ADDRESS"] = address
        yield


@contextmanager
def phone(scene: Scene) -> Generator[None]:
    """Let a login keep keys, and somebody allow the first sign-in by a device code, in a browser elsewhere."""

    def allow() -> None:
        scene.aws.wait_for_call("StartDeviceAuthorization", timeout_s=120)
        while not (devices := scene.aws.world()["sso"]["devices"]):
            time.sleep(0.05)
        follow(f"{scene.aws.url}/device/allow?user_code={devices[0]['user_code']}")

    somebody = Thread(target=allow, daemon=True)
    somebody.start()
    with logged_in(scene), TemporaryDirectory() as folder, PortalProxy(Path(folder)) as proxy:
        scene.environ |= proxy.environ()
        yield
    somebody.join(1)


@contextmanager
def desktop(scene: Scene) -> Generator[None]:
    """Let a login keep keys, and have a browser in which somebody is signed in to the console."""
    runtime = scene.home / "run"
    runtime.mkdir(mode=0o700)
    browser = scene.home / ".browser"
    browser.write_text(BROWSER.format(python=sys.executable, log=str(scene.home / ".pages")))
    browser.chmod(0o755)
    del scene.environ["PYVAULT_UNLOCK_TTL"]
    scene.environ |= {"XDG_RUNTIME_DIR": str(runtime), "BROWSER": str(browser), "PYVAULT_SSO_FLOW": "browser"}
    try:
        yield
    finally:
        end_keys(runtime, scene.home / ".local/state/pyvault")


@contextmanager
def used_aws_vault(scene: Scene) -> Generator[None]:
    """Let aws-vault have been here: two keys and a session in its files, and a config with a role that wants MFA."""
    scene.values["passphrase of aws-vault"] = "a blue kettle"
    folder = scene.home / ".awsvault" / "keys"
    folder.mkdir(parents=True)
    pair = scene.aws.key("mfa-user")
    items = {
        "demo": item(
            "demo", AccessKeyID=scene.values["key ID of demo"], SecretAccessKey=scene.values["secret of demo"]
        ),
        "work": item("work", AccessKeyID=pair.access_key_id, SecretAccessKey=pair.secret_access_key),
        SESSION: item(SESSION),
    }
    for name, content in items.items():
        (folder / name).write_text(encrypt(content, scene.values["passphrase of aws-vault"]))
    (scene.home / ".aws").mkdir()
    device = scene.aws.mfa_serial("mfa-user")
    (scene.home / ".aws" / "config").write_text(
        "[profile demo]\nregion = eu-west-1\n\n"
        f"[profile work]\nregion = eu-west-1\nmfa_serial = {device}\n\n"
        f"[profile admin]\nregion = eu-west-1\nsource_profile = work\nrole_arn = {scene.aws.role_arn('admin')}\nmfa_serial = {device}\n"
    )
    scene.aws.stop_clock()  # so that the code stays good until it is typed
    scene.values["MFA code"] = scene.aws.totp("mfa-user")
    yield


@contextmanager
def headless(scene: Scene) -> Generator[None]:
    """Let a login keep keys, and the key pair of a person with an MFA device be in a vault that a passphrase opens."""
    pair = scene.aws.key("mfa-user")
    secret = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    given = {"PYVAULT_PASSPHRASE": scene.values["passphrase"]} | secret
    assert run_pyvault(scene.home, "add", "work", "--env", "--no-verify", "--no-add-config", env=given).code == 0
    device = scene.aws.mfa_serial("mfa-user")
    roles = "".join(
        f"\n[profile {role}]\nregion = eu-west-1\nsource_profile = work\n"
        f"role_arn = {scene.aws.role_arn(role)}\nmfa_serial = {device}\n"
        for role in ("admin", "reader")
    )
    (scene.home / ".aws").mkdir()
    (scene.home / ".aws" / "config").write_text(f"[profile work]\nregion = eu-west-1\nmfa_serial = {device}\n{roles}")
    scene.aws.stop_clock()  # so that the code stays good until it is typed
    scene.values["MFA code"] = scene.aws.totp("mfa-user")
    scene.environ["PYVAULT_BACKEND"] = "file"
    with logged_in(scene):
        yield


@contextmanager
def with_pass(scene: Scene) -> Generator[None]:
    """Let there be a password store, and the key pair in the environment."""
    with given_keys(scene), password_store(scene.home) as variables:
        scene.environ |= variables
        yield


SCENES: dict[str, Callable[[Scene], AbstractContextManager[None]]] = {
    "aws_vault": used_aws_vault,
    "ci": given_keys,
    "console": desktop,
    "desktop": logged_in,
    "doctor": given_keys,
    "headless": headless,
    "keyring": keyring,
    "migrate": with_pass,
    "mistakes": given_keys_and_real_kdf,
    "rotate": given_keys,
    "server": given_keys,
    "narrow": given_keys,
    "passphrase": logged_in,
    "setup": phone,
    "sso": phone,
}
#: Sessions that need the keyring of the kernel.
KERNEL = frozenset({"console", "desktop", "headless", "passphrase", "setup", "sso"})
#: Programs of others that a session needs.
PEERS = {"keyring": ("dbus-daemon", "gnome-keyring-daemon"), "migrate": ("pass", "gpg")}
