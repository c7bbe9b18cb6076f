"""How long a command takes to start, as ratios to a bare interpreter.

Usage: python benchmarks/startup.py [rounds]
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from measure import Case, clean_environ, compare, elapsed

from fake_aws.client import FakeAws

PYVAULT = str(Path(sysconfig.get_path("scripts")) / "pyvault")
ARGON2 = (
    "from argon2.low_level import hash_secret_raw, Type; hash_secret_raw(b'p', b's' * 16, 3, 65536, 4, 32, Type.ID)"
)


def true(*options: str) -> list[str]:
    return [PYVAULT, "exec", *options, "bench", "--", "true"]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as home, FakeAws() as aws:
        env = clean_environ(home)
        env |= {"PYVAULT_BACKEND": "file", "PYVAULT_KEYFILE": f"{home}/key", "AWS_ENDPOINT_URL": aws.url}
        pair = aws.key("demo")
        keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
        elapsed([PYVAULT, "vault", "init", "--keyfile", f"{home}/key"], env)
        elapsed([PYVAULT, "add", "bench", "--env", "--no-verify"], {**env, **keys})
        elapsed(true(), env)
        locked = {**env, "PYVAULT_FILE": f"{home}/locked.pyv", "PYVAULT_PASSPHRASE": "the bench in the park"}
        del locked["PYVAULT_KEYFILE"]
        elapsed([PYVAULT, "vault", "init", "--kdf", "min"], locked)
        kept = compare(
            [
                Case(name="--version", argv=[PYVAULT, "--version"], budget=2),
                Case(name="--help", argv=[PYVAULT, "--help"], budget=9),
                Case(name="list, key file", argv=[PYVAULT, "list"], budget=14),
                Case(name="exec --no-session, key file", argv=true("-n"), budget=14),
                Case(
                    name="exec with a cached session, key file",
                    argv=true(),
                    budget=14,
                ),
                Case(
                    name="export json, cached session", argv=[PYVAULT, "export", "--format", "json", "bench"], budget=14
                ),
                Case(name="backends list", argv=[PYVAULT, "backends", "list"], budget=14),
                Case(
                    name="add --env --no-verify --force, key file",
                    argv=[PYVAULT, "add", "bench2", "--env", "--no-verify", "--force", "--no-add-config"],
                    env=keys,
                ),
                Case(name="list, passphrase (64 MiB)", argv=[PYVAULT, "list"], env=locked),
                Case(name="Argon2id alone (64 MiB, t=3)", argv=[sys.executable, "-c", ARGON2]),
            ],
            rounds=rounds,
            env=env,
        )
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
