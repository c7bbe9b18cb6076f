"""All budgets in one run, then how the hot commands grow: with profiles, and with processes at once.

    python benchmarks/run.py [--pairs 31] [--runs 1] [--only budgets|scale|parallel]

Ends with 1 if anything is above 1.15 times its budget. AWS_VAULT_BIN=FILE adds the same commands
of aws-vault. docs/performance.md says what the rows mean.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import peer
from doubts import doubts
from measure import BARE, Case, judged, ratios, show, spend
from scene import PYVAULT, Scene, clean_environ, exec_true, export_json, made, warm_up

from pyvault.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fake_aws.client import FakeAws

ARGON2 = (
    "from argon2.low_level import hash_secret_raw, Type; hash_secret_raw(b'p', b's' * 16, 3, 65536, 4, 32, Type.ID)"
)
#: Runs a command and writes the most memory it had, in KiB. A child begins with its parent's, so that is a small one.
PEAK = (
    "import os, sys; pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ); print(os.wait4(pid, 0)[2].ru_maxrss)"
)
#: A child that writes when it began.
STAMP = (sys.executable, "-S", "-c", "import time; print(time.clock_gettime(time.CLOCK_MONOTONIC))")

PEAK_BUDGET = 13.0  # MiB
DELAY_BUDGET = 1.5  # times the ordinary exec
DELAY_PAIRS = 60
SIZES = (1, 10, 100, 1000)
SCALE_PAIRS = 11
AT_ONCE = (1, 16, 64)
PARALLEL_PAIRS = 5


def main() -> None:
    asked = argparse.ArgumentParser(description="all budgets in one run")
    asked.add_argument("--pairs", type=int, default=31)
    asked.add_argument("--runs", type=int, default=1)
    asked.add_argument("--only", choices=("budgets", "scale", "parallel"))
    given = asked.parse_args()
    kept = True
    for run in range(given.runs):
        print(f"\nrun {run + 1} of {given.runs}: {surroundings()}")
        with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as folder, made(Path(folder)) as scene:
            if given.only in {None, "budgets"}:
                kept = all([kept, budgets(scene, given.pairs), doubts(scene, given.pairs), memory(scene), delay(scene)])
            if given.only in {None, "scale"}:
                scale(scene.aws)
            if given.only in {None, "parallel"}:
                parallel(scene)
        print(f"load at the end: {load()}")
    raise SystemExit(0 if kept else 1)


def surroundings() -> str:
    """Return what a figure depends on."""
    binary = os.environ.get(peer.VARIABLE)
    versions = [
        f"pyvault {__version__}",
        f"{platform.python_implementation()} {platform.python_version()}",
        *([peer.version(binary)] if binary else []),
    ]
    return f"{', '.join(versions)}; {platform.platform()}, {os.cpu_count()} processors; load {load()}"


def load() -> str:
    """Return how many processes wanted a processor in the last 1, 5 and 15 minutes."""
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def budgets(scene: Scene, pairs: int) -> bool:
    """Measure every command that has a budget, and what they are made of."""
    ours, warm, theirs = scene.ordinary, scene.warm, peer.commands(scene)
    cases = [
        Case(name="--version", argv=[PYVAULT, "--version"], env=ours, budget=1.1, peer=theirs.get("--version")),
        Case(name="--help", argv=[PYVAULT, "--help"], env=ours),
        Case(name="warm exec", argv=exec_true(), env=warm, budget=1.25, absent=scene.no_warmth),
        Case(name="warm export json", argv=export_json(), env=warm, budget=1.2, absent=scene.no_warmth),
        Case(name="exec, key file, cached session", argv=exec_true(), env=ours, budget=8, peer=theirs.get("exec")),
        Case(name="export, the same", argv=[PYVAULT, "export", "bench"], env=ours, budget=8, peer=theirs.get("export")),
        Case(name="export json, the same", argv=export_json(), env=ours, budget=8, peer=theirs.get("export json")),
        Case(name="list, key file", argv=[PYVAULT, "list"], env=ours, budget=8, peer=theirs.get("list")),
        Case(name="exec, unlocked before", argv=exec_true(), env=scene.unlocked, budget=8.2, absent=scene.no_cache),
        Case(name="completion of a profile", argv=[PYVAULT, "complete", "--", "exec", ""], env=ours, budget=4),
        Case(name="backends list", argv=[PYVAULT, "backends", "list"], env=ours, budget=9),
        Case(name="exec --help, by Typer", argv=[PYVAULT, "exec", "--help"], env=ours),
        Case(name="exec, passphrase (64 MiB)", argv=exec_true(), env=scene.locked),
        Case(name="Argon2id alone (64 MiB, 3 passes)", argv=[sys.executable, "-c", ARGON2], env=ours),
    ]
    return show(cases, ratios(cases, pairs=pairs))


def memory(scene: Scene) -> bool:
    """Measure the most memory that `exec` has before it becomes the command."""

    def peak(env: Mapping[str, str]) -> float:
        words = [sys.executable, "-I", "-S", "-c", PEAK, *exec_true()]
        found = [
            int(subprocess.run(words, env=dict(env), capture_output=True, text=True, check=True).stdout)
            for _ in range(5)
        ]
        return statistics.median(found) / 1024

    print(f"\n{'peak memory (MiB)':<46}")
    print(f"{'exec, key file, cached session':<46}{peak(scene.ordinary):>7.1f}")
    if scene.no_warmth is not None:
        print(f"{'warm exec':<46}  not available here: {scene.no_warmth}")
        return True
    value = peak(scene.warm)
    verdict, kept = judged(value, PEAK_BUDGET)
    print(f"{'warm exec':<46}{value:>7.1f}{verdict:>19}")
    return kept


def delay(scene: Scene) -> bool:
    """Measure from our start to the first act of the command, which writes its clock."""

    def begun(env: Mapping[str, str], *options: str) -> float:
        words = [PYVAULT, "exec", *options, "bench", "--", *STAMP]
        before = time.clock_gettime(time.CLOCK_MONOTONIC)
        out = subprocess.run(words, env=dict(env), capture_output=True, text=True, check=True).stdout
        return float(out) - before

    def ratio(env: Mapping[str, str]) -> float:
        begun(env, "-s")
        return statistics.median(begun(env, "-s") / begun(scene.ordinary) for _ in range(DELAY_PAIRS))

    print(f"\n{'until the command begins (x ordinary exec)':<46}")
    kept = True
    for name, env, absent in (
        ("exec -s, cached session", scene.ordinary, None),
        ("warm exec -s", scene.warm, scene.no_warmth),
    ):
        if absent is not None:
            print(f"{name:<46}  not available here: {absent}")
            continue
        value = ratio(env)
        verdict, within = judged(value, DELAY_BUDGET)
        print(f"{name:<46}{value:>7.2f}{verdict:>19}")
        kept = kept and within
    return kept


def scale(aws: FakeAws) -> None:
    """Measure how commands grow with the profiles in the config file and the keys in the vault."""
    print(f"\n{'x python -c pass, by profiles':<30}" + "".join(f"{size:>8}" for size in SIZES))
    rows: dict[str, list[str]] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as folder:
            ours, warm, is_warm = grown(Path(folder), aws, size)
            cases = [
                Case(name="exec, cached session", argv=exec_true("p0"), env=ours),
                Case(name="list", argv=[PYVAULT, "list"], env=ours),
                Case(name="completion of a profile", argv=[PYVAULT, "complete", "--", "exec", ""], env=ours),
                Case(name="warm exec", argv=exec_true("p0"), env=warm, absent=None if is_warm else "-"),
            ]
            found = ratios(cases, pairs=SCALE_PAIRS)
            for case in cases:
                rows.setdefault(case.name, []).append(f"{found[case.name].wall:.2f}" if case.name in found else "-")
    for name, values in rows.items():
        print(f"{name:<30}" + "".join(f"{value:>8}" for value in values))


def grown(home: Path, aws: FakeAws, size: int) -> tuple[dict[str, str], dict[str, str], bool]:
    """Make a home with so many profiles and stored keys; return its environments, and whether it got warm."""
    (home / "run").mkdir(mode=0o700)
    (home / ".aws").mkdir(mode=0o700)
    pair = aws.key("demo")
    names = [f"p{number}" for number in range(size)]
    (home / ".aws" / "config").write_text("".join(f"[profile {name}]\nregion = eu-west-1\n" for name in names))
    pairs = f"aws_access_key_id = {pair.access_key_id}\naws_secret_access_key = {pair.secret_access_key}\n"
    (home / ".aws" / "credentials").write_text("".join(f"[{name}]\n{pairs}" for name in names))
    (home / ".aws" / "credentials").chmod(0o600)
    warm = clean_environ(str(home)) | {
        "AWS_ENDPOINT_URL": aws.url,
        "PYVAULT_BACKEND": "file",
        "PYVAULT_KEYFILE": f"{home}/key",
        "XDG_RUNTIME_DIR": str(home / "run"),
    }
    ours = {**warm, "PYVAULT_WARM": "0"}
    spend([PYVAULT, "vault", "init", "--keyfile", f"{home}/key"], ours)
    spend([PYVAULT, "import", "credentials-file", "--remove"], ours)
    spend(exec_true("p0"), ours)
    return ours, warm, warm_up(home, warm, [exec_true("p0")])


def parallel(scene: Scene) -> None:
    """Measure how long so many take that start at once, against as many bare interpreters."""

    def together(argv: Sequence[str], env: Mapping[str, str], count: int) -> float:
        begin = time.perf_counter()
        started = [subprocess.Popen(argv, env=dict(env), stdin=subprocess.DEVNULL) for _ in range(count)]
        codes = {one.wait() for one in started}
        if codes != {0}:
            raise SystemExit(f"{' '.join(argv)}: exit {codes}")
        return time.perf_counter() - begin

    print(f"\n{'x as many python -c pass, at once':<34}" + "".join(f"{count:>8}" for count in AT_ONCE))
    for name, env, absent in (("warm exec", scene.warm, scene.no_warmth), ("exec, key file", scene.ordinary, None)):
        if absent is not None:
            print(f"{name:<34}  not available here: {absent}")
            continue
        values: list[float] = []
        for count in AT_ONCE:
            found = [together(exec_true(), env, count) / together(BARE, env, count) for _ in range(PARALLEL_PAIRS)]
            values.append(statistics.median(found))
        print(f"{name:<34}" + "".join(f"{value:>8.2f}" for value in values))


if __name__ == "__main__":
    main()
