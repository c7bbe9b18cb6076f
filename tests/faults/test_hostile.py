"""Files made by somebody who wants to hurt the reader: refused early, cheaply, by our own errors."""

from __future__ import annotations

import contextlib
import os
import random
import tracemalloc
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyvault.errors import (
    KdfLimitsError,
    NotAVaultError,
    PyvaultError,
    TamperedError,
    TruncatedVaultError,
    VaultFileError,
    WrongKeyError,
)
from pyvault.files.file_checks import FileChecks
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import VaultReader, read_header
from pyvault.vaultfile.format.header import (
    FIXED,
    FIXED_SIZE,
    MAGIC,
    MAX_INDEX_SIZE,
    MAX_RECORDS_SIZE,
    Header,
    parse_fixed,
)
from pyvault.vaultfile.format.kdf import GIB, KdfCost, KdfLimits
from pyvault.vaultfile.format.slots import Slot
from pyvault.vaultfile.unlock.key_sources import UnlockSources
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from vaults import (
    KEY,
    KNOWN_ANSWER,
    RememberingKdf,
    by_passphrase,
    key_file,
    known_answer,
)

CONTENT = KNOWN_ANSWER.read_bytes()
MIB = 1 << 20


def never(passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> NoReturn:
    raise AssertionError(f"the key derivation was started with {cost}")


CAREFUL = VaultOptions(derive=never)


def with_cost(memory: int, passes: int, lanes: int) -> bytes:
    params = bytes([1, lanes, 0, 0]) + passes.to_bytes(4, "big") + memory.to_bytes(4, "big")
    return CONTENT[:98] + params + CONTENT[110:]


@pytest.mark.parametrize(
    ("memory", "passes", "lanes"),
    [
        pytest.param(1 << 30, 3, 4, id="1 TiB"),
        pytest.param(16 << 20, 3, 4, id="16 GiB"),
        pytest.param(GIB + 1, 3, 4, id="just over 1 GiB"),
        pytest.param(GIB, 5, 4, id="too much work"),
        pytest.param(8192, 65, 4, id="65 passes"),
        pytest.param(8192, 0, 4, id="no pass"),
        pytest.param(8192, 3, 0, id="no lane"),
        pytest.param(8192, 3, 17, id="17 lanes"),
        pytest.param(31, 3, 4, id="less than 8 KiB a lane"),
        pytest.param(0xFFFFFFFF, 0xFFFFFFFF, 255, id="everything"),
    ],
)
@pytest.mark.parametrize("way", ["passphrase", "key file", "nothing"])
def test_absurd_key_derivations_are_refused_at_once(
    tmp_path: Path, memory: int, passes: int, lanes: int, way: str
) -> None:
    path = known_answer(tmp_path)
    path.write_bytes(with_cost(memory, passes, lanes))
    sources = {
        "passphrase": by_passphrase("x"),
        "key file": UnlockSources(keyfile=key_file(tmp_path)),
        "nothing": UnlockSources(),
    }[way]
    tracemalloc.start()
    try:
        with pytest.raises(KdfLimitsError, match="Argon2id"):
            Vault.open(path, sources, options=CAREFUL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MIB


def test_the_configuration_can_allow_four_gibibytes(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    path.write_bytes(with_cost(4 * GIB - 1, 1, 4))
    started: list[KdfCost] = []

    def note(passphrase: Secret[bytes], salt: bytes, cost: KdfCost) -> Secret[bytes]:
        started.append(cost)
        return KEY

    with pytest.raises(WrongKeyError):
        Vault.open(path, by_passphrase("x"), options=VaultOptions(derive=note, limits=KdfLimits(memory=4 * GIB)))
    assert started == [KdfCost(memory=4 * GIB - 1, passes=1, lanes=4)]


def test_thirty_two_passphrase_slots_cost_four_tries(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    header = read_header(path)
    slots = tuple(
        replace(
            header.slots[0],
            slot_id=number.to_bytes(8, "big"),
            params=KdfCost(memory=64 + number, passes=1).encode(bytes(16)),
        )
        for number in reversed(range(32))
    )
    path.write_bytes(replace(header, slots=slots).encode() + CONTENT[232:])
    kdf = RememberingKdf()
    with pytest.raises(WrongKeyError):
        Vault.open(path, by_passphrase("x"), options=VaultOptions(derive=kdf))
    assert kdf.calls == 4
    assert sorted(cost.memory for _, _, cost in kdf.known) == [64, 65, 66, 67]  # the cheapest, not the first


def sparse(path: Path, header: Header) -> None:
    """Make a file as long as its header says, without the bytes."""
    start = header.encode()
    path.write_bytes(start)
    os.truncate(path, len(start) + 32 + header.index_size + header.records_size)


def test_a_huge_but_allowed_file_is_not_read_before_it_is_unlocked(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    sparse(path, replace(read_header(path), index_size=MAX_INDEX_SIZE, records_size=MAX_RECORDS_SIZE))
    options = VaultOptions(derive=RememberingKdf())
    with pytest.raises(WrongKeyError):
        Vault.open(path, by_passphrase("x"), options=options)
    tracemalloc.start()
    try:
        with pytest.raises(TamperedError, match="header"):
            Vault.open(path, by_passphrase("Caf\u00e9 correct horse"), options=options)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MIB


@pytest.mark.parametrize(
    ("at", "field"),
    [
        pytest.param(48, bytes(8), id="generation 0"),
        pytest.param(56, bytes(4), id="epoch 0"),
        pytest.param(60, (65537).to_bytes(4, "big"), id="slots too long"),
        pytest.param(64, bytes(2), id="no slot"),
        pytest.param(64, (33).to_bytes(2, "big"), id="33 slots"),
        pytest.param(68, (MAX_INDEX_SIZE + 1).to_bytes(8, "big"), id="index too long"),
        pytest.param(68, b"\xff" * 8, id="endless index"),
        pytest.param(76, (MAX_RECORDS_SIZE + 1).to_bytes(8, "big"), id="records too long"),
        pytest.param(76, b"\xff" * 8, id="endless records"),
    ],
)
def test_fields_out_of_bounds(tmp_path: Path, at: int, field: bytes) -> None:
    path = known_answer(tmp_path)
    path.write_bytes(CONTENT[:at] + field + CONTENT[at + len(field) :])
    with pytest.raises(TamperedError, match="out of bounds"):
        read_header(path)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    os.truncate(path, 1 << 40)
    with pytest.raises(TamperedError, match="out of bounds"):
        read_header(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(garbage=st.binary(max_size=400), with_magic=st.booleans())
def test_garbage_is_refused_by_our_own_errors(tmp_path: Path, garbage: bytes, with_magic: bool) -> None:
    path = tmp_path / "garbage.pyv"
    path.write_bytes(MAGIC + garbage if with_magic else garbage)
    path.chmod(0o600)
    with pytest.raises(VaultFileError):
        Vault.open(path, by_passphrase("x"), options=CAREFUL)


def test_many_changed_bytes_are_refused_by_our_own_errors(tmp_path: Path) -> None:
    chance = random.Random(9106)
    path = known_answer(tmp_path)
    options = VaultOptions(derive=RememberingKdf())
    for _ in range(400):
        content = bytearray(CONTENT)
        for _ in range(chance.randint(1, 40)):
            content[chance.choice((chance.randrange(264), chance.randrange(len(content))))] = chance.randrange(256)
        # The KDF is not what is tested, and random parameters would make it slow.
        content[98:126] = CONTENT[98:126]
        if bytes(content) == CONTENT:
            continue
        path.write_bytes(content)
        with (
            pytest.raises(PyvaultError),
            Vault.open(path, by_passphrase("Caf\u00e9 correct horse"), options=options) as vault,
        ):
            vault.verify()


slot_lists = st.lists(
    st.builds(
        Slot,
        slot_type=st.integers(0, 255),
        flags=st.integers(0, 255),
        slot_id=st.binary(min_size=8, max_size=8),
        params=st.binary(max_size=40),
        wrap=st.binary(max_size=120),
    ),
    min_size=1,
    max_size=32,
    unique_by=lambda slot: slot.slot_id,
)


@given(
    slots=slot_lists,
    generation=st.integers(1, (1 << 64) - 1),
    key_epoch=st.integers(1, (1 << 32) - 1),
    index_size=st.integers(0, MAX_INDEX_SIZE),
    records_size=st.integers(0, MAX_RECORDS_SIZE),
)
def test_what_is_read_is_written_back_byte_for_byte(
    slots: list[Slot], generation: int, key_epoch: int, index_size: int, records_size: int
) -> None:
    header = Header(
        vault_id=bytes(16),
        txid=bytes(range(16)),
        generation=generation,
        key_epoch=key_epoch,
        slots=tuple(slots),
        index_size=index_size,
        records_size=records_size,
    )
    encoded = header.encode()
    size = len(encoded) + 32 + index_size + records_size
    fixed = parse_fixed(encoded[:FIXED_SIZE], size, Path("x"))
    assert fixed.with_slots(encoded[FIXED_SIZE:], Path("x")) == header


@given(area=st.binary(max_size=300), count=st.integers(1, 32))
def test_slot_areas_of_garbage(area: bytes, count: int) -> None:
    start = FIXED.pack(MAGIC, 1, 1, 0, bytes(16), bytes(16), 1, 1, len(area), count, 0, 0, 0)
    fixed = parse_fixed(start, FIXED_SIZE + len(area) + 32, Path("x"))
    try:
        header = fixed.with_slots(area, Path("x"))
    except TamperedError:
        return
    assert header.encode()[FIXED_SIZE:] == area


def test_two_slots_with_one_id(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    header = read_header(path)
    path.write_bytes(replace(header, slots=header.slots * 2).encode() + CONTENT[232:])
    with pytest.raises(TamperedError, match="one id"):
        read_header(path)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs a list of the open descriptors")
def test_a_reader_gives_the_descriptor_back(tmp_path: Path) -> None:
    path = known_answer(tmp_path)
    before = open_descriptors()
    for size in (0, 10, 100, 300, len(CONTENT)):
        path.write_bytes(CONTENT[:size])
        with contextlib.suppress(NotAVaultError, TruncatedVaultError):
            VaultReader(path, FileChecks()).close()
    assert open_descriptors() == before
