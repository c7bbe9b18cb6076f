"""Put inputs into the kept corpus: those that found a fault, or the shortest for each new way in which a target ends.

::

    PYTHONPATH=tests python -m fuzz.keep TARGET FILE [REMARK]    # what found a fault, and what it did
    PYTHONPATH=tests python -m fuzz.keep [TARGET...]             # of what lies below build/fuzz/corpus
"""

from __future__ import annotations

import sys
from pathlib import Path

from fuzz.campaign import BUILD
from fuzz.table import CORPUS, TARGETS, inputs
from fuzz.target import Target, end_of

LONGEST = 400  # bytes: a person reads it
MOST = 40  # of one target


def keep(name: str, data: bytes, remark: str = "") -> None:
    """Add an input to a target's corpus."""
    CORPUS.mkdir(exist_ok=True)
    with (CORPUS / f"{name}.txt").open("a", encoding="ascii") as stream:
        stream.write(f"{data!r}{f'  # {remark}' if remark else ''}\n")


def keep_new_ends(target: Target) -> int:
    """Keep what shows a new end; gives how many."""
    known = {end_of(target, data) for data in inputs(target.name)}
    before = len(known)
    folder = BUILD / "corpus" / target.name
    for data in sorted((path.read_bytes() for path in folder.iterdir()), key=lambda data: (len(data), data)):
        if len(data) > LONGEST or len(known) - before == MOST:
            break
        end = end_of(target, data)
        if end not in known:
            known.add(end)
            keep(target.name, data)
    return len(known) - before


def main() -> None:
    """Do as the command line says."""
    match sys.argv[1:]:
        case [name, path, *remark] if Path(path).is_file():
            keep(name, Path(path).read_bytes(), " ".join(remark))
        case names:
            for name in names or TARGETS:
                sys.stdout.write(f"{name:20} {keep_new_ends(TARGETS[name]):4}\n")


if __name__ == "__main__":
    main()
