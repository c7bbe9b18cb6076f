"""A file for each item, at the path that its name makes.

A model after 99designs/keyring's ``pass`` backend, which joins its prefix and the name.
"""

from __future__ import annotations

import os
from pathlib import Path

from pyvault.errors import BackendError
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault.testing.template.driver import NewBackend


class NamesAsPaths(NewBackend):
    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        try:
            self._file(name).parent.mkdir(parents=True, exist_ok=True)
            super().put(name, data)
        except OSError as exc:
            raise BackendError(f"can't write '{name}': {exc.strerror}") from exc

    def _file(self, name: ItemName) -> Path:
        return Path(os.path.normpath(f"{self._folder}/{name.name}"))
