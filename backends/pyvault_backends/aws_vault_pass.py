"""Read aws-vault's items in the password store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault.errors import BackendUnavailableError, ItemCorruptError, ItemNotFoundError
from pyvault.migration.aws_vault_records import read_item
from pyvault.storage.backend_options import check_options, seconds_option
from pyvault_backends._aws_vault import ReadOnly
from pyvault_backends._gpg import Gpg, gpg_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvault.backend import Ask, Options
    from pyvault.names import ItemName
    from pyvault.secret import Secret

NAME = "aws-vault pass"
SUFFIX = ".gpg"
LIMIT = 120.0  # seconds: a human may have to type a passphrase


class AwsVaultPass(ReadOnly):
    """aws-vault's ``pass`` backend.

    Options:
        store: the store; by default ``PASSWORD_STORE_DIR``, or ``~/.password-store``.
        prefix: aws-vault's folder in it, none by default.
        command, timeout: as for our own ``pass`` backend.
    """

    def __init__(self, gpg: Gpg, prefix: str) -> None:
        self._gpg = gpg
        self._prefix = prefix

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the store."""
        del ask
        check_options(NAME, options, known={"store", "prefix", "command", "timeout"})
        path = options.get("store") or os.environ.get("PASSWORD_STORE_DIR") or "~/.password-store"
        store = Path(path).expanduser()
        if not store.is_dir():
            raise BackendUnavailableError(f"there is no password store at '{store}'")
        gpg = Gpg(
            command=options.get("command", "pass"),
            store=store,
            limit=seconds_option(NAME, options, "timeout", LIMIT),
        )
        return cls(gpg, options.get("prefix", "").strip("/"))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Decrypt one entry."""
        key = self.stored_name(name)
        root = (self._gpg.store / self._prefix).resolve()
        file = (root / f"{key}{SUFFIX}").resolve()
        if not (file.is_relative_to(root) and file.is_file()):  # aws-vault does not escape names, so ".." is one
            raise ItemNotFoundError(f"there is no item '{name}'")
        entry = f"{self._prefix}/{key}".strip("/")
        outcome = self._gpg.run(["show", "--", entry])
        of = f"the entry '{entry}'"
        if outcome.code:
            raise gpg_error(outcome, self._gpg, of=of)
        if not outcome.output:
            raise ItemCorruptError(f"{of} is damaged")
        return read_item(outcome.output, of=of, name=key)

    def stored_names(self) -> Iterable[str]:
        """Read the names off the files; in a store without a prefix they may be anybody's."""
        root = self._gpg.store / self._prefix
        files = (file.relative_to(root) for file in root.rglob(f"*{SUFFIX}"))
        # git keeps its own in a folder of the store; a profile may begin with a dot.
        return (file.as_posix().removesuffix(SUFFIX) for file in files if file.parts[0] != ".git")
