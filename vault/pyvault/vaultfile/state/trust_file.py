"""The content of ``trust.json``: one object per vault, by its id.

::

    {"<vault id>": {"path": "/home/ann/vault.pyv", "fingerprint": "<hex>",
                    "epoch": 1, "generation": 7, "txid": "<hex>"}}

An entry may also have ``places``, ``own`` (``last_write``), ``unproven``, ``verified`` and ``external``, see
:class:`~pyvault.vaultfile.state.vault_state.VaultState`. Earlier versions ignore unknown keys.

Source: docs/vault-format.md, section 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyvault.json_reader import Fields, UnreadableError, read_object
from pyvault.vaultfile.state.vault_state import MAX_TRUST_FILE, VaultState

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_SIZE: Final = 16  # bytes, of a vault, a data key's fingerprint, a state and a wrapping key
SLOT_ID_SIZE: Final = 8  # bytes
MAX_COUNT: Final = (1 << 64) - 1  # the highest generation in a vault's header


def format_states(known: Mapping[bytes, VaultState]) -> bytes:
    """Return the content of the file."""
    import json

    document = {
        vault_id.hex(): {
            "path": seen.path,
            "fingerprint": seen.fingerprint.hex(),
            "epoch": seen.epoch,
            "generation": seen.generation,
            "txid": seen.txid.hex(),
            **({"places": list(seen.places)} if seen.places != (seen.path,) else {}),
            **(
                {}
                if seen.last_write is None
                else {"own": {"generation": seen.last_write[0], "txid": seen.last_write[1].hex()}}
            ),
            **({} if seen.unproven is None else {"unproven": seen.unproven}),
            **({"verified": dict(seen.verified)} if seen.verified else {}),
            **(
                {}
                if seen.external is None
                else {"external": {"slot": seen.external[0].hex(), "kek": seen.external[1].hex()}}
            ),
        }
        for vault_id, seen in known.items()
    }
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def parse_states(text: bytes) -> dict[bytes, VaultState]:
    """Return the states in the content of the file, by vault id.

    Raises:
        UnreadableError: it is not what :func:`format_states` returns.
    """
    document = read_object(text, limit=MAX_TRUST_FILE)
    return {(vault_id := _id(name)): _state(vault_id, document.fields(name)) for name in document.names()}


def _state(vault_id: bytes, entry: Fields) -> VaultState:
    path = entry.path("path")
    places = entry.paths("places") if entry.has("places") else []
    verified = entry.fields("verified") if entry.has("verified") else None
    own = entry.fields("own") if entry.has("own") else None
    external = entry.fields("external") if entry.has("external") else None
    return VaultState(
        vault_id=vault_id,
        path=path,
        fingerprint=_id(entry.text("fingerprint")),
        epoch=_count(entry, "epoch"),
        generation=_count(entry, "generation"),
        txid=_id(entry.text("txid")),
        places=tuple(dict.fromkeys((*places, path))),
        last_write=None if own is None else (_count(own, "generation"), _id(own.text("txid"))),
        unproven=_count(entry, "unproven") if entry.has("unproven") else None,
        verified={place: _count(verified, place) for place in verified.names()} if verified is not None else {},
        external=None if external is None else (_id(external.text("slot"), SLOT_ID_SIZE), _id(external.text("kek"))),
    )


def _count(entry: Fields, key: str) -> int:
    return entry.whole(key, least=1, most=MAX_COUNT)


def _id(text: str, size: int = ID_SIZE) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != size:
        raise UnreadableError(f"an id has to be {size} bytes in hex")
    return found
