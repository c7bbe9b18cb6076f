"""The neutral cases about moving stored keys between backends."""

from __future__ import annotations

import pytest

from cases import Case, cases_of
from command_line import Environ, Pyvault
from pyvault.errors import PyvaultError
from pyvault.migration.between_stores import MigrationOptions, MigrationOutcome, move, names_in, select_profiles
from pyvault.model import StoredCredentials
from pyvault.names import ItemName
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend


class Forgetful(MemoryBackend):
    """A backend that gives back something else than it was given."""

    def get(self, name: ItemName) -> Secret[bytes]:
        """Change the secret of what was stored."""
        return Secret(super().get(name).reveal().replace(b"SRC", b"BAD"))


def store_of(keys: dict[str, str], backend: MemoryBackend | None = None) -> CredentialStore:
    store = CredentialStore(backend or MemoryBackend())
    for profile, secret in keys.items():
        store.put(profile, StoredCredentials(access_key_id=f"AKIA{secret}", secret_access_key=Secret(secret)))
    return store


def keys_in(store: CredentialStore) -> dict[str, str]:
    return {str(profile): store.get(profile).secret_access_key.reveal() for profile in store.profiles()}


@cases_of("migrate")
def test_migrate(case: Case, pyvault: Pyvault, keyed: Environ) -> None:
    if "from_backend" in case.options:
        words = ("--from", case.options["from_backend"], "--to", case.options["to_backend"])
        ended = pyvault("migrate", *words, env=keyed)
        assert ended.code in {2, 5}
        assert ended.err.startswith("pyvault: error: ")
        return
    source = store_of(case.options.get("source", {}))
    target = store_of(
        case.options.get("dest", {}), Forgetful() if case.options.get("destination_corrupts_reads") else None
    )
    terms = MigrationOptions(delete_source=case.options.get("delete_source", False))
    wanted = [case.options["profile"]] if "profile" in case.options else []
    if "error" in case.expect:
        with pytest.raises(PyvaultError):
            list(move(source, target, select_profiles(names_in(source), wanted), terms))
    else:
        moved = list(move(source, target, select_profiles(names_in(source), wanted), terms))
        assert sum(one.outcome is MigrationOutcome.COPIED for one in moved) == case.expect["summary"]["copied"]
        assert sum(one.outcome is MigrationOutcome.SKIPPED for one in moved) == case.expect["summary"]["skipped"]
        assert sum(one.deleted for one in moved) == case.expect["summary"]["deleted"]
        assert keys_in(target) == case.expect["dest"]
    assert keys_in(source) == case.expect.get("source", {})
