"""The session cache: what is found, what is swept, and what happens when the file doesn't belong."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import BackendError, BackendLockedError, ItemCorruptError, ItemNotFoundError, WrongKeyError
from pyvault.model import Credentials
from pyvault.names import ItemName, Kind
from pyvault.paths import Paths
from pyvault.secret import Secret
from pyvault.sessions.cache import SessionCache, open_session_vault
from pyvault.sessions.forgetting import next_clearing
from pyvault.sessions.session_codec import decode_session, encode_session
from pyvault.sessions.session_vault import cleared_path, forget_session_file, session_path
from pyvault.vaultfile.format.slots import ParentVault
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot
from pyvault.vaultfile.vault import Vault
from pyvault.vaultfile.vault_options import VaultOptions
from pyvault_backends.memory import MemoryBackend

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY = "ab" * 32
MINUTE = timedelta(minutes=1)


def credentials(*, lasts: timedelta = timedelta(hours=1), key_id: str = "ASIAEXAMPLEEXAMPLE00") -> Credentials:
    return Credentials(
        access_key_id=key_id,
        secret_access_key=Secret("planted-secret"),
        session_token=Secret("planted-token"),
        expires=NOW + lasts,
        account_id="123456789012",
        role_arn="arn:aws:iam::123456789012:role/x",
    )


class Place:
    """One backend with its session cache, opened as often as wanted, as several processes would."""

    def __init__(self, directory: Path, backend: object) -> None:
        self.paths = Paths(
            config_file=directory, data=directory / "data", state=directory, find_runtime=lambda: directory
        )
        self.backend = backend
        self.notes: list[str] = []
        self.now = NOW

    def open(self) -> SessionCache:
        return open_session_vault(
            self.paths,
            "some",
            {},
            self.backend,  # type: ignore[arg-type]  # a vault stands for the backend that wraps it
            note=self.notes.append,
            clock=lambda: self.now,
        )

    @property
    def file(self) -> Path:
        return session_path(self.paths.data, "some", {})


def parent(directory: Path, name: str = "parent.pyv") -> Vault:
    vault = Vault.create(
        directory / name, new_slots=[KeyFileSlot(key=Secret(os.urandom(32)))], options=VaultOptions(durable=False)
    )
    assert isinstance(vault, ParentVault)
    return vault


@pytest.fixture(params=["store", "parent"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path, MemoryBackend() if request.param == "store" else parent(tmp_path))


def test_a_miss_makes_no_file(place: Place) -> None:
    with pytest.raises(ItemNotFoundError):
        place.open().get(KEY, min_ttl=MINUTE)
    assert place.open().entries() == []
    assert place.open().clear() == 0
    assert not place.file.exists()


def test_what_one_process_keeps_another_finds(place: Place) -> None:
    place.open().put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    assert place.open().get(KEY, min_ttl=MINUTE) == credentials()


def test_an_open_cache_sees_what_others_put(place: Place) -> None:
    ours = place.open()
    ours.put("cd" * 32, credentials(), profile="p", op="sts.AssumeRole")
    place.open().put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    assert ours.get(KEY, min_ttl=MINUTE) == credentials()


def test_a_session_near_its_end_is_a_miss(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(lasts=5 * MINUTE), profile="p", op="x")
    with pytest.raises(ItemNotFoundError):
        cache.get(KEY, min_ttl=5 * MINUTE)
    assert cache.get(KEY, min_ttl=4 * MINUTE) == credentials(lasts=5 * MINUTE)


def test_ended_sessions_are_swept_by_the_next_write(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(), profile="p", op="x")
    cache.put_blob(Kind.SSO_TOKEN, "portal", Secret(b"t"), expires=NOW + timedelta(days=1))
    place.now += timedelta(hours=2)
    cache.put("cd" * 32, credentials(lasts=timedelta(hours=9)), profile="p", op="x")
    place.now = NOW
    assert [entry.key for entry in cache.entries()] == ["cd" * 32]
    assert cache.blobs(Kind.SSO_TOKEN) == ["portal"]


def test_listing_shows_no_secret_and_soonest_end_first(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(lasts=timedelta(hours=3)), profile="late", op="sts.AssumeRole", root="base")
    cache.put("cd" * 32, credentials(), profile="soon", op="sts.GetSessionToken")
    entries = cache.entries()
    assert [(entry.profile, entry.op, entry.root) for entry in entries] == [
        ("soon", "sts.GetSessionToken", None),
        ("late", "sts.AssumeRole", "base"),
    ]
    assert "planted" not in repr(entries)


def test_clear_by_profile_by_root_and_all(place: Place) -> None:
    cache = place.open()
    for number, (profile, root) in enumerate([("a", "base"), ("b", "base"), ("b", None), ("c", None)]):
        cache.put(f"{number:064}", credentials(), profile=profile, op="x", root=root)
    cache.put_blob(Kind.SSO_TOKEN, "portal", Secret(b"t"))
    assert cache.clear("a") == 1
    assert cache.clear(root="base") == 1
    assert cache.clear("nobody") == 0
    assert cache.clear() == 2
    assert cache.blobs(Kind.SSO_TOKEN) == ["portal"]


def test_clear_expired(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(), profile="a", op="x")
    assert cache.clear_expired() == 0
    place.now += timedelta(hours=1)
    assert cache.clear_expired() == 1


def test_blobs_come_and_go(place: Place) -> None:
    cache = place.open()
    with pytest.raises(ItemNotFoundError):
        cache.get_blob(Kind.SSO_CLIENT, "x")
    cache.put_blob(Kind.SSO_CLIENT, "x", Secret(b"1"))
    assert place.open().get_blob(Kind.SSO_CLIENT, "x") == Secret(b"1")
    cache.delete_blob(Kind.SSO_CLIENT, "x")
    with pytest.raises(ItemNotFoundError):
        cache.delete_blob(Kind.SSO_CLIENT, "x")


def test_nothing_of_a_session_is_readable_in_the_file(place: Place) -> None:
    place.open().put(KEY, credentials(), profile="planted-profile", op="planted-op")
    content = place.file.read_bytes()
    assert b"planted" not in content
    assert place.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["cut", "flip", "text", "empty"])
def test_a_damaged_file_is_replaced_with_one_note(place: Place, damage: str) -> None:
    place.open().put(KEY, credentials(), profile="p", op="x")
    content = bytearray(place.file.read_bytes())
    content[200] ^= 1
    place.file.write_bytes(
        {"cut": bytes(content[:100]), "flip": bytes(content), "text": b"hello", "empty": b""}[damage]
    )
    cache = place.open()
    with pytest.raises(ItemNotFoundError):
        cache.get(KEY, min_ttl=MINUTE)
    cache.put(KEY, credentials(), profile="p", op="x")
    assert place.open().get(KEY, min_ttl=MINUTE) == credentials()
    assert len(place.notes) == 1


def test_a_damaged_record_is_no_session(place: Place) -> None:
    place.open().put(KEY, credentials(), profile="p", op="x")
    content = bytearray(place.file.read_bytes())
    content[-1] ^= 1
    place.file.write_bytes(content)
    with pytest.raises(ItemNotFoundError):
        place.open().get(KEY, min_ttl=MINUTE)
    assert len(place.notes) == 1


def test_sessions_of_another_vault_do_not_open(tmp_path: Path) -> None:
    place = Place(tmp_path, parent(tmp_path, "a.pyv"))
    place.open().put(KEY, credentials(), profile="p", op="x")
    place.backend = parent(tmp_path, "b.pyv")
    with pytest.raises(ItemNotFoundError):
        place.open().get(KEY, min_ttl=MINUTE)
    assert len(place.notes) == 1


def test_renewed_keys_of_the_vault_end_its_sessions(tmp_path: Path) -> None:
    opened = parent(tmp_path)
    place = Place(tmp_path, opened)
    place.open().put(KEY, credentials(), profile="p", op="x")
    opened.rekey()
    with pytest.raises(ItemNotFoundError):
        place.open().get(KEY, min_ttl=MINUTE)
    place.open().put(KEY, credentials(), profile="p", op="x")
    assert place.open().get(KEY, min_ttl=MINUTE) == credentials()
    assert len(place.notes) == 1


def test_a_lost_key_in_the_store_means_an_empty_cache(tmp_path: Path) -> None:
    backend = MemoryBackend()
    place = Place(tmp_path, backend)
    place.open().put(KEY, credentials(), profile="p", op="x")
    (kept,) = backend.names()
    backend.delete(kept)
    place.open().put(KEY, credentials(), profile="p", op="x")
    assert place.open().get(KEY, min_ttl=MINUTE) == credentials()
    assert len(place.notes) == 1
    assert len(backend.names()) == 1


def test_only_one_session_key_stays_in_a_store(tmp_path: Path) -> None:
    backend = MemoryBackend()
    place = Place(tmp_path, backend)
    others = [ItemName(Kind.KEK, "ab" * 16 + ":" + "cd" * 8), ItemName(Kind.CREDENTIAL, "ab" * 16)]
    for name in (*others, ItemName(Kind.KEK, "ef" * 16)):
        backend.put(name, Secret(b"x"))
    place.open().put(KEY, credentials(), profile="p", op="x")
    names = backend.names()
    assert set(others) < set(names)
    assert len(names) == 3
    assert ItemName(Kind.KEK, "ef" * 16) not in names


class Locked(MemoryBackend):
    """A store that the human declined to unlock."""

    def get(self, name: ItemName) -> Secret[bytes]:
        raise BackendLockedError(f"'{name}' is locked")


def test_deviation_10_a_locked_backend_is_not_an_empty_cache(tmp_path: Path) -> None:
    place = Place(tmp_path, MemoryBackend())
    place.open().put(KEY, credentials(), profile="p", op="x")
    before = place.file.read_bytes()
    place.backend = Locked()
    for _ in range(2):
        with pytest.raises(BackendLockedError):
            place.open().get(KEY, min_ttl=MINUTE)
        with pytest.raises(BackendLockedError):
            place.open().put(KEY, credentials(), profile="p", op="x")
    assert place.file.read_bytes() == before


class ClosedParent(MemoryBackend):
    """A vault whose passphrase is wrong."""

    key_epoch = 1

    @property
    def vault_id(self) -> bytes:
        raise WrongKeyError("wrong passphrase")

    def child_key(self, child_id: bytes) -> Secret[bytes]:
        raise WrongKeyError("wrong passphrase")


def test_deviation_10_a_wrong_passphrase_is_not_an_empty_cache(tmp_path: Path) -> None:
    opened = parent(tmp_path)
    place = Place(tmp_path, opened)
    place.open().put(KEY, credentials(), profile="p", op="x")
    before = place.file.read_bytes()

    class Closed:
        key_epoch = 1
        child_key = opened.child_key

        @property
        def vault_id(self) -> bytes:
            raise WrongKeyError("wrong passphrase")

    place.backend = Closed()
    with pytest.raises(WrongKeyError):
        place.open().get(KEY, min_ttl=MINUTE)
    assert place.file.read_bytes() == before
    assert place.notes == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_deviation_10_an_unreadable_file_stops(tmp_path: Path) -> None:
    place = Place(tmp_path, MemoryBackend())
    place.open().put(KEY, credentials(), profile="p", op="x")
    place.file.chmod(0)
    with pytest.raises(BackendError) as caught:
        place.open().get(KEY, min_ttl=MINUTE)
    assert not isinstance(caught.value, ItemNotFoundError)


def test_deviation_10_a_file_that_others_can_read_stops(tmp_path: Path) -> None:
    place = Place(tmp_path, MemoryBackend())
    place.open().put(KEY, credentials(), profile="p", op="x")
    place.file.chmod(0o644)
    with pytest.raises(BackendError, match=r"permission|other users|mode|644"):
        place.open().get(KEY, min_ttl=MINUTE)


def test_many_first_writers_make_one_file(place: Place) -> None:
    def put(number: int) -> None:
        place.open().put(f"{number:064}", credentials(), profile="p", op="x")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(24)))
    assert len(place.open().entries()) == 24
    assert place.notes == []


def test_the_file_is_named_after_the_store_and_not_after_how_it_is_opened(tmp_path: Path) -> None:
    plain = session_path(tmp_path, "file", {"path": "/v"})
    assert session_path(tmp_path, "file", {"path": "/v", "keyfile": "/k"}) == plain
    assert session_path(tmp_path, "file", {"path": "/w"}) != plain
    assert session_path(tmp_path, "pass", {"path": "/v"}) != plain


#: Visible ASCII: Credentials take nothing else.
texts = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


@given(key_id=texts, secret=texts, token=st.none() | texts, account=st.none() | texts, lasts=st.integers(-9, 10**6))
def test_codec_round_trip(key_id: str, secret: str, token: str | None, account: str | None, lasts: int) -> None:
    session = Credentials(
        access_key_id=key_id,
        secret_access_key=Secret(secret),
        session_token=Secret(token) if token else None,
        expires=NOW + timedelta(seconds=lasts),
        account_id=account,
    )
    assert decode_session(encode_session(session)) == session


@given(st.binary(max_size=100) | st.sampled_from([b"{}", b'{"v":1}', b'{"v":1,"AccessKeyId":1}', b"[]", b"1"]))
def test_codec_refuses_anything_else_without_showing_it(noise: bytes) -> None:
    with pytest.raises(ItemCorruptError) as caught:
        decode_session(Secret(noise))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


FORGETTING = {
    "clear": lambda cache: cache.clear("p"),
    "clear of all": lambda cache: cache.clear(),
    "token dropped": lambda cache: cache.delete_blob(Kind.SSO_TOKEN, "portal"),
}


@pytest.mark.parametrize("forget", FORGETTING.values(), ids=FORGETTING)
@pytest.mark.parametrize("alive", [False, True], ids=["new process", "same process"])
def test_what_was_cleared_does_not_come_back_with_an_old_file(
    place: Place, forget: Callable[[SessionCache], object], alive: bool
) -> None:
    cache = place.open()
    cache.put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    cache.put_blob(Kind.SSO_TOKEN, "portal", Secret(b"token"))
    old = place.file.read_bytes()
    forget(cache)
    place.file.write_bytes(old)
    place.file.chmod(0o600)
    again = cache if alive else place.open()
    with pytest.raises(ItemNotFoundError):
        again.get(KEY, min_ttl=MINUTE)
    with pytest.raises(ItemNotFoundError):
        again.get_blob(Kind.SSO_TOKEN, "portal")
    assert place.notes == [f"the cached sessions in '{place.file}' don't belong here or are damaged; they were dropped"]
    again.put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    assert place.open().get(KEY, min_ttl=MINUTE) == credentials()


def test_a_file_cleared_by_another_process_is_read_on(place: Place) -> None:
    mine, other = place.open(), place.open()
    for profile, key in (("p", KEY), ("q", "cd" * 32)):
        mine.put(key, credentials(), profile=profile, op="sts.AssumeRole")
    assert other.clear("p") == 1
    assert mine.get("cd" * 32, min_ttl=MINUTE) == credentials()
    with pytest.raises(ItemNotFoundError):
        mine.get(KEY, min_ttl=MINUTE)
    assert place.notes == []


def test_what_has_ended_is_swept_without_a_word_to_the_memory(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    place.now = NOW + timedelta(hours=2)
    assert cache.clear_expired() == 1
    assert not list(place.paths.state.glob("*.cleared"))


def test_a_clearing_that_cannot_be_remembered_is_told(place: Place) -> None:
    cache = place.open()
    cache.put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    cleared_path(place.paths.state, place.file).mkdir()
    assert cache.clear() == 1
    assert len(place.notes) == 1
    assert "can't be remembered" in place.notes[0]


def test_clearings_are_numbered_upwards_whatever_the_clock_says() -> None:
    assert next_clearing(0, 0, NOW) == int(NOW.timestamp())
    later = int(NOW.timestamp()) + 5
    assert next_clearing(later, 0, NOW) == later + 1
    assert next_clearing(0, later, NOW) == later + 1


def test_a_file_that_was_removed_unopened_does_not_come_back(place: Place) -> None:
    place.open().put(KEY, credentials(), profile="p", op="sts.AssumeRole")
    old = place.file.read_bytes()
    told: list[str] = []
    forget_session_file(place.file, place.paths.state, warn=told.append, clock=lambda: NOW)
    place.file.write_bytes(old)
    place.file.chmod(0o600)
    with pytest.raises(ItemNotFoundError):
        place.open().get(KEY, min_ttl=MINUTE)
    cleared_path(place.paths.state, place.file).unlink()
    cleared_path(place.paths.state, place.file).mkdir()
    forget_session_file(place.file, place.paths.state, warn=told.append, clock=lambda: NOW)
    assert not place.file.exists()
    assert len(told) == 1
