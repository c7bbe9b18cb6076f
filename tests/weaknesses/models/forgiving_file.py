"""Everything in one JSON file; whatever goes wrong when it is read, it was empty.

A model after aws-sso-cli's store.
"""

from __future__ import annotations

import base64
import json

from pyvault.errors import ItemNotFoundError
from pyvault.files.atomic import replace_file
from pyvault.names import ItemName, item_name
from pyvault.secret import Secret
from pyvault.testing.template.driver import NewBackend


class ForgivingFile(NewBackend):
    def get(self, name: ItemName) -> Secret[bytes]:
        items = self._load()
        if str(name) not in items:
            raise ItemNotFoundError(f"there is no item '{name}'")
        return Secret(base64.b64decode(items[str(name)]))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        with self._locked():
            items = self._load() | {str(name): base64.b64encode(data.reveal()).decode()}
            replace_file(self._folder / "store.json", json.dumps(items).encode())

    def names(self) -> list[ItemName]:
        return [item_name(*text.split("/", 1)) for text in self._load()]

    def _load(self) -> dict[str, str]:
        try:
            return dict(json.loads((self._folder / "store.json").read_bytes()))
        except Exception:  # noqa: BLE001 - this is the weakness
            return {}
