"""A key file in a variable: its path, its text, and the one in the place of the other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import pyvault as library
from command_line import Ended, Environ, Pyvault
from pyvault.backend import Question
from pyvault.errors import InvalidSettingError, UsageError
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.passphrase_sources import EnvironmentAnswers, key_of
from vaults import KEY, KEY_TEXT

LINES = b"AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG\n"
ADD = ("--stdin", "--no-verify", "--no-add-config")


@pytest.fixture
def by_text(keyed: Environ) -> Environ:
    """Give the text of the key that opens the vault, as a CI service does."""
    return {"PYVAULT_KEY": Path(str(keyed["PYVAULT_KEYFILE"])).read_text()}


def secret_part(text: Environ) -> str:
    return str(text["PYVAULT_KEY"]).strip().removeprefix("pyvault-keyfile-v1:")


def test_the_text_of_a_key_file_opens_the_vault_and_no_child_sees_it(
    pyvault: Pyvault, by_text: Environ, tmp_path: Path
) -> None:
    assert pyvault("add", "ci", *ADD, env=by_text, stdin=LINES).code == 0
    for words in (["list", "--credentials"], ["vault", "verify"], ["vault", "rekey"], ["doctor"]):
        ended = pyvault("--no-input", *words, env=by_text)
        assert ended.code == 0, ended.err
        assert secret_part(by_text) not in f"{ended.out}{ended.err}"
    seen = tmp_path / "seen"
    for words in (["exec", "-n", "ci", "--", "env"], ["exec", "-n", "ci", "--", "sh", "-c", f"env > '{seen}'"]):
        ended = pyvault("--no-input", *words, env=by_text)
        assert ended.code == 0, ended.err
        assert "AKIAIOSFODNN7EXAMPLE" in ended.out or "AKIAIOSFODNN7EXAMPLE" in seen.read_text()
        assert "PYVAULT_KEY" not in ended.out
    assert "PYVAULT_KEY" not in seen.read_text()


def test_it_opens_a_new_vault_too(pyvault: Pyvault, tmp_path: Path) -> None:
    text: Environ = {"PYVAULT_KEY": KEY_TEXT.decode()}
    assert pyvault("--no-input", "add", "ci", *ADD, env=text, stdin=LINES).code == 0
    made = {**text, "PYVAULT_FILE": str(tmp_path / "other.pyv")}
    assert pyvault("--no-input", "vault", "init", env=made).code == 0
    assert pyvault("vault", "init", "--keyfile", "k", env={**text, "PYVAULT_FILE": "third.pyv"}).code == 2
    (tmp_path / "ci.key").write_bytes(KEY_TEXT)
    (tmp_path / "ci.key").chmod(0o600)
    by_file: Environ = {"PYVAULT_KEYFILE": "ci.key"}
    assert pyvault("list", "--credentials", env=by_file).out == "ci\n"
    assert pyvault("vault", "verify", env={**by_file, "PYVAULT_FILE": made["PYVAULT_FILE"]}).code == 0


@pytest.mark.parametrize("words", [["list"], ["vault", "verify"], ["exec", "x", "--", "true"], ["add", "b", *ADD]])
def test_text_and_path_together_are_an_error(
    pyvault: Pyvault, keyed: Environ, by_text: Environ, words: list[str]
) -> None:
    ended = pyvault("--no-input", *words, env={**keyed, **by_text}, stdin=LINES)
    assert (ended.code, "can't use PYVAULT_KEY together with PYVAULT_KEYFILE" in ended.err) == (2, True), ended.err


@pytest.mark.parametrize("text", ["/home/me/ci.key", "pyvault-keyfile-v1:pLaNtEd", "pyvault-keyfile-v1:pLaNtEd%%%"])
def test_a_text_that_is_none_is_refused_and_not_shown(pyvault: Pyvault, keyed: Environ, text: str) -> None:
    del keyed
    ended = pyvault("--no-input", "list", env={"PYVAULT_KEY": text})
    assert (ended.code, "the value of PYVAULT_KEY" in ended.err or "the key in the value" in ended.err) == (5, True)
    assert "pLaNtEd" not in ended.err


def test_a_wrong_key_is_named(pyvault: Pyvault, keyed: Environ) -> None:
    del keyed
    ended = pyvault("--no-input", "list", env={"PYVAULT_KEY": KEY_TEXT.decode()})
    assert (ended.code, "the key of PYVAULT_KEY does not open" in ended.err) == (4, True)


def refused_and_hidden(ended: Ended, text: Environ) -> None:
    assert "must be a path, but it contains the key itself" in f"{ended.out}{ended.err}"
    assert "PYVAULT_KEY takes the content" in f"{ended.out}{ended.err}"
    key = secret_part(text)
    parts = [part for part in (*key.split("/"), key[:8], key[-8:]) if len(part) > 5]  # shorter ones are words too
    assert not any(part in f"{ended.out}{ended.err}" for part in parts)


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["vault", "verify"],
        ["vault", "init"],
        ["vault", "rekey"],
        ["exec", "x", "--", "true"],
        ["add", "x", *ADD],
        ["backends", "info", "file"],
        ["doctor"],
    ],
)
def test_a_key_in_the_place_of_its_path_is_not_shown(pyvault: Pyvault, by_text: Environ, words: list[str]) -> None:
    env = {"PYVAULT_KEYFILE": by_text["PYVAULT_KEY"], "PYVAULT_DEBUG": "1"}
    ended = pyvault("--debug", *words, env=env, stdin=LINES)
    refused_and_hidden(ended, by_text)
    assert ended.code == {"backends": 0, "doctor": 1}.get(words[0], 5)


@pytest.mark.parametrize("padding", ["", "x/", " "])
@pytest.mark.parametrize(
    "words",
    [
        ["vault", "init", "--keyfile"],
        ["vault", "slot", "add", "--keyfile"],
        ["vault", "import", "none.pyv", "--keyfile"],
        ["vault", "import", "none.pyv", "--passphrase-file"],
        ["vault", "export", "new.pyv", "--to", "keyfile", "--keyfile"],
    ],
)
def test_neither_is_one_on_the_command_line(
    pyvault: Pyvault, keyed: Environ, by_text: Environ, tmp_path: Path, words: list[str], padding: str
) -> None:
    before = {*tmp_path.rglob("*")}
    ended = pyvault(*words, f"{padding}{by_text['PYVAULT_KEY']}", env=keyed)
    refused_and_hidden(ended, by_text)
    assert ended.code == 5
    assert {*tmp_path.rglob("*")} == before


def test_advice_for_a_missing_key_file_fits_what_is_there(pyvault: Pyvault, keyed: Environ) -> None:
    missing: Environ = {"PYVAULT_KEYFILE": "gone"}
    for words in (["list"], ["vault", "verify"], ["doctor"]):
        ended = pyvault("--no-input", *words, env=missing)
        assert "there is no key file 'gone'" in f"{ended.out}{ended.err}"
        assert "vault init" not in f"{ended.out}{ended.err}", "a new vault is not what opens this one"
    ended = pyvault("--no-input", "list", env=missing)
    assert "provide a key file (PYVAULT_KEYFILE, or PYVAULT_KEY with its content)" in ended.err
    new = pyvault("--no-input", "add", "ci", *ADD, env={**missing, "PYVAULT_FILE": "new.pyv"}, stdin=LINES)
    assert (new.code, "vault init --keyfile 'gone'" in new.err) == (5, True)
    del keyed


def environ_of(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "PYVAULT_FILE": str(home / "v.pyv"), "PYVAULT_BACKEND": "file", **more}


@pytest.mark.parametrize("asks", [False, True])
def test_a_program_opens_by_the_text_whoever_answers_questions(private_home: Path, asks: bool) -> None:
    def never(question: Question) -> Secret[str]:
        pytest.fail(question.key)

    environ = environ_of(private_home, PYVAULT_KEY=KEY_TEXT.decode())
    for _ in range(2):
        with library.open_vault(environ=environ, ask=never if asks else None) as vault:
            vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=Secret("s"))
            assert vault.profiles() == ["ci"]
    wrong = environ | {"PYVAULT_KEYFILE": str(private_home / "key")}
    with pytest.raises(UsageError, match="PYVAULT_KEY together with PYVAULT_KEYFILE"):
        library.open_vault(environ=wrong, ask=never if asks else None)


def test_a_key_that_came_with_the_environment() -> None:
    assert key_of(EnvironmentAnswers({"PYVAULT_KEY": KEY_TEXT.decode()})) == KEY
    assert key_of(EnvironmentAnswers({"PYVAULT_KEY": ""})) is None
    assert key_of(lambda question: question) is None
    with pytest.raises(InvalidSettingError):
        key_of(EnvironmentAnswers({"PYVAULT_KEY": os.fsdecode(b"\xff")}))
