"""A vault in S3 under a fleet: writers that are killed, long-lived readers, and the cost as it grows.

* 8 writers, each a process with a memory of its own, as on 8 machines, write 100 entries in all and are killed with
  -9 at random moments. Whatever a writer was told is written has to be there, once.
* 16 long-lived readers look 10 000 times in all while one writes. Each look is one request, and what is seen is
  whole: the entries of one generation, never of an earlier one than before.
* Reading and writing a vault with 10, 100 and 1 000 entries.

The processes use the library: importing and making a client of boto3 costs more than all of a command's requests,
and is shown apart.

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

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import engines
from engines import ENGINES, Engine
from pyvault.names import ItemName, credential_name
from pyvault.record import replace
from pyvault.secret import Secret
from s3_machine import OPTIONS, Machine

WRITERS, WRITES = 8, 100
READERS, LOOKS = 16, 10_000
SIZES = (10, 100, 1000)
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
    url = engine.free_url()
    Machine(folder / "first", url).create(engine.url, **TIMEOUTS)
    chance = random.Random(8)  # noqa: S311 - spreads the kills
    acknowledged: set[int] = set()
    left = {writer: [*range(writer, WRITES, WRITERS)] for writer in range(WRITERS)}
    kills, begin = 0, time.perf_counter()
    while any(left.values()):
        running = {
            writer: start("write", folder / f"writer-{writer}", url, engine.url, *numbers)
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
    vault = Machine(folder / "first", url).open(engine.url, **TIMEOUTS)
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


def main(names: list[str]) -> None:
    os.environ.update(engines.credentials())
    for name in names or ENGINES:
        with Engine(name) as engine, tempfile.TemporaryDirectory() as folder:
            print(f"== {name}")
            print(write_and_die(engine, Path(folder)))
            print(read_while_one_writes(engine, Path(folder)))
            for size in SIZES:
                print(cost(engine, Path(folder), size))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main(sys.argv[1:])
