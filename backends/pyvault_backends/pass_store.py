"""Keep items in the password store: ``pass``, gpg-encrypted files in a folder.

What ``pass`` itself says is used for nothing but encrypting and decrypting:
whether an item exists is a question to the file system, because pass answers
"not found", "not initialised" and "usage" with one exit code, prints a tree
for a folder, and gives success with empty output for some cut-off files.

gpg writes in place, so a killed one destroys the old value: a new value goes
under a new name, is read back and compared, and is then renamed over the old
one. Anybody with the public key can put a forged item into the store; a
swapped one is noticed (``envelope``), a forged one can't be.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pyvault.backend import Ask, Availability, Options, Question
from pyvault.errors import (
    AccessDeniedError,
    BackendError,
    BackendUnavailableError,
    ConfigError,
    ItemCorruptError,
    ItemNotFoundError,
)
from pyvault.files.lock import LockFile
from pyvault.files.modes import make_directory
from pyvault.interruptions import suppressing
from pyvault.paths import current_environment, expand_user
from pyvault.record import Record
from pyvault.secret import Secret
from pyvault.storage.backend_options import check_options, seconds_option
from pyvault.storage.envelope import open_envelope, seal_envelope
from pyvault.thread_locks import holding
from pyvault_backends._gpg import Gpg, Outcome, gpg_error
from pyvault_backends._safe_names import decode_name, encode_name

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyvault.names import ItemName

NAME = "pass"
KNOWN = frozenset({"store", "prefix", "command", "pinentry", "timeout"})
LIMIT = 120.0  # seconds: a human may have to type a passphrase
SUFFIX = ".gpg"
NEW_MARK = "+new-"  # no encoded name holds a "+" but at the end of a folder


class Places(Record):
    """Where the store is, and our corner of it."""

    store: Path
    prefix: str

    @classmethod
    def parse(cls, options: Options) -> Places:
        """Read the options, and the variables of pass itself."""
        store = options.get("store") or current_environment().get("PASSWORD_STORE_DIR") or "~/.password-store"
        prefix = options.get("prefix", "pyvault").strip("/")
        if not prefix or any(part in {"", ".", ".."} or part.startswith((".", "-")) for part in prefix.split("/")):
            raise ConfigError(f"the option 'prefix' of 'pass' is {prefix!r}", hint="a folder in the password store")
        return cls(store=expand_user(store), prefix=prefix)

    @property
    def root(self) -> Path:
        """The folder of our items."""
        return self.store / self.prefix

    def recipients(self) -> list[str]:
        """Return the keys to which pass would encrypt: those of the nearest ``.gpg-id`` on the way up."""
        if keys := current_environment().get("PASSWORD_STORE_KEY"):
            return keys.split()
        folder = self.root
        while folder != self.store and not (folder / ".gpg-id").is_file():
            folder = folder.parent
        try:
            lines = (folder / ".gpg-id").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:  # encrypting reports it
            return []
        return [name for line in lines if (name := line.partition("#")[0].strip())]

    @property
    def is_git(self) -> bool:
        """Whether every change is a commit."""
        return (self.store / ".git").exists()


class PassBackend:
    """A folder of the password store.

    Options:
        store: the store; by default ``PASSWORD_STORE_DIR``, or ``~/.password-store``.
        prefix: the folder in it, ``pyvault`` by default.
        command: the program, ``pass`` by default.
        pinentry: ``loopback`` asks for the key's passphrase here instead of
            through gpg-agent's own window.
        timeout: seconds for one call, a human's typing included.
    """

    API_VERSION: ClassVar[int] = 1

    def __init__(self, places: Places, gpg: Gpg) -> None:
        self._places = places
        self._gpg = gpg
        self._has_no_aws_vault_items = False

    @classmethod
    def reads(cls, options: Options) -> tuple[str, ...]:
        """Return what ``pass``, which is a script of bash, and ``gpg`` read."""
        del options
        return ("PASSWORD_STORE_*", "GNUPGHOME", "PATH", "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "TMPDIR")

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Find the store; gpg may show a prompt of its own when something is read."""
        probed = cls.probe(options)
        if not probed.available:
            raise BackendUnavailableError(probed.reason or "it does not work here", hint=probed.hint)
        places = Places.parse(options)
        passphrase = None
        if options.get("pinentry") == "loopback":
            question = Question(key="gpg-passphrase", prompt=f"passphrase of the gpg key of {places.store}")
            passphrase = lambda: ask(question)  # noqa: E731 - a question not asked yet
        gpg = Gpg(
            command=options.get("command", "pass"),
            store=places.store,
            limit=seconds_option(NAME, options, "timeout", LIMIT),
            passphrase=passphrase,
        )
        return cls(places, gpg)

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Look for the program and the store; starts nothing."""
        check_options(NAME, options, known=KNOWN)
        if options.get("pinentry", "agent") not in {"agent", "loopback"}:
            raise ConfigError(f"the option 'pinentry' of 'pass' is {options['pinentry']!r}", hint="agent or loopback")
        if sys.platform == "win32":
            return Availability(available=False, reason="it is a program of Unix systems")
        command = options.get("command", "pass")
        path = current_environment().get("PATH")
        if shutil.which(command, path=path) is None:
            return Availability(
                available=False, reason=f"the program '{command}' is not installed", hint="install pass"
            )
        if command == NAME and not (shutil.which("gpg2", path=path) or shutil.which("gpg", path=path)):
            return Availability(available=False, reason="the program 'gpg' is not installed", hint="install gnupg")
        store = Places.parse(options).store
        if not (store / ".gpg-id").is_file():
            reason = f"there is no password store at '{store}'"
            return Availability(available=False, reason=reason, hint="pass init KEY makes one")
        return Availability(available=True)

    @classmethod
    def examine(cls, options: Options) -> Availability:
        """Return whether gpg can encrypt to the store's keys and has an agent and a secret key; shows no prompt."""
        probed = cls.probe(options)
        if not probed.available or options.get("command", NAME) != NAME:  # others may do without gpg
            return probed
        places = Places.parse(options)
        trouble = Gpg(command=NAME, store=places.store, limit=LIMIT).find_trouble(places.recipients())
        return probed if trouble is None else Availability(available=False, reason=trouble.message, hint=trouble.hint)

    def get(self, name: ItemName) -> Secret[bytes]:
        """Decrypt the item's file."""
        if not self._file(name).is_file():
            self._check_there()
            raise ItemNotFoundError(f"there is no item '{name}'")
        return open_envelope(name, self._decrypt(self._entry(name), of=f"the item '{name}'"))

    def put(self, name: ItemName, data: Secret[bytes]) -> None:
        """Encrypt to a new name, read back, rename over the old one."""
        envelope = Secret(seal_envelope(name, data).reveal().encode())
        new = f"{self._entry(name)}{NEW_MARK}{secrets.token_hex(4)}"
        self._refuse_aws_vaults_folder()
        with self._locked():
            self._clean_up(name)
            try:
                self._encrypt(new, envelope)
                if self._decrypt(new, of=f"the new item '{name}'") != envelope:
                    raise ItemCorruptError(f"the new item '{name}' could not be read back")
                self._rename(new, self._entry(name))
            finally:
                with suppressing(OSError):
                    self._path(new).unlink(missing_ok=True)

    def delete(self, name: ItemName) -> None:
        """Remove the item's file, and folders that are empty then."""
        with self._locked():
            file = self._file(name)
            if not file.is_file():
                self._check_there()
                raise ItemNotFoundError(f"there is no item '{name}'")
            if self._places.is_git:
                self._succeed(self._gpg.run(["rm", "-f", "--", self._entry(name)]), f"delete '{name}'")
                return
            with _file_errors(f"delete '{name}'"):
                file.unlink()
            with suppressing(OSError):  # not empty
                for folder in file.parents:
                    if folder == self._places.store:
                        break
                    folder.rmdir()

    def names(self) -> list[ItemName]:
        """Read the names off the files; decrypts nothing, and follows no link out of the store."""
        found = (decode_name(entry) for entry in self._entries())
        return [name for name in found if name is not None]

    def describe(self) -> dict[str, str]:
        """Return where the store is."""
        git = "yes: every change is a commit" if self._places.is_git else "no"
        return {"store": str(self._places.store), "prefix": self._places.prefix, "git": git}

    def close(self) -> None:
        """Nothing is held open."""

    def _check_there(self) -> None:
        """Refuse a store that is gone since it was opened: its items are not absent."""
        if not (self._places.store / ".gpg-id").is_file():
            raise BackendUnavailableError(f"there is no password store at '{self._places.store}' any more")

    def _entries(self) -> list[str]:
        """Return what all files below our folder are called, others' too."""
        root = self._places.root
        self._check_there()
        with _file_errors("list its items"):
            return [
                file.relative_to(root).as_posix().removesuffix(SUFFIX)
                for folder, _, files in os.walk(root, onerror=_raise)
                for file in (Path(folder, entry) for entry in files if entry.endswith(SUFFIX))
            ]

    def _refuse_aws_vaults_folder(self) -> None:
        """Refuse to write where aws-vault keeps its items: it would take ours for profiles of its own.

        Raises:
            AccessDeniedError: one of its items is there.
        """
        if self._has_no_aws_vault_items:
            return
        for entry in self._entries():
            if decode_name(entry) is None and NEW_MARK not in entry and self._is_of_aws_vault(entry):
                raise AccessDeniedError(
                    f"the folder '{self._places.prefix}' of the password store is aws-vault's",
                    hint="'pyvault import aws-vault --from pass' reads it; "
                    "PYVAULT_BACKEND_PASS__PREFIX, or 'prefix' under [backend.pass], names another folder to write to",
                )
        self._has_no_aws_vault_items = True

    def _is_of_aws_vault(self, entry: str) -> bool:
        from pyvault.migration.aws_vault_names import is_credential
        from pyvault.migration.aws_vault_records import is_item

        if not is_credential(entry):
            return True
        outcome = self._gpg.run(["show", "--", f"{self._places.prefix}/{entry}"])
        return not outcome.code and is_item(outcome.output, entry)

    def _entry(self, name: ItemName) -> str:
        return f"{self._places.prefix}/{encode_name(name)}"

    def _path(self, entry: str) -> Path:
        return self._places.store / f"{entry}{SUFFIX}"

    def _file(self, name: ItemName) -> Path:
        return self._path(self._entry(name))

    @holding
    def _locked(self) -> Generator[None]:
        with _file_errors("make its folder"):
            make_directory(self._places.root)
        with LockFile(self._places.root / ".pyvault.lock", timeout=self._gpg.limit):
            yield

    def _clean_up(self, name: ItemName) -> None:
        # Killed writers leave these; nobody else writes while we hold the lock.
        file = self._file(name)
        stem = file.name.removesuffix(SUFFIX)
        with suppressing(OSError):
            for left in file.parent.iterdir():
                if left.name.startswith(f"{stem}{NEW_MARK}"):
                    left.unlink()

    def _encrypt(self, entry: str, envelope: Secret[bytes]) -> None:
        self._succeed(self._gpg.run(["insert", "-m", "-f", "--", entry], stdin=envelope), "write")
        if not self._path(entry).is_file():  # pass insert has no exit code of its own for everything
            raise BackendError("pass wrote nothing where it should have")

    def _decrypt(self, entry: str, *, of: str) -> Secret[bytes]:
        outcome = self._gpg.run(["show", "--", entry])
        if outcome.code:
            raise gpg_error(outcome, self._gpg, of=of)
        if not outcome.output:  # gpg 2.2 says success for some cut-off files
            raise ItemCorruptError(f"{of} is damaged")
        return outcome.output

    def _rename(self, new: str, entry: str) -> None:
        if self._places.is_git:
            self._succeed(self._gpg.run(["mv", "-f", "--", new, entry]), "write")
            return
        # By us and not by a child: one that outlives us when we are killed would
        # put an old value over that of the next writer.
        with _file_errors("write"):
            self._path(new).replace(self._path(entry))

    def _succeed(self, outcome: Outcome, doing: str) -> None:
        if outcome.code:
            raise gpg_error(outcome, self._gpg, of=f"the item to {doing}")


def _raise(exc: OSError) -> None:
    if not isinstance(exc, FileNotFoundError):  # no folder, no items; anything else is not "none"
        raise exc


@contextmanager
def _file_errors(doing: str) -> Generator[None]:
    try:
        yield
    except PermissionError as exc:
        raise AccessDeniedError(f"the password store refused to {doing}: {exc.strerror}") from exc
    except OSError as exc:
        raise BackendError(f"the password store failed to {doing}: {exc.strerror}") from exc
