"""The pass driver and a real gpg: passphrases, damage, other people's files, programs that hang."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from fake_aws.client import FakeAws
from peers.aws_vault_items import SESSION, item
from peers.gpg_home import PASSPHRASE, forget_passphrase, password_store
from person import Person
from pyvault.backend import Question
from pyvault.errors import (
    AccessDeniedError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConfigError,
    ItemCorruptError,
    ItemNotFoundError,
)
from pyvault.names import ItemName, Kind, credential_name
from pyvault.secret import Secret
from pyvault_backends._gpg import Gpg
from pyvault_backends.pass_store import PassBackend

pytestmark = pytest.mark.peer("pass", "gpg")
PROD = credential_name("prod")
DEV = credential_name("dev")


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


def opened(**options: str) -> PassBackend:
    return PassBackend.open(options, nobody)


@pytest.fixture(scope="module")
def plain_key(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    with password_store(tmp_path_factory.mktemp("plain")) as environ:
        yield environ


@pytest.fixture(scope="module")
def locked_key(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    with password_store(tmp_path_factory.mktemp("locked"), passphrase=PASSPHRASE) as environ:
        yield environ


@pytest.fixture
def store(plain_key: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store for the key without a passphrase."""
    monkeypatch.setenv("GNUPGHOME", plain_key["GNUPGHOME"])
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path / "store"))
    shutil.copytree(plain_key["PASSWORD_STORE_DIR"], tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def locked_store(locked_key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in locked_key.items():
        monkeypatch.setenv(name, value)
    forget_passphrase(locked_key)
    return locked_key


def test_sessions_never_go_into_the_store(store: Path, fake_aws: FakeAws, tmp_path: Path) -> None:
    """The whole job at the command line: the store ends with the key pair and one wrapping key."""
    person = Person(fake_aws, tmp_path)
    del person.environ["PYVAULT_KEYFILE"]
    person.environ["PYVAULT_BACKEND"] = "pass"
    person.environ["PASSWORD_STORE_DIR"] = str(store)
    person.add("prod", "demo")
    assert person.who("prod").endswith(":user/demo")
    assert person.who("prod").endswith(":user/demo")
    assert fake_aws.ops().count("sts.GetSessionToken") == 1
    assert sorted(name.kind for name in opened().names()) == [Kind.CREDENTIAL, Kind.KEK]


def test_a_locked_key_writes_nothing_that_it_could_not_read_back(locked_store: dict[str, str]) -> None:
    with pytest.raises(BackendLockedError) as caught:
        opened(prefix="unread").put(PROD, Secret(b"x"))
    assert "GPG_TTY" in (caught.value.hint or "")
    assert opened(prefix="unread").names() == []


def test_the_passphrase_by_loopback(locked_store: dict[str, str]) -> None:
    asked: list[Question] = []

    def human(question: Question) -> Secret[str]:
        asked.append(question)
        return Secret(PASSPHRASE)

    backend = PassBackend.open({"pinentry": "loopback"}, human)
    backend.put(PROD, Secret(b"x"))
    assert {question.key for question in asked} == {"gpg-passphrase"}
    forget_passphrase(locked_store)
    with pytest.raises(BackendLockedError):
        opened().get(PROD)
    wrong = PassBackend.open({"pinentry": "loopback"}, lambda _: Secret("wrong"))
    with pytest.raises(BackendLockedError) as caught:
        wrong.get(PROD)
    assert "wrong" not in str(caught.value)
    assert backend.get(PROD) == Secret(b"x")
    assert opened().names() == [PROD], "listing needs no key"


def test_without_any_secret_key_it_is_unavailable_not_locked(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().put(PROD, Secret(b"x"))
    (tmp_path / "empty").mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "empty"))
    with pytest.raises(BackendUnavailableError, match="no secret key"):
        opened().get(PROD)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)


@pytest.mark.parametrize(
    ("program", "found"), [("gpg2", "echo sec:u:255"), ("gpg", "echo sec:u:255"), ("gpg2", None), (None, None)]
)
def test_the_gpg_that_pass_finds_is_asked_for_keys(
    program: str | None, found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if program:
        Path(script(tmp_path, found or "exec /bin/sleep 300")).rename(tmp_path / program)
    monkeypatch.setenv("PATH", str(tmp_path))
    gpg = Gpg(command="pass", store=tmp_path, limit=10 if found else 0.5)
    if found:
        assert gpg.has_secret_key()
        return
    with pytest.raises(BackendTimeoutError if program else BackendUnavailableError):
        gpg.has_secret_key()


def test_a_truncated_entry_is_corrupt_at_every_length(store: Path) -> None:
    backend = opened()
    backend.put(PROD, Secret(b"x" * 100))
    (file,) = store.rglob("*.gpg")
    whole = file.read_bytes()
    for length in [*range(0, len(whole), 37), len(whole) - 1]:
        file.write_bytes(whole[:length])
        with pytest.raises(ItemCorruptError, match="credential/prod"):
            backend.get(PROD)
    file.write_bytes(whole[:-20] + bytes(20))
    with pytest.raises(ItemCorruptError):
        backend.get(PROD)
    backend.put(PROD, Secret(b"mended"))
    assert backend.get(PROD) == Secret(b"mended")


def test_other_peoples_files_are_neither_listed_nor_touched(store: Path) -> None:
    backend = opened()
    backend.put(PROD, Secret(b"x"))
    corner = store / "pyvault"
    (corner / "credential" / ".DS_Store").write_bytes(b"")
    (corner / "credential" / "prod.gpg~").write_bytes(b"")
    (corner / "credential" / "Mixed Case.gpg").write_bytes(b"")
    (corner / "nonsense").mkdir()
    (corner / "nonsense" / "x.gpg").write_bytes(b"")
    (corner / "loop").symlink_to(corner)
    (store / "mail.gpg").write_bytes(b"")
    assert backend.names() == [PROD]
    name = credential_name("../../mail")
    with pytest.raises(ItemNotFoundError):
        backend.get(name)
    backend.put(name, Secret(b"y"))
    backend.delete(name)
    assert (store / "mail.gpg").read_bytes() == b""


def test_names_that_a_disk_without_case_would_mix_have_different_files(store: Path) -> None:
    backend = opened()
    for text in ("prod", "Prod", "PROD", "é"):
        backend.put(credential_name(text), Secret(text.encode()))
    files = [path.name for path in store.rglob("*.gpg")]
    assert len({file.lower() for file in files}) == 4
    assert all(file.isascii() for file in files)


def test_a_store_under_git_gets_commits_and_no_leftovers(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git") is None:
        pytest.fail("git is part of every machine that builds this")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "pyvault test")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "test@example.com")
    subprocess.run(["pass", "git", "init"], check=True, capture_output=True)
    backend = opened()
    assert backend.describe()["git"].startswith("yes")
    backend.put(PROD, Secret(b"x"))
    backend.put(PROD, Secret(b"y"))
    assert backend.get(PROD) == Secret(b"y")
    assert backend.names() == [PROD]
    backend.delete(PROD)
    assert backend.names() == []
    status = subprocess.run(
        ["git", "-C", str(store), "status", "--porcelain"], check=True, capture_output=True, text=True
    )
    assert [line for line in status.stdout.splitlines() if ".gpg" in line] == []


def test_what_a_killed_writer_left_is_not_listed_and_cleared_away(store: Path) -> None:
    backend = opened()
    backend.put(PROD, Secret(b"x"))
    left = store / "pyvault/credential/prod+new-00c0ffee.gpg"
    left.write_bytes(b"half")
    assert backend.names() == [PROD]
    backend.put(PROD, Secret(b"y"))
    assert not left.exists()


def script(tmp_path: Path, text: str) -> str:
    program = tmp_path / "stub"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def test_a_pass_that_hangs_is_left_in_time_with_its_children(store: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"  # a pipe that both hold open: its end is theirs
    os.mkfifo(witness)
    command = script(tmp_path, f"exec 9> {witness}; sleep 300 & echo >&9; wait")
    opened().put(PROD, Secret(b"x"))
    with os.fdopen(os.open(witness, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        with pytest.raises(BackendTimeoutError):
            opened(command=command, timeout="3").get(PROD)
        assert pipe.read() == b"\n"
        assert select.select([pipe], [], [], 60)[0] == [pipe]
        assert pipe.read() == b""


def test_ctrl_c_ends_the_wait(store: Path, tmp_path: Path) -> None:
    opened().put(PROD, Secret(b"x"))
    command = script(tmp_path, f"touch {tmp_path}/started; sleep 300")

    def interrupt() -> None:
        while not (tmp_path / "started").exists():
            pass
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        opened(command=command).get(PROD)
    thread.join()


def test_a_pass_that_fails_or_lies_says_so(store: Path, tmp_path: Path) -> None:
    opened().put(PROD, Secret(b"x"))
    for text in ("exit 0", "echo garbage", "echo '{}'"):
        with pytest.raises(ItemCorruptError):
            opened(command=script(tmp_path, text)).get(PROD)
    lying = opened(command=script(tmp_path, "cat >/dev/null; exit 0"))
    with pytest.raises(Exception, match="wrote nothing"):
        lying.put(DEV, Secret(b"x"))
    with pytest.raises(Exception, match="status 1: no room"):
        opened(command=script(tmp_path, "echo no room >&2; exit 1")).get(PROD)
    assert opened().get(PROD) == Secret(b"x")


def test_the_secret_reaches_pass_by_stdin_only_and_ours_are_kept_back(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYVAULT_PASSPHRASE", "pLaNtEd-passphrase")
    spy = f'env > {tmp_path}/env.$$; echo "$@" > {tmp_path}/argv.$$; exec {shutil.which("pass")} "$@"'
    opened(command=script(tmp_path, spy)).put(PROD, Secret(b"pLaNtEd-secret"))
    seen = "".join(file.read_text() for pattern in ("env.*", "argv.*") for file in tmp_path.glob(pattern))
    assert "insert -m -f" in seen
    assert "pLaNtEd" not in seen


def test_a_folder_that_can_t_be_read_is_not_an_empty_one(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened().put(PROD, Secret(b"x"))

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)  # root, as which tests may run, reads everything
    with pytest.raises(AccessDeniedError):
        opened().names()


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = PassBackend.probe({"store": str(tmp_path)})
    assert (seen.available, seen.reason, seen.hint) == (
        False,
        f"there is no password store at '{tmp_path}'",
        "pass init KEY makes one",
    )
    assert "not installed" in (PassBackend.probe({"command": "no-such-pass"}).reason or "")
    with pytest.raises(BackendUnavailableError):
        opened(store=str(tmp_path))


@pytest.mark.parametrize(
    "wrong",
    [{"prefix": "../up"}, {"prefix": "/"}, {"prefix": "-x"}, {"pinentry": "gui"}, {"timeout": "x"}, {"prefx": "a"}],
)
def test_impossible_options_are_refused(store: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        opened(**wrong)


def test_kinds_are_folders(store: Path) -> None:
    opened(prefix="work/aws").put(ItemName(Kind.KEK, "00ff"), Secret(b"k"))
    assert (store / "work/aws/kek/00ff.gpg").is_file()
    assert sys.platform != "win32"


@pytest.mark.parametrize("entry", ["prod", "team/dev", SESSION])
def test_a_folder_of_aws_vault_is_read_and_not_written_to(store: Path, entry: str) -> None:
    subprocess.run(["pass", "insert", "-m", f"aws/{entry}"], input=item(entry), check=True, capture_output=True)
    backend = opened(prefix="aws")
    assert backend.names() == []
    with pytest.raises(AccessDeniedError, match="the folder 'aws' of the password store is aws-vault's") as caught:
        backend.put(PROD, Secret(b"x"))
    assert "PYVAULT_BACKEND_PASS__PREFIX" in (caught.value.hint or "")
    assert len(list(store.rglob("*.gpg"))) == 1
    opened(prefix="mine").put(PROD, Secret(b"x"))


def test_others_passwords_beside_our_items_are_no_obstacle(store: Path) -> None:
    for entry, text in (("corner/mail", b"hunter2"), ("corner/below/prod", item("prod"))):
        subprocess.run(["pass", "insert", "-m", entry], input=text, check=True, capture_output=True)
    (store / "corner" / "empty.gpg").write_bytes(b"")
    opened(prefix="corner").put(PROD, Secret(b"x"))
    assert opened(prefix="corner").get(PROD) == Secret(b"x")
