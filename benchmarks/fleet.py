"""A vault in S3 under a fleet: writers that are killed, long-lived readers, and the cost as it grows.

* 8 writers, each a process with a memory of its own, as on 8 machines, write 100 entries in all and are killed with
  -9 at random moments. Whatever a writer was told is written has to be there, once.
* 16 long-lived readers look 10 000 times in all while one writes. Each look is one request, and what is seen is
  whole: the entries of one generation, never of an earlier one than before.
* Reading and writing a vault with 10, 100 and 1 000 entries.
* 10 writers of the command line at once, each ``pyvault add`` on a machine of its own, and one of them alone.

All writes go through a proxy that lets one in after the other, since moto does not compare and write in one step
(tests/fault_proxy.py). The other processes use the library: importing and making a client of boto3 costs more than
all of a command's requests.

Usage: python benchmarks/fleet.py [moto|seaweedfs]... (make engines)
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import engines
from command_line import PYVAULT, variables
from engines import ENGINES, Engine
from pyvault.names import ItemName, credential_name
from pyvault.record import replace
from pyvault.secret import Secret
from s3_machine import OPTIONS, Machine, key_file

WRITERS, WRITES = 8, 100
READERS, LOOKS = 16, 10_000
SIZES = (10, 100, 1000)
COMMANDS = 10
PATIENT = replace(OPTIONS, lock_timeout=60)
TIMEOUTS = {"read_timeout": "10", "connect_timeout": "5"}  # a laptop is busy with this many processes
LONGEST_LIFE = 4.0  # seconds of a writer, from its first write
LIMIT = 60.0  # seconds for all writes


def name_of(number: int) -> ItemName:
    return credential_name(f"entry-{number}")


def child(kind: str, home: str, url: str, endpoint: str, *numbers: str) -> None:
    vault = Machine(Path(home), url).open(endpoint, options=PATIENT, **TIMEOUTS)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    if kind == "write":
        for number in numbers:
            vault.put(name_of(int(number)), Secret(number.encode()))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        return
    wrong, seen = 0, 0
    for _ in range(int(numbers[0])):
        held = {entry.name: entry.attributes.get("of") for entry in vault.entries()}
        newest = int(held.get(credential_name("moving"), "0") or 0)
        wrong += newest < seen or vault.generation < newest
        seen = max(seen, newest)
    sys.stdout.write(f"{wrong}\n")


def start(kind: str, home: Path, url: str, endpoint: str, *numbers: int) -> subprocess.Popen[str]:
    words = [sys.executable, __file__, "--child", kind, str(home), url, endpoint, *map(str, numbers)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def write_and_die(engine: Engine, folder: Path) -> str:
    from fault_proxy import FaultProxy

    with FaultProxy(engine.port) as between:
        return write_and_die_at(between.url, engine.free_url(), folder)


def write_and_die_at(endpoint: str, url: str, folder: Path) -> str:
    Machine(folder / "first", url).create(endpoint, **TIMEOUTS)
    chance = random.Random(8)  # noqa: S311 - spreads the kills
    acknowledged: set[int] = set()
    left = {writer: [*range(writer, WRITES, WRITERS)] for writer in range(WRITERS)}
    kills, begin = 0, time.perf_counter()
    while any(left.values()):
        running = {
            writer: start("write", folder / f"writer-{writer}", url, endpoint, *numbers)
            for writer, numbers in left.items()
            if numbers
        }
        deadlines = {writer: time.monotonic() + chance.uniform(1.0, LONGEST_LIFE) for writer in running}
        while any(process.poll() is None for process in running.values()):
            for writer, process in running.items():
                if process.poll() is None and time.monotonic() > deadlines[writer] and kills < 3 * WRITERS:
                    process.kill()
                    kills += 1
            time.sleep(0.01)
        for writer, process in running.items():
            told, _ = process.communicate()
            done = {int(line) for line in told.split() if line.isdigit()}
            acknowledged |= done
            left[writer] = [number for number in left[writer] if number not in done]
    seconds = time.perf_counter() - begin
    vault = Machine(folder / "first", url).open(endpoint, **TIMEOUTS)
    held = {entry.name: entry for entry in vault.entries()}
    lost = [number for number in acknowledged if vault.get(name_of(number)).reveal() != str(number).encode()]
    # A writer that died before it was told writes again: that is a second write of one who does not know.
    extra = sum(entry.revision - 1 for entry in held.values())
    # Each revision is one generation beside the first: more generations would be a write that went out twice.
    double = vault.generation - 1 - sum(entry.revision for entry in held.values())
    verdict = "good" if not lost and not double and seconds <= LIMIT and len(held) == WRITES else "BAD"
    return (
        f"{WRITES} writes by {WRITERS} processes, {kills} killed: {len(lost)} lost, {double} double, "
        f"{extra} repeated by who was killed, {seconds:.1f} s: {verdict}"
    )


def read_while_one_writes(engine: Engine, folder: Path) -> str:
    from fault_proxy import FaultProxy

    url = engine.free_url()
    writer = Machine(folder / "the-writer", url)
    vault = writer.create(engine.url, **TIMEOUTS)
    with FaultProxy(engine.port) as counter:
        begin = time.perf_counter()
        each = LOOKS // READERS
        readers = [start("read", folder / f"reader-{number}", url, counter.url, each) for number in range(READERS)]
        writer.here()
        written = 0
        while any(reader.poll() is None for reader in readers):
            written += 1
            generation = vault.generation + 1
            vault.put(credential_name("moving"), Secret(b"x" * 100), attributes={"of": str(generation)})
            time.sleep(0.05)
        seconds = time.perf_counter() - begin
        wrong = sum(int((reader.communicate()[0].split() or ["open", "1"])[-1]) for reader in readers)
        requests = len(counter.requests)
    # The first look of each process is that of its start.
    verdict = "good" if not wrong and requests == LOOKS else "BAD"
    return (
        f"{LOOKS} looks by {READERS} processes, {written} writes beside them: {wrong} wrong, {requests} requests, "
        f"{seconds:.1f} s: {verdict}"
    )


def cost(engine: Engine, folder: Path, size: int) -> str:
    machine = Machine(folder / "cost", engine.free_url())
    vault = machine.create(engine.url, **TIMEOUTS)
    with vault.transaction():
        for number in range(size):
            vault.put(name_of(number), Secret(b"x" * 240))
    times: list[float] = []
    for act in (
        lambda: vault.get(name_of(size // 2)),
        lambda: vault.put(name_of(size // 2), Secret(b"y" * 240)),
    ):
        begin = time.perf_counter()
        for _ in range(10):
            act()
        times.append((time.perf_counter() - begin) * 100)
    return f"{size:>5} entries: {times[0]:.1f} ms to read one, {times[1]:.1f} ms to write one"


def add_at_once(engine: Engine, folder: Path) -> str:
    from fault_proxy import FaultProxy

    url = engine.free_url()
    vault = Machine(folder / "the-first", url).create(engine.url, **TIMEOUTS)
    with FaultProxy(engine.port) as counter:
        alone = run_at_once(["alone"], folder, url, counter.url)
        counter.calm()
        at_once = run_at_once([f"command-{number}" for number in range(COMMANDS)], folder, url, counter.url)
        puts = sum(line.startswith("PUT ") for line in counter.requests)
    held = {entry.name for entry in vault.entries()}
    lost = COMMANDS - sum(credential_name(f"command-{number}") in held for number in range(COMMANDS))
    double = vault.generation - 2 - COMMANDS
    verdict = "good" if not lost and not double and not at_once.failed else "BAD"
    return (
        f"{COMMANDS} commands at once: {lost} lost, {double} double, {at_once.failed} failed, {puts} puts, "
        f"all done after {at_once.last:.1f} s, the first after {at_once.first:.1f} s; one alone {alone.last:.1f} s: "
        f"{verdict}"
    )


def add(name: str, folder: Path, url: str, endpoint: str) -> subprocess.Popen[bytes]:
    """Start a command on a machine of its own, which has the key file of the vault and has never seen it."""
    home = folder / name
    home.mkdir()
    settings = {
        **engines.credentials(),
        "PYVAULT_BACKEND": "file",
        "PYVAULT_FILE": url,
        "PYVAULT_KEYFILE": str(key_file(home)),
        "PYVAULT_BACKEND_FILE__ENDPOINT_URL": endpoint,
        **{f"PYVAULT_BACKEND_FILE__{option.upper()}": value for option, value in TIMEOUTS.items()},
    }
    words = [PYVAULT, "add", name, "--env", "--no-verify"]  # the pair of the bucket is as good as any
    return subprocess.Popen(words, env=variables(home, settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Ended(NamedTuple):
    """How commands ended: seconds until the first and the last of them, and how many failed."""

    first: float
    last: float
    failed: int


def run_at_once(names: list[str], folder: Path, url: str, endpoint: str) -> Ended:
    begin, ended = time.perf_counter(), dict[int, float]()
    commands = [add(name, folder, url, endpoint) for name in names]
    while len(ended) < len(commands):
        for command in commands:
            if command.pid not in ended and command.poll() is not None:
                ended[command.pid] = time.perf_counter() - begin
        time.sleep(0.01)
    return Ended(min(ended.values()), max(ended.values()), sum(command.returncode != 0 for command in commands))


def main(names: list[str]) -> None:
    os.environ.update(engines.credentials())
    for name in names or ENGINES:
        with Engine(name) as engine, tempfile.TemporaryDirectory() as folder:
            print(f"== {name}")
            print(write_and_die(engine, Path(folder)))
            print(read_while_one_writes(engine, Path(folder)))
            for size in SIZES:
                print(cost(engine, Path(folder), size))
            print(add_at_once(engine, Path(folder)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main(sys.argv[1:])
