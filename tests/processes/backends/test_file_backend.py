"""The vault file as a backend: when it is made, what opens it, who is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from command_line import run_pyvault
from pyvault.backend import Ask, Attributed, Lockable, Options, Question, Transactional
from pyvault.errors import (
    BackendLockedError,
    BackendUnavailableError,
    ConfigError,
    ForeignVaultError,
    InputRequiredError,
    ItemNotFoundError,
    RollbackError,
)
from pyvault.model import StoredCredentials
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.format.slots import ParentVault
from pyvault.vaultfile.unlock.key_file import create_key_file
from pyvault.vaultfile.unlock.new_slot import StoreKeySlot
from pyvault.vaultfile.unlock.store_key import StoreKeys
from pyvault.vaultfile.vault import Vault
from pyvault_backends.file import FileBackend
from pyvault_backends.memory import MemoryBackend

PROD = credential_name("prod")
PAIR = StoredCredentials(access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("wJalr"))


class Human:
    """Answers by key, and remembers what was asked."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = dict(answers)
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Secret[str]:
        self.asked.append(question)
        if question.key not in self.answers:
            raise InputRequiredError(f"nobody gives the {question.key}")
        return Secret(self.answers[question.key])

    @property
    def keys(self) -> list[str]:
        return [question.key for question in self.asked]


@pytest.fixture
def options(tmp_path: Path) -> dict[str, str]:
    create_key_file(tmp_path / "key")
    return {"path": str(tmp_path / "vault.pyv"), "keyfile": str(tmp_path / "key")}


def test_reading_where_nothing_is_asks_and_makes_nothing(tmp_path: Path) -> None:
    human = Human({})
    backend = FileBackend.open({"path": str(tmp_path / "vault.pyv")}, human)
    assert backend.names() == []
    for attempt in (lambda: backend.get(PROD), lambda: backend.delete(PROD), lambda: backend.attributes(PROD)):
        with pytest.raises(ItemNotFoundError):
            attempt()
    assert (human.asked, list(tmp_path.iterdir())) == ([], [])


def test_the_first_put_makes_it_with_a_new_passphrase_that_opens_it(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "vault.pyv"), "kdf": "min"}
    maker = Human({"new-passphrase": "correct horse"})
    backend = FileBackend.open(options, maker)
    backend.put(PROD, Secret(b"x"))
    backend.put(PROD, Secret(b"y"))
    assert maker.keys == ["new-passphrase"]
    assert "PYVAULT_NEW_PASSPHRASE" in maker.asked[0].sources
    owner = Human({"passphrase": "correct horse"})
    again = FileBackend.open(options, owner)
    assert again.get(PROD) == Secret(b"y")
    assert again.names() == [PROD]
    assert owner.keys == ["passphrase"]
    with pytest.raises(BackendLockedError):
        FileBackend.open(options, Human({"passphrase": "wrong"})).get(PROD)
    with pytest.raises(InputRequiredError):
        FileBackend.open(options, Human({})).names()


def test_a_key_file_asks_nobody(options: dict[str, str]) -> None:
    human = Human({})
    FileBackend.open(options, human).put(PROD, Secret(b"x"))
    assert FileBackend.open(options, human).get(PROD) == Secret(b"x")
    assert human.asked == []


def test_a_key_file_that_is_not_there_stops_the_first_put(tmp_path: Path) -> None:
    backend = FileBackend.open({"path": str(tmp_path / "v"), "keyfile": str(tmp_path / "none")}, Human({}))
    with pytest.raises(ConfigError) as caught:
        backend.put(PROD, Secret(b"x"))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_file_comes_before_the_human(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct horse\n")
    (tmp_path / "secret").chmod(0o600)
    options = {"path": str(tmp_path / "v"), "kdf": "min", "passphrase_file": str(tmp_path / "secret")}
    FileBackend.open(options, Human({})).put(PROD, Secret(b"x"))
    assert FileBackend.open(options, Human({})).get(PROD) == Secret(b"x")


def test_it_does_what_the_optional_protocols_say(options: dict[str, str]) -> None:
    backend = FileBackend.open(options, Human({}))
    assert isinstance(backend, Transactional)
    assert isinstance(backend, Attributed)
    assert isinstance(backend, ParentVault)
    assert isinstance(backend, Lockable)
    store = CredentialStore(backend)
    store.put("prod", PAIR)
    assert backend.attributes(PROD) == {"access_key_id": PAIR.access_key_id}
    assert store.access_key_id("prod") == PAIR.access_key_id
    assert len(backend.child_key(bytes(16))) == 32
    assert (backend.key_epoch, len(backend.vault_id)) == (1, 16)


def test_a_failed_transaction_leaves_the_file_as_it_was(options: dict[str, str]) -> None:
    backend = FileBackend.open(options, Human({}))
    backend.put(PROD, Secret(b"x"))
    before = Path(options["path"]).read_bytes()

    def change() -> None:
        with backend.transaction():
            backend.put(PROD, Secret(b"y"))
            backend.delete(credential_name("absent"))

    with pytest.raises(ItemNotFoundError):
        change()
    assert Path(options["path"]).read_bytes() == before
    assert backend.get(PROD) == Secret(b"x")


def test_a_new_vault_takes_no_weak_passphrase_of_a_program(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "vault.pyv")}
    (tmp_path / "words").write_text("secret")
    (tmp_path / "words").chmod(0o600)
    for given in (options, options | {"passphrase_file": str(tmp_path / "words")}):
        with pytest.raises(InputRequiredError, match="fewer than 10"):
            FileBackend.open(given, Human({"new-passphrase": "secret"})).put(PROD, Secret(b"x"))
        assert not (tmp_path / "vault.pyv").exists()
    FileBackend.open(options | {"weak_passphrase": "1"}, Human({"new-passphrase": "secret"})).put(PROD, Secret(b"x"))


def test_locking_forgets_the_key(tmp_path: Path) -> None:
    human = Human({"new-passphrase": "p", "passphrase": "p"})
    backend = FileBackend.open({"path": str(tmp_path / "v"), "kdf": "min"}, human)
    backend.put(PROD, Secret(b"x"))
    assert not backend.locked()
    backend.lock()
    assert backend.locked()
    del human.answers["passphrase"]
    with pytest.raises(InputRequiredError):
        backend.get(PROD)
    human.answers["passphrase"] = "p"
    assert backend.get(PROD) == Secret(b"x")


def test_expectations_for_machines_without_memory(options: dict[str, str]) -> None:
    backend = FileBackend.open(options, Human({}))
    backend.put(PROD, Secret(b"x"))
    expected = options | {"expect_vault_id": backend.vault_id.hex(), "min_generation": "1"}
    assert FileBackend.open(expected, Human({})).get(PROD) == Secret(b"x")
    with pytest.raises(ForeignVaultError):
        FileBackend.open(options | {"expect_vault_id": "00" * 16}, Human({})).get(PROD)
    with pytest.raises(RollbackError):
        FileBackend.open(options | {"min_generation": "99"}, Human({})).get(PROD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pth": "x"},
        {"kdf": "cheap"},
        {"expect_vault_id": "xyz"},
        {"expect_vault_id": "00"},
        {"min_generation": "-1"},
        {"min_generation": "²"},
        {"kdf_memory_limit": "99999"},
        {"lock_timeout": "never"},
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        FileBackend.open(wrong, Human({}))


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[], MemoryBackend]:
    """A named memory backend stands for the desktop's store, whose options are its own defaults."""
    shared = MemoryBackend()

    def find(options: Options, ask: Ask) -> MemoryBackend:
        return shared

    monkeypatch.setattr(MemoryBackend, "open", find)  # the store of this machine is one
    return lambda: shared


def test_a_desktops_store_opens_the_file_without_a_passphrase(
    options: dict[str, str], registered: Callable[[], MemoryBackend]
) -> None:
    first = FileBackend.open(options, Human({}))
    first.put(PROD, Secret(b"x"))
    settings = VaultSettings.parse(options)
    with Vault.open(settings.place, settings.sources(Human({}))) as vault:
        vault.add_slot(StoreKeySlot(keep=StoreKeys(registered()).keep))
    without = {"path": options["path"], "unlock_store": "memory"}
    assert FileBackend.open(without, Human({})).get(PROD) == Secret(b"x")
    (key,) = registered().names()
    assert key.kind is Kind.KEK
    registered().lock()
    with pytest.raises(BackendLockedError):
        FileBackend.open(without, Human({})).get(PROD)
    registered().unlock()
    registered().put(key, Secret(bytes(32)))
    with pytest.raises(BackendLockedError):
        FileBackend.open(without, Human({})).get(PROD)
    registered().delete(key)
    with pytest.raises(BackendLockedError):  # and nothing else opens this one
        FileBackend.open(without, Human({})).get(PROD)


def test_store_keys_are_dropped_with_their_slot(registered: Callable[[], MemoryBackend]) -> None:
    keys = StoreKeys(registered())
    keys.keep(bytes(16), bytes(8), Secret(b"k" * 32))
    assert keys.find(bytes(8), bytes(16)) == Secret(b"k" * 32)
    assert registered().names() == [ItemName(Kind.KEK, f"{bytes(16).hex()}:{bytes(8).hex()}")]
    keys.drop(bytes(16), bytes(8))
    keys.drop(bytes(16), bytes(8))
    assert keys.find(bytes(8), bytes(16)) is None


def test_a_vault_does_not_keep_its_own_key(options: dict[str, str]) -> None:
    FileBackend.open(options, Human({})).put(PROD, Secret(b"x"))
    with pytest.raises(BackendUnavailableError):
        FileBackend.open(options | {"unlock_store": "file"}, Human({})).get(PROD)


def test_an_ask_that_does_not_tell_whose_answer_it_gives_is_asked_once(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "vault.pyv"), "kdf": "min"}
    FileBackend.open(options, Human({"new-passphrase": "right"})).put(PROD, Secret(b"x"))
    program = Human({"passphrase": "wrong"})
    with pytest.raises(BackendLockedError):
        FileBackend.open(options, program).get(PROD)
    assert program.keys == ["passphrase"]


@pytest.fixture
def no_memory(private_home: Path) -> None:
    """A machine whose state directory can't be made."""
    state = private_home / ".local" / "state"
    state.mkdir(parents=True)
    (state / "pyvault").write_bytes(b"")


def test_a_machine_that_can_not_remember_vaults_is_told_once(options: dict[str, str], no_memory: None) -> None:
    warnings: list[str] = []
    backend = FileBackend.open(options, Human({}))
    backend.on_warning(warnings.append)
    for _ in range(2):
        backend.put(PROD, Secret(b"x"))
        backend.lock()
        assert backend.get(PROD) == Secret(b"x")
    (warning,) = warnings
    assert "an old copy of the vault would go unnoticed" in warning


def test_without_a_listener_it_goes_to_the_log(
    options: dict[str, str], no_memory: None, caplog: pytest.LogCaptureFixture
) -> None:
    FileBackend.open(options, Human({})).put(PROD, Secret(b"x"))
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("pyvault_backends.file", "WARNING")


def test_the_command_line_warns_once_and_goes_on(options: dict[str, str], no_memory: None, private_home: Path) -> None:
    environ = {"PYVAULT_FILE": options["path"], "PYVAULT_KEYFILE": options["keyfile"]}
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "pLaNtEd"}
    added = run_pyvault(private_home, "add", "prod", "--env", "--no-verify", "--no-add-config", env=environ | keys)
    listed = run_pyvault(private_home, "list", "--credentials", env=environ)
    assert listed.out == "prod\n"
    for ended in (added, listed):
        assert ended.code == 0, ended.err
        assert ended.err.count("pyvault: warning: ") == 1
        assert "would go unnoticed" in ended.err
