"""The pictures of docs/pictures: a session, a plan, the way of a secret, the house. All but the way are drawn from the real thing: ``make pages``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs import svg
from transcripts.page import COMMAND, TYPED, Turn, parse

ROOT = Path(__file__).parents[2]
COLUMNS = 80
TRANSCRIPT = ROOT / "tests" / "transcripts" / "passphrase.txt"
#: The commands of the transcript that the picture has, by their beginnings.
SHOWN = ("pyvault add demo", "pyvault exec demo")
#: What of these is seen, by the key ID of AWS's own examples.
KEY_IDS, EXAMPLE_ID = {"«key ID of demo»", "«hidden: secret pair of demo»"}, "AKIAIOSFODNN7EXAMPLE"

CONFIG = """\
[profile ci-user]
region = eu-west-1
mfa_serial = arn:aws:iam::111122223333:mfa/me

[profile prod]
region = eu-west-1
source_profile = ci-user
role_arn = arn:aws:iam::444455556666:role/deploy
mfa_serial = arn:aws:iam::111122223333:mfa/me
"""


def files() -> dict[str, str]:
    """Return the pictures that can be drawn here, by the names of their files."""
    found = {"plan.svg": plan(), "way.svg": way()}
    if TRANSCRIPT.exists():
        found["session.svg"] = session()
    if (ROOT / "vault").exists():  # the sources; beside an installed wheel are the tests alone
        found["house.svg"] = house()
    return found


def session() -> str:
    """Return a first session, as its transcript has it."""
    turns = parse(TRANSCRIPT.read_text(encoding="utf-8"))
    last = {begin: turn for turn in turns for begin in SHOWN if turn.lines[0].startswith(begin)}
    assert last.keys() == set(SHOWN), f"'{TRANSCRIPT.name}' has other commands now: SHOWN picks them"
    lines = [line for begin in SHOWN for line in _screen(last[begin])]
    del lines[-1]  # the blank one below the last command
    parts = [svg.text(0, row, pieces) for row, pieces in enumerate(lines)]
    return svg.picture("A first session: a key is stored, and a command runs with it", COLUMNS, len(lines), parts)


def _screen(turn: Turn) -> Iterator[list[svg.Piece]]:
    for line in turn.lines:
        yield [("dim", COMMAND), ("typed", line)]
    for line in turn.screen.splitlines():
        typed = TYPED.search(line)
        parts = textwrap.wrap(line[: typed.start()] if typed else line, COLUMNS, drop_whitespace=False) or [""]
        yield from ([("", part)] for part in parts[:-1])
        yield [("", parts[-1]), ("typed", EXAMPLE_ID if typed and typed[0] in KEY_IDS else "")]
    yield [("", "")]


def plan() -> str:
    """Return the plan of a role with MFA, as ``explain --json`` has it."""
    steps = _explained()["steps"]
    parts: list[str] = []
    row = 0.0
    for number, step in enumerate(steps, 1):
        why = textwrap.wrap(f"because {step['why']}", 62)
        told = [*_details(step)]
        height = 1 + len(told) + len(why)
        parts.append(svg.box(1, row, 66, height))
        parts.append(svg.text(1, row, [("key", f"{number} {step['op']}"), ("dim", f"   profile {step['profile']}")]))
        for offset, line in enumerate([*told, *why], 1):
            parts.append(svg.text(3, row + offset, [("" if offset <= len(told) else "dim", line)]))
        row += height + 0.4
        parts.append(svg.arrow(4, row, 0.9))
        row += 1.3
    parts.append(svg.text(1, row, [("good", "the command gets these credentials")]))
    return svg.picture("The plan for a role with MFA on top of a stored key, step by step", 68, row + 1, parts)


def _details(step: dict[str, Any]) -> Iterator[str]:
    if step["op"] == "stored":
        yield "a key pair from the store; no call"
    if step["role_arn"]:
        yield step["role_arn"]
    if step["mfa_serial"]:
        yield f"asks for a code of {step['mfa_serial']}"
    if step["duration_s"]:
        yield f"for {step['duration_s'] // 3600} h, in {step['region']}; then kept in the encrypted cache"


def _explained() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        config = Path(home, ".aws", "config")
        config.parent.mkdir()
        config.write_text(CONFIG, encoding="utf-8")
        words = [sys.executable, "-m", "pyvault_cli", "--backend", "memory", "explain", "prod", "--json"]
        shown = subprocess.run(
            [*words, "--assume-stored", "ci-user"],
            env={"HOME": home, "PATH": os.environ["PATH"]},
            capture_output=True,
            check=True,
        )
    explained: dict[str, Any] = json.loads(shown.stdout)
    return explained


def way() -> str:
    """Return the way from a stored key to a program."""
    stops = [
        [("the store", "your keys, encrypted"), ("~/.aws/config", "who, which role")],
        [("the plan", "which calls, which code, why: explain shows it")],
        [("calls to AWS", "STS, IAM Identity Center, AWS Sign-In")],
        [("the session cache", "what expires, encrypted, for the next command")],
        [("the program", "by variables, credential_process, a server")],
    ]
    parts: list[str] = []
    for number, boxes in enumerate(stops):
        row, width = number * 3.8, (48 - 4 * (len(boxes) - 1)) / len(boxes)
        for place, (title, told) in enumerate(boxes):
            column = 1 + place * (width + 4)
            parts += [svg.box(column, row, width, 2), svg.text(column, row, [("key", title)])]
            parts.append(svg.text(column, row + 1, [("", told)]))
            parts += [svg.arrow(column + 4, row + 2.4, 0.9)] if number + 1 < len(stops) else []
    return svg.picture("From the store and the config to the plan, AWS, the cache and the program", 50, 17.4, parts)


def house() -> str:
    """Return the rooms of the two big packages, as the contracts on imports have them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = {each["containers"][0]: each["layers"] for each in contracts if each["type"] == "layers"}
    face, core = list(_rooms(layers["pyvault_cli"], 24)), list(_rooms(layers["pyvault"], 38))
    drivers = ["file", "keychain", "wincred", "secret-service", "pass", "keyring", "memory", "", "and plug-ins"]
    parts: list[str] = []
    height = max(map(len, (face, core, drivers)))
    columns = (("the face", face, 1, 24), ("the core", core, 31, 38), ("drivers", drivers, 75, 16))
    for title, rooms, column, width in columns:
        parts += [svg.text(column, 0, [("key", title)]), svg.box(column, 1.6, width, height)]
        parts += [svg.text(column, 1.6 + row, [("", room)]) for row, room in enumerate(rooms)]
    foot = "imports go downwards, and from the face and the drivers to the core"
    parts.append(svg.text(1, height + 2.6, [("dim", foot)]))
    return svg.picture("The rooms of the program and who may import whom", 93, height + 3.6, parts)


def _rooms(layers: list[str], width: int) -> Iterator[str]:
    for layer in layers:
        lines = textwrap.wrap(layer.replace("|", " ").replace(":", " "), width)
        yield from (line if number == 0 else f"  {line}" for number, line in enumerate(lines))
