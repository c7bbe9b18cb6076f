"""What gpg itself says against a key, an agent or its directory reaches the person, and ``doctor``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from command_line import PYVAULT, Ended, clean_environ, run_pyvault
from pyvault.backend import Question
from pyvault.errors import BackendError, BackendUnavailableError
from pyvault.names import credential_name
from pyvault.secret import Secret
from pyvault_backends._gpg import RECIPIENT_REASONS, refusal
from pyvault_backends.pass_store import PassBackend

pytestmark = pytest.mark.peer("pass", "gpg")
WHO = "someone@example.com"
PROD = credential_name("prod")
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE12",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
}


def gpg(home: Path, *words: str, given: bytes | None = None) -> bytes:
    quiet = ("--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
    environ = dict(os.environ) | {"GNUPGHOME": str(home)}
    return subprocess.run(
        ["gpg", *quiet, *words],
        env=environ,
        input=given or b"",
        check=True,
        capture_output=True,
    ).stdout


def make_key(home: Path, who: str = WHO, until: str = "never", *before: str) -> None:
    gpg(home, *before, "--quick-gen-key", who, "future-default", "default", until)


def kill_agent(home: Path) -> None:
    environ = dict(os.environ) | {"GNUPGHOME": str(home)}
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ, check=True, capture_output=True)


@pytest.fixture
def short() -> Generator[Path]:
    """A directory whose path leaves room for an agent's socket."""
    with tempfile.TemporaryDirectory(prefix="gpg") as made:
        yield Path(made)
        for home in Path(made).rglob("S.gpg-agent"):
            kill_agent(home.parent)


@pytest.fixture
def home(short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gpg home without a key, and a password store for somebody."""
    made = short / "g"
    made.mkdir(mode=0o700)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / ".gpg-id").write_text(f"{WHO}\n")
    monkeypatch.setenv("GNUPGHOME", str(made))
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path / "store"))
    return made


def expired(home: Path) -> None:
    make_key(home, "me@example.com")
    make_key(home, WHO, "2020-02-01", "--faked-system-time", "20200101T000000!")


def revoked(home: Path) -> None:
    make_key(home, "me@example.com")
    make_key(home)
    listing = gpg(home, "--list-keys", "--with-colons", WHO).decode().splitlines()
    fingerprint = next(line.split(":")[9] for line in listing if line.startswith("fpr"))
    revocation = (home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    gpg(home, "--import", given=revocation.encode())
    Path(os.environ["PASSWORD_STORE_DIR"], ".gpg-id").write_text(f"{fingerprint}\n")


def only_signs(home: Path) -> None:
    gpg(home, "--quick-gen-key", WHO, "rsa2048", "sign", "never")


def unknown(home: Path) -> None:
    make_key(home, "me@example.com")


def untrusted(home: Path) -> None:
    make_key(home, "me@example.com")
    other = home.parent / "other"
    other.mkdir(mode=0o700)
    make_key(other)
    gpg(home, "--import", given=gpg(other, "--export", WHO))


def without_agent(home: Path) -> None:
    make_key(home)
    kill_agent(home)
    (home / "gpg.conf").write_text("agent-program /nonexistent/gpg-agent\n")


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (expired, f"'{WHO}' of the password store has expired"),
        (revoked, "of the password store is revoked"),
        (only_signs, f"'{WHO}' of the password store is revoked, or has no subkey that encrypts"),
        (unknown, f"'{WHO}' of the password store is unknown to gpg"),
        (untrusted, f"'{WHO}' of the password store is not trusted"),
        (without_agent, "can't reach its gpg-agent"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_why_gpg_refuses(break_it: Callable[[Path], None], reason: str, home: Path, tmp_path: Path) -> None:
    break_it(home)
    backend = PassBackend.open({}, nobody)
    with pytest.raises(BackendUnavailableError, match=reason) as caught:
        backend.put(PROD, Secret(b"x"))
    assert caught.value.hint
    assert backend.names() == []
    seen = PassBackend.examine({})
    assert not seen.available
    assert reason in (seen.reason or "")
    assert seen.hint == caught.value.hint


def nobody(question: Question) -> Secret[str]:
    pytest.fail(f"asked for {question.key}")


def test_a_socket_s_path_that_is_too_long(short: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_key(home)
    PassBackend.open({}, nobody).put(PROD, Secret(b"x"))
    kill_agent(home)
    deep = short / ("d" * 90) / "g"
    shutil.copytree(home, deep, ignore=shutil.ignore_patterns("S.*"))
    deep.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(deep))
    with pytest.raises(BackendUnavailableError, match=r"path of its socket has 1\d\d bytes") as caught:
        PassBackend.open({}, nobody).get(PROD)
    assert "GNUPGHOME" in (caught.value.hint or "")
    assert "path of its socket" in (PassBackend.examine({}).reason or "")


def test_the_person_and_doctor_are_told(home: Path, tmp_path: Path) -> None:
    expired(home)
    env = {"GNUPGHOME": str(home), "PASSWORD_STORE_DIR": str(tmp_path / "store"), "PYVAULT_BACKEND": "pass"}
    added = run_pyvault(tmp_path, "add", "prod", "--env", "--no-verify", env=env | KEYS)
    assert added.code == 5
    assert "has expired" in added.err
    assert "--quick-set-expire" in added.err
    examined = run_pyvault(tmp_path, "doctor", env=env)
    assert examined.code == 1
    assert examined.out.count("has expired") >= 1


@pytest.mark.peer("setpriv")
@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
@pytest.mark.parametrize(
    ("owner", "mode", "reason"), [(4711, 0o500, "can't write to its directory"), (0, 0o755, "belongs to user 0")]
)
def test_a_gpg_home_that_can_not_be_written(owner: int, mode: int, reason: str, home: Path, short: Path) -> None:
    make_key(home)
    kill_agent(home)
    person = short / "person"
    shutil.copytree(os.environ["PASSWORD_STORE_DIR"], person / "store")
    subprocess.run(["chown", "-R", "4711:4711", str(short)], check=True)
    os.chown(home, owner, owner)
    home.chmod(mode)
    env = {"GNUPGHOME": str(home), "PASSWORD_STORE_DIR": str(person / "store"), "PYVAULT_BACKEND": "pass"}
    for words in (("add", "prod", "--env", "--no-verify"), ("doctor",)):
        ended = as_user(4711, person, *words, env=env | KEYS)
        assert ended.code, ended.out
        assert reason in ended.out + ended.err
    assert not list((person / "store").rglob("*.gpg"))


def as_user(user: int, home: Path, *words: str, env: dict[str, str]) -> Ended:
    # Reading files of others (Python's own may lie in root's home) is a power over what pyvault is made of.
    become = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"]
    reads = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    done = subprocess.run(
        [*become, *reads, PYVAULT, *words], env=clean_environ(home) | env, cwd=home, capture_output=True, check=False
    )
    return Ended(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.mark.parametrize("number", [*RECIPIENT_REASONS, "8", "junk"])
def test_every_reason_of_the_table_and_any_other_is_told_without_gpg_s_text(number: str) -> None:
    told = refusal(f"gpg: PLANTED\n[GNUPG:] INV_RECP {number} \x1b[1mkey {'k' * 500}\n", {})
    assert isinstance(told, BackendError)
    assert "PLANTED" not in str(told)
    assert "\x1b" not in str(told)
    assert len(str(told)) < 200


def test_what_is_no_refusal_is_none() -> None:
    assert refusal("[GNUPG:] KEYEXPIRED 1\n[GNUPG:]\n[GNUPG:] ENC_TO A 1 0\ngpg: decryption failed: Bad\n", {}) is None
