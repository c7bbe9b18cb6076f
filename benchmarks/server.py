"""What the credential server bears: requests per second, p99, memory.

Usage: python benchmarks/server.py [rounds] [seconds]

Needs wrk, and for the comparison a Go toolchain. Each server has core 0 (Go with
GOMAXPROCS=1), wrk has core 1; the rounds alternate, and the ratio is the median
of neighbours. The rate is judged; "cpu", the server's own time for a request,
stands beside it, for a machine with neighbours disturbs it least.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measure import spend
from scene import PYVAULT, FakeAws, clean_environ

HERE = Path(__file__).parent
TOKEN = "benchmark-token-0123456789-0123456789"  # noqa: S105 - of no value
TICKS = os.sysconf("SC_CLK_TCK")

BUDGET_GO = 1.2  # times Go's requests per second, 64 connections
BUDGET_PSS = 40.0  # MiB, keeper and server together


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    rate: float
    p99: str
    cpu_us: float


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as home, FakeAws() as aws:
        env = prepare(home, aws)
        kept = throughput(home, env, rounds, seconds)
    raise SystemExit(0 if kept else 1)


def prepare(home: str, aws: FakeAws) -> dict[str, str]:
    env = clean_environ(home)
    env |= {"PYVAULT_BACKEND": "file", "PYVAULT_KEYFILE": f"{home}/key", "AWS_ENDPOINT_URL": aws.url}
    pair = aws.key("demo")
    keys = {"AWS_ACCESS_KEY_ID": pair.access_key_id, "AWS_SECRET_ACCESS_KEY": pair.secret_access_key}
    spend([PYVAULT, "vault", "init", "--keyfile", f"{home}/key"], env)
    spend([PYVAULT, "add", "bench", "--env", "--no-verify"], {**env, **keys})
    spend([PYVAULT, "exec", "bench", "--", "true"], env)
    token = Path(home, "token")
    token.write_text(TOKEN)
    token.chmod(0o600)
    return env


def throughput(home: str, env: dict[str, str], rounds: int, seconds: int) -> bool:
    if shutil.which("wrk") is None:
        print("no wrk: throughput not measured")
        return True
    ours = subprocess.Popen(
        ["taskset", "-c", "0", PYVAULT, "server", "bench", "--token-file", f"{home}/token"],
        env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    servers: list[tuple[str, int, int]] = []
    go = None
    try:
        port = int(re.search(r":(\d+)/", next(line for line in lines(ours) if line.startswith("ready")))[1])
        family = [ours.pid, *children(ours.pid)]
        servers.append(("pyvault", port, family[-1]))
        body = Path(home, "body")
        body.write_bytes(fetch(port))
        go = start_go(home, port + 1, body)
        if go is not None:
            servers.append(("Go net/http", port + 1, go.pid))
        measured: dict[tuple[str, int], list[Load]] = {}
        for connections in (1, 64):
            for _ in range(rounds):
                for name, at, pid in servers:
                    measured.setdefault((name, connections), []).append(load(at, pid, connections, seconds))
        kept = table(measured)
        pss = sum(pss_mib(pid) for pid in family)
        print(f"memory of the idle server, keeper included: {pss:.1f} MiB PSS (budget {BUDGET_PSS:g})")
        return kept and pss <= BUDGET_PSS
    finally:
        for process in (ours, go):
            if process is not None:
                process.terminate()
                process.wait()


def lines(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    found = []
    for line in process.stdout:
        found.append(line)
        if line.startswith("ready"):
            break
    return found


def start_go(home: str, port: int, body: Path) -> subprocess.Popen[bytes] | None:
    if shutil.which("go") is None:
        print("no Go toolchain: nothing to compare with")
        return None
    binary = f"{home}/ecs_peer"
    # Go's own cache: without it the whole standard library is built first.
    subprocess.run(["go", "build", "-o", binary, str(HERE / "peers" / "ecs_peer.go")], check=True)
    process = subprocess.Popen(["taskset", "-c", "0", binary, str(port), TOKEN, str(body)], env={"GOMAXPROCS": "1"})
    time.sleep(0.5)
    return process


def load(port: int, pid: int, connections: int, seconds: int) -> Load:
    before = cpu_seconds(pid)
    words = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency"]
    words += ["-H", f"Authorization: {TOKEN}", f"http://127.0.0.1:{port}/"]
    report = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in report or "Socket errors" in report:
        raise SystemExit(report)
    requests = int(re.search(r"(\d+) requests in", report)[1])
    rate, p99 = re.search(r"Requests/sec:\s*([\d.]+)", report)[1], re.search(r"99%\s+(\S+)", report)[1]
    return Load(rate=float(rate), p99=p99, cpu_us=(cpu_seconds(pid) - before) / requests * 1e6)


def table(measured: dict[tuple[str, int], list[Load]]) -> bool:
    print(f"{'server':<14}{'connections':>12}{'requests/s':>12}{'p99':>10}{'cpu us':>8}")
    for (name, connections), loads in measured.items():
        middle = sorted(loads, key=lambda one: one.rate)[len(loads) // 2]
        cpu = statistics.median(one.cpu_us for one in loads)
        print(f"{name:<14}{connections:>12}{middle.rate:>12.0f}{middle.p99:>10}{cpu:>8.1f}")
    if ("Go net/http", 64) not in measured:
        return True
    pairs = list(zip(measured["pyvault", 64], measured["Go net/http", 64], strict=True))
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
    work = statistics.median(theirs.cpu_us / ours.cpu_us for ours, theirs in pairs)
    print(f"64 connections: {ratio:.2f} times Go's rate (budget {BUDGET_GO:g}); {work:.2f} by processor time")
    return ratio >= BUDGET_GO


def fetch(port: int) -> bytes:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/", headers={"Authorization": TOKEN})
    return connection.getresponse().read()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_mib(pid: int) -> float:
    return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)[1]) / 1024


if __name__ == "__main__":
    main()
