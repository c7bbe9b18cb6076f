"""A home with a stored key, a cached session, an unlocked vault: what the benchmarks run in."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from measure import spend

from fake_aws.client import FakeAws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PYVAULT = str(Path(sysconfig.get_path("scripts")) / "pyvault")
PASSPHRASE = "the bench in the park"  # noqa: S105 - of no value
SETTLED = 1.5  # seconds; of a file that has just changed no warm entry is made
ABSENT = "needs Linux, a kernel keyring and a runtime directory"


def clean_environ(home: str) -> dict[str, str]:
    """Return an environment with a HOME of its own and compiled modules allowed."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": home}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One home, and the environments in which its commands run.

    Attributes:
        ordinary: a key file opens the vault, and nothing is warm.
        warm: the same with the warm path.
        locked: a vault with a passphrase, which a variable gives.
        unlocked: the same vault without it.
        no_warmth: why nothing was kept for the warm path.
        no_cache: why the vault with a passphrase could not be kept open.
    """

    home: Path
    aws: FakeAws
    keys: Mapping[str, str]
    ordinary: Mapping[str, str]
    warm: Mapping[str, str]
    locked: Mapping[str, str]
    unlocked: Mapping[str, str]
    no_warmth: str | None
    no_cache: str | None


@contextmanager
def made(home: Path) -> Iterator[Scene]:
    """Make the scene in an empty directory, with a local stand-in for AWS."""
    with FakeAws() as aws:
        yield _made(home, aws)
        with_keys = {**clean_environ(str(home)), "XDG_RUNTIME_DIR": str(home / "run")}
        # What the kernel keeps of us would outlive the directory; a version without the command has nothing there.
        subprocess.run([PYVAULT, "lock"], env=with_keys, capture_output=True, check=False)


def _made(home: Path, aws: FakeAws) -> Scene:
    (home / "run").mkdir(mode=0o700)
    pair = aws.key("demo")
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    common = clean_environ(str(home)) | {
        "AWS_ENDPOINT_URL": aws.url,
        "PYVAULT_BACKEND": "file",
        "XDG_RUNTIME_DIR": str(home / "run"),
    }
    warm = {**common, "PYVAULT_KEYFILE": f"{home}/key"}
    ordinary = {**warm, "PYVAULT_WARM": "0", "PYVAULT_UNLOCK_TTL": "0"}
    unlocked = {**common, "PYVAULT_WARM": "0", "PYVAULT_FILE": f"{home}/locked.pyv"}
    locked = {**unlocked, "PYVAULT_UNLOCK_TTL": "0", "PYVAULT_PASSPHRASE": PASSPHRASE}
    spend([PYVAULT, "vault", "init", "--keyfile", f"{home}/key"], ordinary)
    spend([PYVAULT, "vault", "init", "--kdf", "min"], locked)
    for env in (ordinary, locked):
        spend([PYVAULT, "add", "bench", "--env", "--no-verify"], {**env, **keys})
        spend(exec_true(), env)
    return Scene(
        home=home,
        aws=aws,
        keys=keys,
        ordinary=ordinary,
        warm=warm,
        locked=locked,
        unlocked=unlocked,
        no_warmth=None if warm_up(home, warm, [exec_true(), export_json()]) else ABSENT,
        no_cache=None if _unlock(unlocked) else ABSENT,
    )


def exec_true(profile: str = "bench", *options: str) -> list[str]:
    """Return the command whose cost is everybody's."""
    return [PYVAULT, "exec", *options, profile, "--", "true"]


def export_json(profile: str = "bench") -> list[str]:
    """Return what a ``credential_process`` runs."""
    return [PYVAULT, "export", "--format", "json", profile]


def warm_up(home: Path, env: Mapping[str, str], commands: Sequence[Sequence[str]]) -> bool:
    """Run commands until the warm path may have kept their answers; return whether it has."""
    time.sleep(SETTLED)
    for command in commands:
        spend(command, env)
    folder = home / ".local" / "state" / "pyvault" / "warm"
    return folder.is_dir() and any(folder.iterdir())


def _unlock(env: Mapping[str, str]) -> bool:
    """Type the passphrase once; return whether the next command does without."""
    import pexpect

    person = pexpect.spawn(PYVAULT, ["unlock"], env=dict(env), timeout=60)
    if person.expect(["assphrase", pexpect.EOF]) == 0:
        person.sendline(PASSPHRASE)
        person.expect(pexpect.EOF)
    person.close()
    opened = subprocess.run([PYVAULT, "list", "--no-input"], env=dict(env), capture_output=True, check=False)
    return opened.returncode == 0
