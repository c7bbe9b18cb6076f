"""The modules whose functions `exec` enters on its way to execve, by room, as docs/architecture.md has them.

    python benchmarks/walk.py

A profile with a role on stored keys; a key file opens the vault; a local stand-in for AWS.
Imports, class bodies and the records' own methods are not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType

ROOTS = {"vault": "pyvault", "backends": "pyvault_backends", "cli": "pyvault_cli"}
HERE = Path(__file__).resolve().parents[1]
IS_FUNCTION = 0x2  # CO_NEWLOCALS; class bodies and modules lack it
EVERYWHERE = "record.py"


def main() -> None:
    sys.path.insert(0, str(HERE / "tests"))
    from fake_aws.client import FakeAws

    with tempfile.TemporaryDirectory() as folder, FakeAws() as aws:
        home = Path(folder)
        pair = aws.key("demo")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "PYVAULT_BACKEND": "file",
            "PYVAULT_KEYFILE": str(home / "ci.key"),
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": pair.access_key_id,
            "AWS_SECRET_ACCESS_KEY": pair.secret_access_key,
        }
        pyvault = [sys.executable, "-m", "pyvault_cli"]
        for line in (["vault", "init", "--keyfile", str(home / "ci.key")], ["add", "demo", "--env"]):
            subprocess.run([*pyvault, *line], env=environ, check=True, capture_output=True)
        with (home / ".aws" / "config").open("a") as config:
            config.write(f"[profile reader]\nsource_profile = demo\nrole_arn = {aws.role_arn('reader')}\n")
        cold, cached = (traced(environ, home / "walk.json") for _ in range(2))
    print("| room | cold | cached | modules, in the order in which they are entered; in *italics* only when cold |")
    print("|---|---|---|---|")
    for room, modules in cold.items():
        warm = cached.get(room, {})
        names = ", ".join(name if name in warm else f"*{name}*" for name in modules)
        print(f"| {room} | {len(modules)} | {len(warm)} | {names} |")
    counts = [
        (len(walk), sum(map(len, walk.values())), sum(sum(modules.values()) for modules in walk.values()))
        for walk in (cold, cached)
    ]
    print("rooms, modules, functions: cold", *counts[0], "cached", *counts[1])


def traced(environ: dict[str, str], report: Path) -> dict[str, dict[str, int]]:
    """Run `exec` once; return the number of functions entered in each module of each room."""
    command = [sys.executable, __file__, str(report), "exec", "reader", "--", "true"]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    walk: dict[str, dict[str, int]] = json.loads(report.read_text())
    return walk


def trace(report: Path, argv: list[str]) -> None:
    """Become `pyvault` with these arguments, and write at execve what was entered."""
    entered: dict[CodeType, None] = {}

    def enter(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_flags & IS_FUNCTION:
            entered.setdefault(code)

    def leave(event: str, _: object) -> None:
        if event == "os.exec":
            sys.setprofile(None)
            walk: dict[str, dict[str, int]] = {}
            for code in entered:
                path = Path(code.co_filename)
                if path.is_relative_to(HERE) and path.name != EVERYWHERE and (place := located(path)):
                    modules = walk.setdefault(place[0], {})
                    modules[place[1]] = modules.get(place[1], 0) + 1
            report.write_text(json.dumps(walk))

    sys.addaudithook(leave)
    sys.argv = ["pyvault", *argv]
    threading.setprofile(enter)
    sys.setprofile(enter)
    from pyvault_cli.main import main as pyvault

    sys.exit(pyvault())


def located(path: Path) -> tuple[str, str] | None:
    """Return the room and the name of one of our modules."""
    root, package, *rest = path.relative_to(HERE).parts
    if ROOTS.get(root) != package:
        return None
    name = Path(rest[-1]).stem.replace("__init__", rest[0] if len(rest) > 1 else package)
    if len(rest) == 1:
        return {
            "vault": "single modules of `pyvault`",
            "backends": "`pyvault_backends`",
            "cli": "single modules of `pyvault_cli`",
        }[root], f"`{name}`"
    return f"`{rest[0]}/`", f"`{name}`"


if __name__ == "__main__":
    trace(Path(sys.argv[1]), sys.argv[2:]) if len(sys.argv) > 1 else main()
