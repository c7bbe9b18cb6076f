"""Read aws-vault's items from files: its own encrypted ones, and those of the password store.

Its own are in ``~/.awsvault/keys``, one JWE each, named after the profiles with ``%``
and ``/`` escaped. They need not have one passphrase: it is asked for once, and a file
that it does not open is an error that names it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from pyvault.backend import Ask, Options, Question
from pyvault.errors import AccessDeniedError, BackendUnavailableError, ItemCorruptError, ItemNotFoundError
from pyvault.migration.aws_vault_names import LeftOut, Listing, sort_names
from pyvault.migration.aws_vault_records import read_item
from pyvault.migration.jwe import MAX_TOKEN, decrypt_jwe
from pyvault.paths import current_environment, expand_user
from pyvault.storage.backend_options import check_options, seconds_option
from pyvault_backends._aws_vault import ReadOnly
from pyvault_backends._gpg import Gpg, gpg_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pyvault.names import ItemName
    from pyvault.secret import Secret

DEFAULT = "~/.awsvault/keys"
STORE_NAME = "aws-vault pass"
GPG_SUFFIX = ".gpg"
GPG_LIMIT = 120.0  # seconds: a human may have to type a passphrase


class AwsVaultFiles(ReadOnly):
    """aws-vault's ``file`` backend.

    Options:
        path: the folder, ``~/.awsvault/keys`` by default.
    """

    def __init__(self, folder: Path, ask: Ask) -> None:
        self._folder = folder
        self._ask = ask
        self._passphrase: Secret[str] | None = None

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the folder; the passphrase is asked for when a file is read."""
        check_options("aws-vault file", options, known={"path"})
        folder = expand_user(options.get("path") or DEFAULT)
        if not folder.is_dir():
            raise BackendUnavailableError(f"there is no folder '{folder}' of aws-vault")
        return cls(folder, ask)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Decrypt one file; takes as long as its key derivation."""
        key = self.stored_name(name)
        file = self._files[key]
        of = f"the file '{file}'"
        try:
            with file.open("rb") as stream:
                token = stream.read(MAX_TOKEN + 1)
        except FileNotFoundError:
            raise ItemNotFoundError(f"there is no item '{name}'") from None
        except OSError as exc:
            raise AccessDeniedError(f"can't read {of}: {exc.strerror}") from exc
        try:
            text = token.decode("ascii")
        except UnicodeDecodeError:
            raise ItemCorruptError(f"{of} is not a JWE in compact form") from None
        return read_item(decrypt_jwe(text, self._ask_once(), of=of), of=of, name=key)

    def stored_names(self) -> Iterable[str]:
        """Read the names off the files."""
        return self._files

    @cached_property
    def listing(self) -> Listing:
        """What lies in the folder, a subfolder or a dangling link too: nothing is dropped silently."""
        others = [entry for entry in self._entries if not entry.is_file()]
        return sort_names(self._files, [LeftOut(name=entry.name, reason="it is no file") for entry in others])

    @cached_property
    def _files(self) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for file in (entry for entry in self._entries if entry.is_file()):
            name = file.name.replace("%2F", "/").replace("%25", "%")
            files[name if name not in files else file.name] = file  # early versions escaped nothing
        return files

    @cached_property
    def _entries(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except OSError as exc:
            raise AccessDeniedError(f"can't list '{self._folder}': {exc.strerror}") from exc

    def _ask_once(self) -> Secret[str]:
        if self._passphrase is None:
            self._passphrase = self._ask(
                Question(
                    key="aws-vault-passphrase",
                    prompt=f"passphrase of aws-vault's files in {self._folder}",
                    sources=("AWS_VAULT_FILE_PASSPHRASE",),
                )
            )
        return self._passphrase


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
        check_options(STORE_NAME, options, known={"store", "prefix", "command", "timeout"})
        path = options.get("store") or current_environment().get("PASSWORD_STORE_DIR") or "~/.password-store"
        store = expand_user(path)
        if not store.is_dir():
            raise BackendUnavailableError(f"there is no password store at '{store}'")
        gpg = Gpg(
            command=options.get("command", "pass"),
            store=store,
            limit=seconds_option(STORE_NAME, options, "timeout", GPG_LIMIT),
        )
        return cls(gpg, options.get("prefix", "").strip("/"))

    def get(self, name: ItemName) -> Secret[bytes]:
        """Decrypt one entry."""
        key = self.stored_name(name)
        root = (self._gpg.store / self._prefix).resolve()
        file = (root / f"{key}{GPG_SUFFIX}").resolve()
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
        files = (file.relative_to(root) for file in root.rglob(f"*{GPG_SUFFIX}"))
        # git keeps its own in a folder of the store; a profile may begin with a dot.
        return (file.as_posix().removesuffix(GPG_SUFFIX) for file in files if file.parts[0] != ".git")
