"""Read aws-vault's encrypted files: ``~/.awsvault/keys``, one JWE each.

Their names are the profiles' names in the clear, with ``%`` and ``/`` escaped.
Nothing says that all have one passphrase: it is asked for once, and a file that
it does not open is an error that names it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pyvault.backend import Ask, Options, Question
from pyvault.errors import AccessDeniedError, BackendUnavailableError, ItemCorruptError, ItemNotFoundError
from pyvault.moving.awsvault.jwe import MAX_TOKEN, decrypt_jwe
from pyvault.moving.awsvault.records import read_item
from pyvault.storage.options import check_options
from pyvault_backends._aws_vault import ReadOnly, credentials_in, stored_name

if TYPE_CHECKING:
    from pyvault.names import ItemName
    from pyvault.secret import Secret

DEFAULT = "~/.awsvault/keys"


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
        folder = Path(options.get("path") or DEFAULT).expanduser()
        if not folder.is_dir():
            raise BackendUnavailableError(f"there is no folder '{folder}' of aws-vault")
        return cls(folder, ask)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Decrypt one file; takes as long as its key derivation."""
        key = stored_name(name)
        file = self._folder / key.replace("%", "%25").replace("/", "%2F")
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

    def names(self) -> list[ItemName]:
        """Read the names off the files."""
        try:
            entries = [entry for entry in self._folder.iterdir() if entry.is_file()]
        except OSError as exc:
            raise AccessDeniedError(f"can't list '{self._folder}': {exc.strerror}") from exc
        files = (entry.name for entry in entries if not entry.name.startswith("."))
        return credentials_in(file.replace("%2F", "/").replace("%25", "%") for file in files)

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
