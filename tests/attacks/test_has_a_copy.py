"""Whoever has a copy of the vault file."""

from __future__ import annotations

from pathlib import Path

from pyvault.secret import Secret
from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
from vaults import CHEAP, RememberingKdf, make_vault, remembering

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "see its rounded size, number and types of its slots, the KDF cost, the time of the last write": (
        "cli/test_promises.py::info_works_locked_and_gives_no_name",
        "faults/test_exchanged.py::the_size_tells_only_rounded_amounts",
    ),
    "guess passphrases at the price of one Argon2id call each (64 MiB to 1 GiB)": (
        "unit/vaultfile/test_kdf.py::the_default_fits_the_machine",
        "unit/vaultfile/test_unlock.py::passphrases_are_tried_from_the_cheapest",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "see names, count or contents": ("faults/test_exchanged.py::nothing_shows_in_the_file",),
    "test guesses against many vaults at once (salt per slot; the seal commits to its key, so one try tests one guess)": (
        "attacks/test_has_a_copy.py::every_slot_has_a_salt_of_its_own",
        "unit/vaultfile/test_sealing.py::any_other_byte_and_any_other_length_breaks_the_seal",
        "vectors/test_primitives.py::there_are_boxes_that_open_and_boxes_that_do_not",
    ),
}


def test_every_slot_has_a_salt_of_its_own(tmp_path: Path) -> None:
    options = remembering()
    assert isinstance(options.derive, RememberingKdf)
    for name in "ab":
        (tmp_path / name).mkdir(mode=0o700)
        slots = [PassphraseSlot(passphrase=Secret("the same passphrase"), cost=CHEAP) for _ in range(2)]
        make_vault(tmp_path / name, *slots, options=options)
    assert len({salt for _, salt, _ in options.derive.known}) == 4
