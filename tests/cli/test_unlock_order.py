"""One order of what opens a vault, for every command: each source before every later one."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pytest

from command_line import NOTHING_KEPT
from fakes.text_keyring import FileKeyring
from pyvault.errors import WrongKeyError
from pyvault.names import Kind
from pyvault.secret import Secret
from pyvault.storage.registry import open_backend
from pyvault.vaultfile.unlock.new_slot import KeyFileSlot, PassphraseSlot, StoreKeySlot
from pyvault.vaultfile.unlock.store_key import StoreKeys
from pyvault.vaultfile.vault import Vault
from pyvault_cli.commandline.arguments import CommandLine
from pyvault_cli.commandline.command_table import COMMANDS
from pyvault_cli.context import ALWAYS_ASK, Context
from pyvault_cli.terminal.answers import TerminalAnswers
from pyvault_cli.vaults.vault_access import VaultAccess
from vaults import CHEAP, KEY, KEY_TEXT, WEAK

RIGHT, WRONG = "correct horse", "incorrect"
STORE = f"{FileKeyring.__module__}.{FileKeyring.__qualname__}"

#: The documented order.
ORDER = (
    "--passphrase-fd",
    "PYVAULT_KEYFILE",
    "PYVAULT_KEY",
    "PYVAULT_PASSPHRASE_FILE",
    "PYVAULT_PASSPHRASE",
    "AWS_VAULT_FILE_PASSPHRASE",
    "unlock_store",
    "terminal",
)
PAIRS = [pair for pair in combinations(ORDER, 2) if pair != ("PYVAULT_KEYFILE", "PYVAULT_KEY")]  # which is an error


@dataclass
class Typist:
    """Types the same every time."""

    text: str
    prompts: list[str] = field(default_factory=list[str])

    def hidden(self, prompt: str) -> Secret[str]:
        self.prompts.append(prompt)
        return Secret(self.text)

    def undisturbed(self) -> AbstractContextManager[None]:
        return nullcontext()

    def line(self, prompt: str) -> str:
        raise AssertionError(prompt)


@dataclass
class Machine:
    """A vault that everything in ORDER can open, and what a command there is given."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])
    given: tuple[tuple[str, str], ...] = ()
    typist: Typist = field(default_factory=lambda: Typist(WRONG))

    def add(self, source: str, right: bool) -> None:
        passphrase = RIGHT if right else WRONG
        match source:
            case "--passphrase-fd":
                reading, writing = os.pipe()
                os.write(writing, passphrase.encode())
                os.close(writing)
                self.given = ((source, str(reading)),)
            case "PYVAULT_KEYFILE":
                text = KEY_TEXT if right else b"pyvault-keyfile-v1:" + b"A" * 43 + b"=\n"
                self.environ[source] = str(self.private("key", text))
            case "PYVAULT_KEY":
                self.environ[source] = KEY_TEXT.decode() if right else f"pyvault-keyfile-v1:{'A' * 43}="
            case "PYVAULT_PASSPHRASE_FILE":
                self.environ[source] = str(self.private("passphrase", passphrase.encode()))
            case "unlock_store":
                self.environ["PYVAULT_BACKEND_FILE__UNLOCK_STORE"] = "keyring"
                if not right:
                    self.spoil_the_kept_key()
            case "terminal":
                self.typist = Typist(passphrase)
            case _:
                self.environ[source] = passphrase

    def private(self, name: str, text: bytes) -> Path:
        path = self.home / name
        path.write_bytes(text)
        path.chmod(0o600)
        return path

    def store(self) -> StoreKeys:
        return StoreKeys(open_backend("keyring", {"class": STORE}, lambda question: pytest.fail(question.key)))

    def spoil_the_kept_key(self) -> None:
        backend = open_backend("keyring", {"class": STORE}, lambda question: pytest.fail(question.key))
        (name,) = (name for name in backend.names() if name.kind is Kind.KEK)
        backend.put(name, Secret(bytes(32)))

    def context(self) -> Context:
        words = CommandLine(global_options=self.given)
        return Context(words, self.environ, ask=TerminalAnswers(words, self.environ, lambda: self.typist))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("TEXT_KEYRING", str(tmp_path / "keyring.json"))
    machine = Machine(home=tmp_path)
    slots = (
        KeyFileSlot(key=KEY),
        PassphraseSlot(passphrase=Secret(RIGHT), cost=CHEAP),
        StoreKeySlot(keep=machine.store().keep),
    )
    Vault.create(tmp_path / "vault.pyv", new_slots=slots, options=WEAK).close()
    machine.environ = {
        "PYVAULT_BACKEND": "file",
        "PYVAULT_FILE": str(tmp_path / "vault.pyv"),
        "PYVAULT_BACKEND_KEYRING__CLASS": STORE,
        **NOTHING_KEPT,
    }
    return machine


def by_the_backend(context: Context) -> None:
    with context:
        assert context.store.profiles() == []


def by_the_vault_commands(context: Context) -> None:
    VaultAccess(context).open().close()


DOORS = pytest.mark.parametrize("door", [by_the_backend, by_the_vault_commands])


@DOORS
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_earlier_source_decides(machine: Machine, door: Callable[[Context], None], first: str, second: str) -> None:
    machine.add(first, right=True)
    machine.add(second, right=False)
    door(machine.context())


@DOORS
@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_wrong_earlier_source_is_not_fallen_through(
    machine: Machine, door: Callable[[Context], None], first: str, second: str
) -> None:
    machine.add(first, right=False)
    machine.add(second, right=True)
    with pytest.raises(WrongKeyError):
        door(machine.context())
    assert machine.typist.prompts == []


@DOORS
def test_only_a_human_is_asked_again_and_told_why(machine: Machine, door: Callable[[Context], None]) -> None:
    with pytest.raises(WrongKeyError):
        door(machine.context())
    first, *others = machine.typist.prompts
    assert first.startswith("passphrase for ")
    assert others == [f"wrong passphrase, try again; {first}"] * 2


def test_the_commands_that_always_ask_are_commands() -> None:
    assert set(COMMANDS) >= ALWAYS_ASK
    groups = {name for name in COMMANDS if name.startswith("vault slot")}
    assert groups <= ALWAYS_ASK
