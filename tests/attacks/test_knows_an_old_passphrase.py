"""Whoever knows an old passphrase and has an old copy."""

from __future__ import annotations

from attacks.scene import Scene

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "open that copy, and every newer copy until `pyvault vault rekey` (a new passphrase does not change the data key; the command says so)": (
        "unit/vaultfile/test_slots.py::changing_the_passphrase_rewrites_one_slot_and_no_data",
        "attacks/test_knows_an_old_passphrase.py::a_new_passphrase_says_that_copies_open_by_the_old_one",
    ),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "open anything written after a rekey": (
        "unit/vaultfile/test_slots.py::a_new_data_key_locks_out_who_knew_the_old_one",
    ),
}


def test_a_new_passphrase_says_that_copies_open_by_the_old_one(scene: Scene) -> None:
    old, new = f"{scene.canary}-old", f"{scene.canary}-new"
    assert scene.run("vault", "slot", "add", "--passphrase", PYVAULT_NEW_PASSPHRASE=old).code == 0
    del scene.environ["PYVAULT_KEYFILE"]
    ended = scene.run("vault", "passwd", PYVAULT_PASSPHRASE=old, PYVAULT_NEW_PASSPHRASE=new)
    assert ended.code == 0, ended.err
    assert "can still open that copy" in ended.err
    assert scene.run("vault", "verify", PYVAULT_PASSPHRASE=old).code == 4
    assert scene.places() == []
