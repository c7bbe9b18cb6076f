"""A backend of ``keyring`` in a process of its own: ``peer_program.py SETTINGS``, a JSON object.

``class`` names it, ``set`` its attributes, ``passphrase`` is what a human types,
``counted`` a function of a library whose calls are counted, ``watched`` a folder
in which every mode that a file has for a moment is seen.
Each line on stdin is a call ``[operation, service, user, value]``, each line on
stdout its answer: ``{"value": ...}`` or ``{"error": ...}``.
"""

from __future__ import annotations

import getpass
import json
import sys
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

from moments import watch_modes  # beside this program


class Peer:
    """The keyring, and what is counted and seen while it works."""

    def __init__(self, settings: dict[str, object]) -> None:
        getpass.getpass = lambda prompt="", stream=None: settings["passphrase"]
        self._keyring = find(str(settings["class"]))()
        for attribute, value in dict(settings.get("set", {})).items():
            setattr(self._keyring, attribute, value)
        self._watched = settings.get("watched")
        self._seen: set[tuple[Path, int]] = set()
        self._calls = 0
        if "counted" in settings:
            self._count(str(settings["counted"]))

    def _count(self, function: str) -> None:
        module, _, name = function.rpartition(".")
        real = find(function)

        def counting(*arguments: object, **keywords: object) -> object:
            self._calls += 1
            return real(*arguments, **keywords)

        setattr(import_module(module), name, counting)

    def call(self, operation: str, service: str, user: str, value: str) -> object:
        match operation:
            case "get":
                return self._keyring.get_password(service, user)
            case "put":
                with watch_modes(Path(self._watched)) if self._watched else nullcontext(self._seen) as self._seen:
                    return self._keyring.set_password(service, user, value)
            case "delete":
                return self._keyring.delete_password(service, user)
            case "count":
                return self._calls
            case "modes":
                return [(str(path), mode) for path, mode in self._seen]
        raise ValueError(operation)


def find(dotted: str) -> object:
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


def main(settings: dict[str, object]) -> None:
    peer = Peer(settings)
    for line in sys.stdin:
        try:
            answer = {"value": peer.call(*json.loads(line))}
        except Exception as exc:  # noqa: BLE001 - whatever the library raises is its answer
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
