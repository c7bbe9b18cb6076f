"""docs/clients.md: written from what was seen, and read back to be compared with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from clients.table import CLIENTS

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"

#: The columns of the first table: how a client is led to the server.
WAYS = ["ECS, token", "ECS, token file", "ECS, RELATIVE_URI", "EC2"]
#: The columns of the second: where the server listens, as AWS_CONTAINER_CREDENTIALS_FULL_URI says it.
HOSTS = ["[::1]", "169.254.170.2", "169.254.170.23", "10.99.0.1"]

Cells = Mapping[tuple[str, str], str]

PROSE = """\
# Which clients work with the credential servers

Made by `tests/cli/test_clients.py`, which also checks it: each client, unmodified, finds the credentials by its own
means and proves them with a signed request to the strict local AWS of the tests. All of them are tried in every run of
the project's checks but Java v2 and Terraform, which are tried where Maven gets its packages and where `terraform` is.

{ways}
* **ECS, token**: `exec --ecs-server` and `server`. The client reads `AWS_CONTAINER_CREDENTIALS_FULL_URI` and
  `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
* **ECS, token file**: with `--token-file` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which older SDKs don't know;
  Ruby knows none of these variables in the version tried.
* **ECS, RELATIVE_URI**: `server --listen 169.254.170.2:80`, the address of the ECS agent, with
  `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN`. Ruby finds the server but sends no token.
* **EC2**: `exec --ec2-server`, at the real 169.254.169.254, with a session token (IMDSv2).
* **Terraform** keeps its state in S3 here: its backend gets credentials by the same code as its AWS provider.

## Where the server may listen
Clients send a token over http only to addresses that they trust. With `AWS_CONTAINER_CREDENTIALS_FULL_URI` and
`AWS_CONTAINER_AUTHORIZATION_TOKEN`, and the server at

{hosts}
10.99.0.1 stands for any address that is neither loopback nor one of AWS's own. 127.0.0.1, where `exec --ecs-server` listens
(the first column above), serves all that know the variable, and 169.254.170.2 those that go by `RELATIVE_URI`; what containers make of that is in [containers.md](containers.md).

## Whose files they read first
All of them look at `[default]` of the AWS files before they ask a server; `exec` refuses to start a server where that has a source of its own,
and `--hide-shared-config` hides it ([servers.md](servers.md#programs-whose-own-files-know-better)). Tried with the AWS CLI v1, boto3, JavaScript v3, Go v1 and Go v2.
"""


def page(seen: Cells, versions: Mapping[str, str]) -> str:
    """Write the page."""
    names = [f"{client.name} ({versions.get(client.name, 'not tried')})" for client in CLIENTS]
    return PROSE.format(ways=_table(seen, names, WAYS), hosts=_table(seen, names, HOSTS))


def _table(seen: Cells, names: Sequence[str], columns: Sequence[str]) -> str:
    rows = [["client", *columns], ["---"] * (len(columns) + 1)]
    for client, name in zip(CLIENTS, names, strict=True):
        rows.append([name, *(seen.get((client.name, column), "not tried") for column in columns)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def read_page(text: str) -> dict[tuple[str, str], str]:
    """Read the cells of both tables back."""
    cells: dict[tuple[str, str], str] = {}
    columns: Iterable[str] = ()
    known = {client.name for client in CLIENTS}
    for line in text.splitlines():
        first, *rest = [word.strip() for word in line.strip("|").split("|")]
        if first == "client":
            columns = rest
        elif (name := first.partition(" (")[0]) in known and rest:
            cells |= {(name, column): word for column, word in zip(columns, rest, strict=True)}
    return cells
