"""Thirty weaknesses of other stores, and the test of ours that fails on each.

The table is checked: every test it names is there.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pyvault.errors import WrongKeyError
from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.vaultfile.newslot import PassphraseSlot
from pyvault.vaultfile.options import VaultOptions
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, WEAK, RememberingKdf, by_passphrase, make_vault

TESTS = Path(__file__).parents[2]

#: The weakness in a few words, the file, the beginning of the test's name.
TABLE = {
    "W1": ("a cheap key derivation", "unit/vaultfile/test_unlock.py", "test_a_weak_slot_is_not_made"),
    "W2": ("unlimited work asked for by a file", "*", "test_w2_"),
    "W3": ("names and counts in the clear", "faults/test_exchanged.py", "test_nothing_shows_in_the_file"),
    "W4": ("entries that can be swapped", "*", "test_w4_"),
    "W5": ("a write that a crash cuts in two", "faults/test_every_system_call.py", "test_old_or_new"),
    "W6": ("no lock between writers", "faults/test_writers.py", "test_sixteen_processes"),
    "W7": ("names that become paths", "*", "test_w7_"),
    "W8": ("foreign files listed as entries", "*", "test_w7_w8_"),
    "W9": ("the first write under a mistyped passphrase", "*", "test_w9_"),
    "W10": ("a path that is no directory or no file", "unit/vaultfile/test_places.py", "test_a_directory_a_device_and"),
    "W11": ("modes that nobody looks at", "unit/vaultfile/test_places.py", "test_a_file_open_to_others"),
    "W12": ("names that lose their case", "*", "test_w12_"),
    "W13": (
        "a name that the format reserves",
        "../vault/pyvault/testing/cases/naming.py",
        "test_an_awkward_name_is_a_name",
    ),
    "W14": ("a wrong key that stays in use", "unit/backends/test_weaknesses.py", "test_w14_"),
    "W15": ("writers that lose each other's entries", "faults/test_writers.py", "test_sixteen_processes"),
    "W16": ("parameters that can never be raised", "vectors/test_known_answer.py", "test_every_key_is_derived"),
    "W17": ("a key derivation for each entry", "unit/backends/test_weaknesses.py", "test_w17_"),
    "W18": ("modes set after the fact", "unit/vaultfile/test_places.py", "test_modes_of_what_is_made"),
    "W19": ("secrets in logs", "cli/test_planted_secrets.py", "test_nothing_is_said"),
    "W20": ("changes that nobody notices", "faults/test_bitflips.py", "test_every_bit_of_the_index"),
    "W21": ("a store that keeps secrets in plain text", "*", "test_w21_"),
    "W22": ("an old secret that stays behind", "*", "test_w22_"),
    "W23": ("garbage instead of an error", "*", "test_w23_"),
    "W24": ("replacing by deleting first", "*", "test_w24_"),
    "W25": ("an empty answer taken for a value", "*", "test_w25_"),
    "W26": ("only the first line kept", "*", "test_w26_"),
    "W27": ("a collection that is not found again", "*", "test_w27_"),
    "W28": ("a store chosen by chance", "*", "test_w28_"),
    "W29": (
        "a store that can't work as the default",
        "unit/backends/test_choice.py",
        "test_a_store_of_aws_vault_that_we_lack",
    ),
    "W30": ("a failed read taken for an empty store", "*", "test_w30_"),
}


def names_of_tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("weakness", TABLE)
def test_every_weakness_has_its_test(weakness: str) -> None:
    _, where, name = TABLE[weakness]
    if where.startswith("..") and not (TESTS / where).exists():
        import pyvault.testing.cases.naming as installed  # the tests of the wheel run without the sources

        paths = [Path(installed.__file__ or "")]
    else:
        paths = list(TESTS.rglob("test_*.py")) if where == "*" else [TESTS / where]
    assert any(found.startswith(name) for path in paths for found in names_of_tests(path)), where


def test_the_table_is_whole() -> None:
    assert list(TABLE) == [f"W{number}" for number in range(1, 31)]


def test_w14_a_wrong_passphrase_leaves_nothing_behind_that_could_write(tmp_path: Path) -> None:
    made = make_vault(tmp_path, PassphraseSlot(passphrase=Secret("right"), cost=CHEAP))
    made.put(ItemName(Kind.CREDENTIAL, "old"), Secret(b"old"))
    with pytest.raises(WrongKeyError):
        Vault.open(made.path, by_passphrase("wrong"), options=WEAK)
    opened = Vault.open(made.path, by_passphrase("right"), options=WEAK)
    opened.put(ItemName(Kind.CREDENTIAL, "new"), Secret(b"new"))
    again = Vault.open(made.path, by_passphrase("right"), options=WEAK)
    assert [again.get(ItemName(Kind.CREDENTIAL, name)).reveal() for name in ("old", "new")] == [b"old", b"new"]
    assert again.verify() == 2


def test_w17_one_derivation_opens_a_hundred_items(tmp_path: Path) -> None:
    made = make_vault(tmp_path, PassphraseSlot(passphrase=Secret("pw"), cost=CHEAP))
    names = [ItemName(Kind.CREDENTIAL, f"p{number}") for number in range(100)]
    with made.transaction():
        for name in names:
            made.put(name, Secret(str(name).encode()))
    kdf = RememberingKdf()
    opened = Vault.open(made.path, by_passphrase("pw"), options=VaultOptions(derive=kdf))
    assert [opened.get(name).reveal().decode() for name in names] == [str(name) for name in names]
    assert kdf.calls == 1
