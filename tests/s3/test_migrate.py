"""``pyvault migrate`` into a bucket and out of it: whole, killed in the middle, and beside another writer.

The other end is a keyring whose passwords are in a file.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

import engines
from command_line import PYVAULT, Ended, run_pyvault, variables
from engines import Engine
from fault_proxy import Fault, FaultProxy
from starts import Popen

TESTS = Path(__file__).parents[1]
INTO, OUT = ("--from", "keyring", "--to", "file"), ("--from", "file", "--to", "keyring")
PATIENCE = 30  # seconds for a child to come so far


class Move:
    """A machine with a vault in a bucket, and a keyring."""

    def __init__(self, home: Path, url: str, endpoint: str) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self.env = {
            **engines.credentials(),
            "PYVAULT_FILE": url,
            "PYVAULT_KEYFILE": str(home / "key"),
            "PYVAULT_BACKEND_FILE__ENDPOINT_URL": endpoint,
            "PYVAULT_BACKEND_FILE__READ_TIMEOUT": "60",  # who is killed waits until then
            "PYVAULT_BACKEND_KEYRING__CLASS": "fakes.text_keyring.FileKeyring",
            "TEXT_KEYRING": str(home / "keyring.json"),
            "PYTHONPATH": str(TESTS),
        }
        assert self.run("vault", "init", "--keyfile", str(home / "key")).code == 0

    def run(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ended:
        return run_pyvault(self.home, *words, env={**self.env, **(env or {})}, stdin=stdin)

    def add(self, backend: str, profile: str, secret: str = "theSecretOf") -> None:
        pair = f"AKIA{profile.upper():X<16}\n{secret}{profile}\n".encode()
        added = self.run("--backend", backend, "add", profile, "--stdin", "--no-verify", stdin=pair)
        assert added.code == 0, added.err

    def held(self, backend: str) -> dict[str, str]:
        listed = self.run("--backend", backend, "list", "--json")
        assert listed.code == 0, listed.err
        names = [each["profile"] for each in json.loads(listed.out)["profiles"] if each["credentials"]]
        return {name: self.secret(backend, name) for name in names}

    def secret(self, backend: str, profile: str) -> str:
        shown = self.run("--backend", backend, "export", profile, "-n", "--format", "json")
        return str(json.loads(shown.out)["SecretAccessKey"])

    def killed(self, words: Sequence[str], proxy: FaultProxy, fault: Fault, at: int) -> None:
        """Kill the command while it waits for the answer to the request with this number."""
        proxy.arm(fault, at)
        child = Popen(
            [PYVAULT, *words], env=variables(self.home, self.env), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while len(proxy.requests) <= at and child.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)  # the server has it
        child.kill()
        assert child.wait() == -signal.SIGKILL
        proxy.calm()


@pytest.fixture
def here(private_home: Path, url: str, engine: Engine) -> Move:
    return Move(private_home, url, engine.url)


def test_into_the_bucket_and_out_of_it(here: Move) -> None:
    here.add("keyring", "prod")
    here.add("keyring", "test")
    both = {"prod": "theSecretOfprod", "test": "theSecretOftest"}
    tried = here.run("migrate", *INTO, "--dry-run")
    assert (tried.code, "would be copied" in tried.err) == (0, True), tried.err
    moved = here.run("migrate", *INTO, "--delete-source")
    assert (moved.code, moved.err.count("copied, verified, deleted source")) == (0, 2), moved.err
    assert (here.held("keyring"), here.held("file")) == ({}, both)
    back = here.run("migrate", *OUT)
    assert (back.code, back.err.count("copied, verified")) == (0, 2), back.err
    assert (here.held("keyring"), here.held("file")) == (both, both)
    again = here.run("migrate", *OUT, "--delete-source")
    assert (again.code, again.err.count("already there, verified, deleted source")) == (0, 2), again.err
    assert here.held("file") == {}


def test_another_key_there_is_left_alone(here: Move) -> None:
    here.add("keyring", "prod")
    here.add("file", "prod", "another")
    barred = here.run("migrate", *INTO, "--delete-source")
    assert "skipped: the target has another key" in barred.err
    assert (here.secret("keyring", "prod"), here.secret("file", "prod")) == ("theSecretOfprod", "anotherprod")
    assert here.run("migrate", *INTO, "--overwrite", "--delete-source").code == 0
    assert (here.held("keyring"), here.held("file")) == ({}, {"prod": "theSecretOfprod"})


def test_between_two_files_the_other_way_is_named(here: Move) -> None:
    refused = here.run("migrate", "--from", "file", "--to", "file")
    assert (refused.code, "pyvault vault import" in refused.err) == (2, True), refused.err


STALLS = [Fault("before the server sees it", forward=False, delay=60), Fault("after it was carried out", delay=60)]


@pytest.mark.parametrize("fault", STALLS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("way", [INTO, OUT], ids=["into", "out"])
def test_killed_in_the_middle_it_goes_on(
    way: tuple[str, ...], fault: Fault, moto: Engine, private_home: Path, faulted: Callable[[int, int], Sequence[int]]
) -> None:
    both = {"prod": "theSecretOfprod", "test": "theSecretOftest"}
    source, target = way[1], way[3]
    with FaultProxy(moto.port) as counter:
        trial = Move(private_home / "trial", moto.free_url(), counter.url)
        for name in both:
            trial.add(source, name)
        counter.calm()
        assert trial.run("migrate", *way, "--delete-source").code == 0
        lines = counter.requests
    writes = [number for number, line in enumerate(lines) if line.startswith("PUT")]
    for at in faulted(len(lines), writes[len(writes) // 2]):
        with FaultProxy(moto.port) as proxy:
            here = Move(private_home / f"at-{at}", moto.free_url(), proxy.url)
            for name in both:
                here.add(source, name)
            here.killed(["migrate", *way, "--delete-source"], proxy, fault, at)
            left, arrived = here.held(source), here.held(target)
            assert {**left, **arrived} == both, "each is in one place at least"
            again = here.run("migrate", *way, "--delete-source")
            assert again.code == (0 if left else 2), again.err
            assert (here.held(source), here.held(target)) == ({}, both)


def test_who_wrote_in_between_is_not_overwritten(
    moto: Engine, private_home: Path, faulted: Callable[[int, int], Sequence[int]]
) -> None:
    with FaultProxy(moto.port) as counter:
        trial = Move(private_home / "trial", moto.free_url(), counter.url)
        trial.add("keyring", "prod")
        counter.calm()
        assert trial.run("migrate", *INTO).code == 0
        before_the_write = [line.split()[0] for line in counter.requests].index("PUT")
    for at in {0, *faulted(before_the_write, before_the_write - 1)}:
        with FaultProxy(moto.port) as proxy:
            here = Move(private_home / f"at-{at}", moto.free_url(), proxy.url)
            here.add("keyring", "prod")
            theirs = Move(private_home / f"theirs-{at}", moto.free_url(), moto.url)
            theirs.env |= {name: here.env[name] for name in ("PYVAULT_FILE", "PYVAULT_KEYFILE")}
            proxy.arm(Fault("after it was carried out", delay=8), at)
            words = ["migrate", *INTO, "--delete-source"]
            child = Popen(
                [PYVAULT, *words], env=variables(here.home, here.env), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
            while len(proxy.requests) <= at:
                time.sleep(0.01)
            time.sleep(0.1)  # it was carried out, and the answer waits
            theirs.add("file", "prod", "theirs")
            _, told = child.communicate(timeout=60)
            proxy.calm()
            assert (child.returncode, b"by somebody else" in told) == (1, True), (at, told)
            assert (here.secret("keyring", "prod"), here.secret("file", "prod")) == ("theSecretOfprod", "theirsprod")
