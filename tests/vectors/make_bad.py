"""Write tests/vectors/bad anew: the vault files and the manifest. The same bytes come out each time.

``python tests/vectors/make_bad.py [DIRECTORY] [--all]``; the packages argon2-cffi and cryptography are needed, pyvault is not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bad_vaults.row import KINDS, STAGES, Row

TESTS = Path(__file__).parents[1]
BAD = Path(__file__).parent / "bad"

#: Large ones, and variations of a neighbour: the repository stays small without them.
GENERATED_ONLY = frozenset((TESTS / "bad_vaults" / "generated_only.txt").read_text(encoding="utf-8").split())


def refused_rows() -> list[Row]:
    from bad_vaults import clear_part, external, history, index, keys, records

    listed = [row for module in (clear_part, keys, index, records, history) for row in module.rows()]
    return [*listed, *external.refused_rows()]


def accepted_rows() -> list[Row]:
    from bad_vaults import external, good

    return [*good.rows(), *external.accepted_rows()]


def manifest(refused: list[Row], accepted: list[Row]) -> dict[str, Any]:
    return {
        "format": "PYV1",
        "errors": {kind: {"means": means, "exit_code": code} for kind, (means, code) in KINDS.items()},
        "noticed": STAGES,
        "refused": [{**row.as_json(), **_where(row)} for row in refused],
        "accepted": [{**row.as_json(), **_where(row)} for row in accepted],
    }


def _where(row: Row) -> dict[str, bool]:
    return {"generated_only": True} if row.name in GENERATED_ONLY else {}


def as_text(document: dict[str, Any]) -> str:
    """Write the manifest with one row on a line, so that a change is a line."""

    def rows(listed: list[Any]) -> str:
        return "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in listed) + "\n ]"

    parts = [
        f" {json.dumps(key)}: {rows(value) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)}"
        for key, value in document.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def files(rows: list[Row]) -> dict[str, bytes]:
    """Give the content of each file by its name; rows that share a file agree on it."""
    made: dict[str, bytes] = {}
    for row in rows:
        if made.setdefault(row.file, row.content) != row.content:
            raise ValueError(f"two rows make different files {row.file}")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=BAD)
    parser.add_argument("--all", action="store_true", help="also the files that are not kept in the repository")
    chosen = parser.parse_args()
    refused, accepted = refused_rows(), accepted_rows()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    for old in chosen.directory.glob("*.pyv"):
        old.unlink()
    kept = [row for row in (*refused, *accepted) if chosen.all or row.name not in GENERATED_ONLY]
    for name, content in files(kept).items():
        (chosen.directory / name).write_bytes(content)
    (chosen.directory / "manifest.json").write_text(as_text(manifest(refused, accepted)), encoding="utf-8")


if __name__ == "__main__":
    main()
