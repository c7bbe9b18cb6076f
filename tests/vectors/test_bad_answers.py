"""Every row of the published manifest: what must be refused is, for its reason; what must be accepted is, and survives a write."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from command_line import run_pyvault
from pyvault.errors import (
    AwsError,
    ForeignVaultError,
    ForkError,
    InvalidSettingError,
    KdfLimitsError,
    NotAVaultError,
    PyvaultError,
    RollbackError,
    TamperedError,
    TruncatedVaultError,
    UnsupportedVaultError,
    WrongKeyError,
)
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.format.kdf import KdfCost, argon2id
from pyvault.vaultfile.state.trust_store import TrustStore
from pyvault.vaultfile.unlock.external_keys import ExternalKeys
from pyvault.vaultfile.unlock.kdf_budget import UNLOCK_BUDGET
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from pyvault_cli.commandline.exit_codes import exit_code
from vaults import WEAK, by_passphrase, credential

VECTORS = Path(__file__).parent
BAD = VECTORS / "bad"
MANIFEST = json.loads((BAD / "manifest.json").read_text(encoding="utf-8"))
Row = dict[str, Any]  # Any: JSON
REFUSED: list[Row] = MANIFEST["refused"]
ACCEPTED: list[Row] = MANIFEST["accepted"]

# The class, and what its message says of the place.
ERRORS: dict[str, tuple[type[PyvaultError], str]] = {
    "not-a-vault": (NotAVaultError, "is not a vault"),
    "unsupported": (UnsupportedVaultError, "needs a newer pyvault|passphrase slot with"),
    "wrong-length": (TruncatedVaultError, "truncated"),
    "damaged-header": (TamperedError, "the header of"),
    "kdf-limits": (KdfLimitsError, "asks for Argon2id"),
    "wrong-key": (
        WrongKeyError,
        "or the slot was modified|none of the supplied keys|no key was supplied|to limit the work for one passphrase",
    ),
    "unusable-key": (InvalidSettingError, "key"),
    "damaged-index": (TamperedError, "the index of"),
    "damaged-record": (TamperedError, "modified or damaged records?: 'credential/"),
    "rollback": (RollbackError, "older than"),
    "fork": (ForkError, "but differ|was not made from"),
    "foreign": (
        ForeignVaultError,
        "different vault|another one|different data key|another data key|not the expected one|never seen here",
    ),
}


@dataclass
class Thrifty:
    """Argon2id for what is cheap; what is dear is only counted, and opens nothing."""

    spent: int = 0
    costs: list[KdfCost] = field(default_factory=list)

    def __call__(self, passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        self.costs.append(cost)
        self.spent += cost.work
        return argon2id(passphrase, salt, cost) if cost.work < 1024 else Secret(bytes(32))


class Answering:
    """A KMS with the answers that the manifest gives; what is not there it refuses."""

    def __init__(self, key: Row) -> None:
        self._key = key

    def encrypt(self, key: str, context: Mapping[str, str], plain: Secret[bytes]) -> bytes:
        raise AssertionError("nothing is to be encrypted")

    def decrypt(self, key: str, context: Mapping[str, str], ciphertext: bytes) -> Secret[bytes]:
        assert key == self._key["kms_key"]
        answer = self._key["kms_answers"].get(base64.b64encode(ciphertext).decode())
        if answer is None:
            raise AwsError("AWS refused kms:Decrypt", code="AccessDeniedException")
        return Secret(base64.b64decode(answer))


def by_name(rows: list[Row]) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in rows]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files, those too that are not kept, as the generator makes them: without pyvault."""
    directory = tmp_path_factory.mktemp("made")
    forbidden = (
        "import sys; sys.modules['pyvault'] = None; import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    script = str(VECTORS / "make_bad.py")
    code = f"import sys; sys.argv = {[script, str(directory), '--all']!r}; {forbidden}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    return directory


def put(content: bytes, place: Path) -> None:
    place.touch(mode=0o600)
    place.write_bytes(content)


def sources(row: Row, directory: Path) -> UnlockSources:
    key = row["opened_with"]
    if "passphrase" in key:
        return by_passphrase(key["passphrase"])
    if "kms_key" in key:
        return UnlockSources(external=ExternalKeys(allowed=(key["kms_key"],), calls=lambda: Answering(key)))
    path = directory / "ci.key"
    path.touch(mode=0o600)
    path.write_bytes(key["key_file"].encode() if "key_file" in key else base64.b64decode(key["key_file_base64"]))
    return UnlockSources(keyfile=path)


def options(row: Row, derive: Thrifty) -> VaultOptions:
    known = row.get("known_beforehand", {})
    vault_id, fingerprint = known.get("vault_id"), known.get("fingerprint")
    return replace(
        WEAK,
        derive=derive,
        expect_vault_id=None if vault_id is None else bytes.fromhex(vault_id),
        expect_fingerprints=frozenset() if fingerprint is None else frozenset({bytes.fromhex(fingerprint)}),
        min_generation=known.get("min_generation"),
    )


def prepare(row: Row, made: Path, tmp_path: Path) -> tuple[Path, TrustStore]:
    """Put the file where the one was that has been seen before."""
    path, trust = tmp_path / "vault.pyv", TrustStore(tmp_path / "state" / "trust.json")
    (tmp_path / "state").mkdir(mode=0o700)
    if "seen_before" in row:
        put((made / row["seen_before"]).read_bytes(), path)
        Vault.open(path, sources(row, tmp_path), trust=trust, options=replace(WEAK, vouched=True)).close()
    put((made / row["file"]).read_bytes(), path)
    return path, trust


@pytest.mark.parametrize("row", by_name(REFUSED))
def test_it_is_refused_for_its_reason(row: Row, made: Path, tmp_path: Path) -> None:
    path, trust = prepare(row, made, tmp_path)
    content, memory = path.read_bytes(), trust.path.read_bytes() if trust.path.exists() else None
    expected, derive = row["expected"], Thrifty()
    wanted, said = ERRORS[expected["error"]]
    given = options(row, derive)
    if expected["noticed"] == "without-key":
        with pytest.raises(wanted, match=said):
            Vault.open(path, UnlockSources(), trust=trust, options=given)
    if expected["noticed"] == "record":
        with Vault.open(path, sources(row, tmp_path), trust=trust, options=given) as vault:
            assert vault.entries()
            with pytest.raises(wanted, match=said) as caught:
                vault.verify()
            damaged = {entry.name for entry in vault.entries() if str(entry.name) in caught.value.message}
            assert damaged
            for name in damaged:
                with pytest.raises(TamperedError):
                    vault.get(name)
    else:
        with pytest.raises(wanted, match=said) as caught:
            Vault.open(path, sources(row, tmp_path), trust=trust, options=given)
        assert (trust.path.read_bytes() if trust.path.exists() else None) == memory
    assert exit_code(caught.value) == expected["exit_code"]
    assert derive.spent <= UNLOCK_BUDGET
    assert not derive.costs or "passphrase" in row["opened_with"]
    assert path.read_bytes() == content


@pytest.mark.parametrize("row", by_name(ACCEPTED))
def test_it_is_accepted_and_a_write_keeps_it(row: Row, made: Path, tmp_path: Path) -> None:
    path, trust = prepare(row, made, tmp_path)
    given, keys = options(row, Thrifty()), sources(row, tmp_path)
    with Vault.open(path, keys, trust=trust, options=given) as vault:
        assert vault.verify() == len(row["entries"])
        assert [str(entry.name) for entry in vault.entries()] == row["entries"]
        before = {entry.name: vault.get(entry.name) for entry in vault.entries()}
        slots = [slot.slot_id for slot in vault.slots()]
        vault.put(credential("added"), Secret(b"{}"))
    with Vault.open(path, keys, trust=trust, options=given) as vault:
        assert vault.verify() == len(row["entries"]) + 1
        assert {name: vault.get(name) for name in before} == before
        assert [slot.slot_id for slot in vault.slots()] == slots


@pytest.mark.parametrize("row", by_name([row for row in ACCEPTED if "seen_before" in row]))
def test_a_descent_that_is_none_proves_nothing(row: Row, made: Path, tmp_path: Path) -> None:
    path, trust = prepare(row, made, tmp_path)
    with Vault.open(path, sources(row, tmp_path), trust=trust, options=WEAK) as vault:
        (seen,) = trust.known_states().values()
        assert seen.step == (vault.generation, vault.header.txid)
        assert seen.unproven == (None if row["name"] == "descent-proves" else 3)


def test_the_generator_makes_what_is_published(made: Path) -> None:
    names = {path.name for path in made.iterdir()}
    assert names == {row["file"] for row in (*REFUSED, *ACCEPTED)} | {"manifest.json"}
    kept = {path.name for path in BAD.iterdir()}
    generated = {row["file"] for row in (*REFUSED, *ACCEPTED) if row.get("generated_only")}
    assert kept == names - generated | {"README.md"}
    for name in kept - {"README.md"}:
        assert (made / name).read_bytes() == (BAD / name).read_bytes(), name
    for row in (*REFUSED, *ACCEPTED):
        content = (made / row["file"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (row["sha256"], row["size"])


def test_there_are_enough_and_they_are_small() -> None:
    kept = {row["file"] for row in REFUSED if not row.get("generated_only")} - {"good.pyv"}
    assert len(kept) >= 40
    assert {row["expected"]["error"] for row in REFUSED if not row.get("generated_only")} == set(ERRORS)
    assert len({row["name"] for row in (*REFUSED, *ACCEPTED)}) == len(REFUSED) + len(ACCEPTED)
    assert sum(path.stat().st_size for path in BAD.iterdir()) < 420 << 10


AT_THE_COMMAND_LINE = [
    "magic-other",
    "version-2",
    "kdf-memory-high",
    "wrap-commitment",
    "index-nan",
    "record-old",
    "key-file-raw",
    "fork-higher",
]


@pytest.mark.parametrize("row", by_name([row for row in REFUSED if row["name"] in AT_THE_COMMAND_LINE]))
def test_the_exit_code_of_the_command(row: Row, tmp_path: Path) -> None:
    keyfile = sources(row, tmp_path).keyfile
    path = tmp_path / "vaults" / "vault.pyv"
    path.parent.mkdir(mode=0o700)
    env = {"PYVAULT_FILE": str(path), "PYVAULT_KEYFILE": str(keyfile)}
    if "seen_before" in row:
        put((BAD / row["seen_before"]).read_bytes(), path)
        assert run_pyvault(tmp_path, "vault", "verify", env=env).code == 0
    put((BAD / row["file"]).read_bytes(), path)
    ended = run_pyvault(tmp_path, "vault", "verify", env=env)
    assert (ended.code, ended.out) == (row["expected"]["exit_code"], "")
    assert ended.err.startswith("pyvault: error: ")
