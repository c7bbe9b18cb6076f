"""Run by test_clients.py inside a network namespace; never collected outside.

One command of ours for each column of the page, and all clients side by side at it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from clients.page import HOSTS, PAGE, WAYS, page, read_page
from clients.table import CLIENTS, Client
from command_line import PYVAULT, Pyvault, clean_environ
from fake_aws.client import FakeAws

# Read before the fixtures take our variables away.
WRITE = os.environ.get("PYVAULT_WRITE_DOCS") == "1"
REQUIRED = os.environ.get("PYVAULT_REQUIRE_PEERS") == "1"
TOLD = Path(os.environ["PYVAULT_CLIENTS_TOLD"])

CALL_ALL = Path(__file__).parents[1] / "clients" / "call_all.py"
#: The first table's columns that are one command.
EXEC = {
    "ECS, token": ["--ecs-server"],
    "ECS, token file": ["--ecs-server", "--token-file", "token"],
    "EC2": ["--ec2-server"],
}
CONTAINER_ADDRESS = "169.254.170.2"


class Bench:
    """A vault, a role in it, an AWS, and the clients that are here."""

    def __init__(self, variables: dict[str, str], home: Path) -> None:
        self.variables = variables
        self.home = home
        self.clients = [client for client in CLIENTS if client.is_here]
        self.documented = read_page(PAGE.read_text(encoding="utf-8"))
        self.seen: dict[tuple[str, str], str] = {}

    def by_exec(self, column: str) -> None:
        """Let the clients be children of one ``exec``."""
        self.call(column, self.variables, [str(PYVAULT), "exec", *EXEC[column], "reader", "--"])

    def call(self, column: str, environ: Mapping[str, str], before: Sequence[str] = ()) -> None:
        """Run all clients; note yes or no for each."""
        orders, outcomes = self.home / "orders.json", self.home / f"{column}.json"
        orders.write_text(json.dumps([self.order(client, column) for client in self.clients]))
        words = [*before, sys.executable, str(CALL_ALL), str(orders), str(outcomes)]
        ended = subprocess.run(
            words, env=dict(environ), cwd=self.home, capture_output=True, text=True, timeout=300, check=False
        )
        sys.stderr.write(ended.stderr)
        assert ended.returncode == 0, ended.stderr
        proofs = json.loads(outcomes.read_text())
        self.seen |= {(client.name, column): "yes" if proofs[client.name] else "no" for client in self.clients}

    def order(self, client: Client, column: str) -> dict[str, object]:
        """Order one call; on a busy machine a client that should succeed may miss its own timeout of a second."""
        tries = 2 if self.documented.get((client.name, column)) == "yes" else 1
        return {"name": client.name, "words": client.words, "proof": client.proof, "tries": tries}

    @contextmanager
    def server(self, listen: str) -> Iterator[dict[str, str]]:
        """Run ``pyvault server``; give the variables that it prints."""
        words = [str(PYVAULT), "server", "--listen", listen, "reader"]
        with subprocess.Popen(words, env=self.variables, cwd=self.home, stdout=subprocess.PIPE, text=True) as running:
            try:
                assert running.stdout is not None
                told = {}
                for line in running.stdout:
                    if line.startswith("ready "):
                        break
                    name, _, value = line.strip().partition("=")
                    told[name] = value
                yield told
            finally:
                running.terminate()


@pytest.fixture
def bench(pyvault: Pyvault, keyed: dict[str, str | None], fake_aws: FakeAws, tmp_path: Path) -> Bench:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        f"[profile reader]\nregion = eu-west-1\nendpoint_url = {fake_aws.url}\nsource_profile = demo\n"
        f"role_arn = {fake_aws.role_arn('reader')}\n"
    )
    key = fake_aws.demo_key()
    keys = {"AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key}
    assert pyvault("add", "demo", "--env", "--no-verify", "--no-add-config", env=keyed | keys).code == 0
    variables = {name: value for name, value in {**clean_environ(tmp_path), **keyed}.items() if value is not None}
    return Bench(variables, tmp_path)


@pytest.fixture
def plain(fake_aws: FakeAws, tmp_path: Path) -> dict[str, str]:
    """The environment of a client that was not started by pyvault: no vault, no credentials."""
    return {"PATH": clean_environ(tmp_path)["PATH"], "LANG": "C.UTF-8", **fake_aws.environ()}


def test_clients(bench: Bench, plain: dict[str, str]) -> None:
    for column in EXEC:
        bench.by_exec(column)
    for host in (CONTAINER_ADDRESS, "169.254.170.23", "10.99.0.1"):
        subprocess.run(["ip", "address", "add", f"{host}/32", "dev", "lo"], check=True)
    for host in HOSTS:
        with bench.server(f"{host}:8911") as told:
            bench.call(host, plain | told)
    with bench.server(f"{CONTAINER_ADDRESS}:80") as told:
        del told["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        bench.call(WAYS[2], plain | told | {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/profile/reader"})

    missing = [client.name for client in CLIENTS if not client.is_here]
    tried = "; ".join(f"{client.name} {client.find_version()}" for client in bench.clients)
    TOLD.write_text(f"clients tried: {tried}; not here: {', '.join(missing) or 'none'}")
    if WRITE:
        PAGE.write_text(
            page(bench.seen, {client.name: client.find_version() for client in bench.clients}), encoding="utf-8"
        )
    documented = read_page(PAGE.read_text(encoding="utf-8"))
    assert {cell: documented.get(cell) for cell in bench.seen} == bench.seen
    if REQUIRED:
        assert not [client.name for client in CLIENTS if client.everywhere and not client.is_here]
