"""Our stores, as the checks see them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from fakes.windows_machine import be_windows
from pyvault.names import ItemName
from pyvault.record import replace
from pyvault.testing import Subject
from pyvault.vaultfile.unlock.key_file import create_key_file
from vaults import area_of
from weaknesses.proof import Place, needs
from weaknesses.store import DEV, PROD, RIGHT, Encoded, Searched, Store, Watched, watched

TESTS = Path(__file__).parents[1]
RIGHT_ANSWERS = {"passphrase": RIGHT, "new-passphrase": RIGHT}


def vault_file(place: Place) -> Store:
    """Opened by a key file: no derivation has to be paid for."""
    create_key_file(place.folder / "key")
    return _vault(place, {"keyfile": str(place.folder / "key")}, {})


def impatient_vault_file(place: Place) -> Store:
    """Gives up at once where another writer is at work."""
    store = vault_file(place)
    subject = replace(store.subject, options={**store.subject.options, "lock_timeout": "0.001"})
    return replace(store, subject=subject)


def vault_file_watched(place: Place) -> Watched:
    return watched(vault_file(place))


def vault_file_with_passphrase(place: Place) -> Store:
    return _vault(place, {"kdf": "min"}, RIGHT_ANSWERS)


def _vault(place: Place, options: dict[str, str], answers: dict[str, str]) -> Store:
    path = place.folder / "vault" / "vault.pyv"

    def exchange(item: ItemName, over: ItemName) -> None:
        assert {item, over} == {DEV, PROD}, "the two items of one size that the vault holds"
        header, mac, index, records = area_of(path)
        half = len(records) // 2
        path.write_bytes(header + mac + index + records[half:] + records[:half])

    subject = Subject(backend="file", options={"path": str(path), **options}, answers=answers)
    return Store(subject=subject, folder=path.parent, file_of=lambda _: path, paste_item=exchange)


@needs(pytest.mark.peer("pass", "gpg"))
def password_store(place: Place) -> Store:
    """A real pass with a real gpg key, in a folder of the store that is this test's own."""
    for name, value in place.fixture("gpg_key").items():
        place.monkeypatch.setenv(name, value)
    prefix = place.folder.name
    folder = Path(place.fixture("gpg_key")["PASSWORD_STORE_DIR"]) / prefix
    return Store(
        subject=Subject(backend="pass", options={"prefix": prefix}),
        folder=folder,
        file_of=lambda name: folder / f"{name}.gpg",
    )


def credential_manager(place: Place) -> Store:
    """The wincred driver over the stand-in for Credential Manager, which ignores case."""
    be_windows(place.folder, place.monkeypatch)
    file = place.folder / "credentials.json"
    return Store(subject=Subject(backend="wincred"), folder=place.folder, file_of=lambda _: file)


def credential_manager_blobs(place: Place) -> Encoded:
    return with_blobs(credential_manager(place))


def credential_manager_searched(place: Place) -> Searched:
    return with_search(credential_manager(place))


def with_blobs(store: Store) -> Encoded:
    """Let the stand-in's blobs be written as another program would."""

    def write(blob: bytes) -> None:
        file = store.folder / "credentials.json"
        kept = json.loads(file.read_text())
        for credential in kept.values():
            credential["CredentialBlob"] = base64.b64encode(blob).decode()
        file.write_text(json.dumps(kept))

    return Encoded(store=store, write_blob=write)


def with_search(store: Store) -> Searched:
    """Read all the stand-in's blobs, and what our envelope wraps."""

    def everything() -> str:
        kept = json.loads((store.folder / "credentials.json").read_text()).values()
        texts = [base64.b64decode(credential["CredentialBlob"]).decode("utf-16-le") for credential in kept]
        wrapped = [json.loads(text)["data"] for text in texts if text.startswith("{")]
        return " ".join([*texts, *(base64.b64decode(data).decode() for data in wrapped)])

    return Searched(store=store, everything=everything)


def keyring_without_case(place: Place) -> Store:
    return _keyring(place, "LowerCasingKeyring")


def any_keyring(place: Place) -> Store:
    return _keyring(place, "FileKeyring")


def _keyring(place: Place, name: str) -> Store:
    file = place.folder / "passwords.json"
    place.monkeypatch.setenv("TEXT_KEYRING", str(file))
    options = {"class": f"fakes.text_keyring.{name}"}
    return Store(subject=Subject(backend="keyring", options=options), folder=place.folder, file_of=lambda _: file)
