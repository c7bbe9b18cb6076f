"""Parts of a vault, exchanged or damaged by somebody without its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.errors import TamperedError, TruncatedVaultError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.disk.vault_reader import read_header
from vaults import area_of, contents, credential, make_vault, open_again


def test_swapped_records_are_noticed(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"dev": b"dev", "prod": b"prod"})
    header, mac, index, records = area_of(vault.path)
    half = len(records) // 2
    vault.path.write_bytes(header + mac + index + records[half:] + records[:half])
    again = open_again(vault)
    for name in ("dev", "prod"):
        with pytest.raises(TamperedError, match=f"credential/{name}"):
            again.get(credential(name))
    with pytest.raises(TamperedError, match=r"credential/dev.*credential/prod"):
        again.verify()


def test_an_old_record_does_not_fit_a_new_index(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"dev": b"old"})
    *_, old_records = area_of(vault.path)
    vault.put(credential("dev"), Secret(b"new"))
    header, mac, index, _ = area_of(vault.path)
    vault.path.write_bytes(header + mac + index + old_records)
    with pytest.raises(TamperedError, match="credential/dev"):
        open_again(vault).get(credential("dev"))


@pytest.mark.parametrize("old_part", ["header", "mac", "index", "index and records"])
def test_parts_of_two_generations_do_not_mix(tmp_path: Path, old_part: str) -> None:
    vault = make_vault(tmp_path, items={"dev": b"old"})
    old = area_of(vault.path)
    vault.put(credential("dev"), Secret(b"new"))
    new = area_of(vault.path)
    taken = {"header": {0}, "mac": {1}, "index": {2}, "index and records": {2, 3}}[old_part]
    vault.path.write_bytes(b"".join((old if number in taken else new)[number] for number in range(4)))
    with pytest.raises(TamperedError):
        open_again(vault)


def test_the_slot_of_another_vault_does_not_open_this_one(tmp_path: Path) -> None:
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir(mode=0o700)
    one, two = (make_vault(place) for place in places)
    header = replace(read_header(one.path), slots=read_header(two.path).slots)
    one.path.write_bytes(header.encode() + b"".join(area_of(one.path)[1:]))
    with pytest.raises(WrongKeyError):
        open_again(one)


def test_cutting_off_the_last_record_is_noticed(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"dev": b"dev", "prod": b"prod"})
    vault.path.write_bytes(vault.path.read_bytes()[:-1096])
    with pytest.raises(TruncatedVaultError):
        open_again(vault)


def test_a_live_handle_notices_too(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"dev": b"dev"})
    content = bytearray(vault.path.read_bytes())
    content[len(area_of(vault.path)[0])] ^= 1  # the HMAC
    vault.path.write_bytes(content)
    with pytest.raises(TamperedError):
        vault.get(credential("dev"))
    with pytest.raises(TamperedError):
        vault.put(credential("other"), Secret(b"x"))
    assert vault.path.read_bytes() == bytes(content)  # corrupt never means empty


def test_a_damaged_index_stops_a_write_of_a_live_handle(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"dev": b"dev"})
    header, mac, index, records = area_of(vault.path)
    vault.path.write_bytes(header + mac + bytes([index[0] ^ 1]) + index[1:] + records)
    damaged = vault.path.read_bytes()
    with pytest.raises(TamperedError, match="index"):
        vault.put(credential("other"), Secret(b"x"))
    assert vault.path.read_bytes() == damaged


def test_a_damaged_record_stops_a_write_except_the_one_that_removes_it(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"bad": b"bad", "good": b"good"})
    header, mac, index, records = area_of(vault.path)
    vault.path.write_bytes(header + mac + index + bytes([records[0] ^ 1]) + records[1:])
    damaged = vault.path.read_bytes()
    with pytest.raises(TamperedError, match="credential/bad"):
        vault.put(credential("more"), Secret(b"more"))
    with pytest.raises(TamperedError, match="credential/bad"):
        vault.rekey()
    assert vault.path.read_bytes() == damaged
    vault.delete(credential("bad"))
    assert contents(open_again(vault)) == {"good": b"good"}


def test_a_damaged_record_can_be_replaced(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"bad": b"bad"})
    header, mac, index, records = area_of(vault.path)
    vault.path.write_bytes(header + mac + index + bytes([records[0] ^ 1]) + records[1:])
    vault.put(credential("bad"), Secret(b"good"))
    assert contents(open_again(vault)) == {"bad": b"good"}


def test_nothing_shows_in_the_file(tmp_path: Path) -> None:
    vault = make_vault(tmp_path, items={"planted-name": b"planted-secret" * 20})
    vault.put(credential("other"), Secret(b"x"), attributes={"access_key_id": "AKIAPLANTED"})
    for entry in tmp_path.iterdir():
        if entry.name != "ci.key":
            content = entry.read_bytes()
            assert b"planted" not in content
            assert b"AKIAPLANTED" not in content
            assert b"credential" not in content


def test_the_size_tells_only_rounded_amounts(tmp_path: Path) -> None:
    sizes: set[int] = set()
    vault = make_vault(tmp_path)
    for size in (0, 1, 56, 500, 1020):
        vault.put(credential("n" * (size // 10 + 1)), Secret(bytes(size)))
        sizes.add(vault.path.stat().st_size)
        vault.delete(credential("n" * (size // 10 + 1)))
    assert len(sizes) == 1
