"""What a question consists of: other words, another user or another variable are another question."""

from __future__ import annotations

import pytest

from pyvault.process.scrub_environment import SECRET_VARIABLES
from pyvault.warm.question import FAMILIES, NEVER, READ, declared, is_off, question_of, words_of

ENVIRON = {"HOME": "/home/me", "AWS_REGION": "eu-west-1", "PATH": "/bin", "EDITOR": "vi"}
#: Long random texts: a hash of one helps nobody to guess it.
RANDOM = {
    "PYVAULT_KEY",
    "AWS_VAULT_OP_CONNECT_TOKEN",
    "AWS_VAULT_OP_SERVICE_ACCOUNT_TOKEN",
    "PROTON_PASS_PERSONAL_ACCESS_TOKEN",
}


@pytest.mark.parametrize("name", [*READ, *(f"{family}ANYTHING" for family in FAMILIES), "AWS_PROFILE", "PYVAULT_FILE"])
def test_a_variable_of_the_table_is_part_of_the_question(name: str) -> None:
    without = {key: value for key, value in ENVIRON.items() if key != name}
    questions = [question_of(["export", "a"], without | more) for more in ({}, {name: ""}, {name: "1"}, {name: "2"})]
    assert len(set(questions)) == 4


def test_other_variables_are_not() -> None:
    asked = question_of(["export", "a"], ENVIRON)
    assert question_of(["export", "a"], ENVIRON | {"EDITOR": "emacs", "SHLVL": "7", "PATH": "/usr/bin"}) == asked


@pytest.mark.parametrize("words", [["export"], ["export", "b"], ["export", "a", ""], ["exec", "a"], ["exporta"]])
def test_other_words_are_another_question(words: list[str]) -> None:
    assert question_of(words, ENVIRON) != question_of(["export", "a"], ENVIRON)


def test_a_value_does_not_run_into_the_next_name() -> None:
    one = question_of(["export"], {"AWS_A": "1", "AWS_B": "2"})
    assert one != question_of(["export"], {"AWS_A": "1AWS_B2"})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("exec a -- env", ["exec", "a"]),
        ("exec a --region x -- env -- y", ["exec", "a", "--region", "x"]),
        ("exec -- env", ["exec"]),
        ("exec a --", None),
        ("exec a env", None),
        ("exec a", None),
        ("export a --format json", ["export", "a", "--format", "json"]),
        ("--debug exec a -- env", None),
        ("list", None),
        ("", None),
    ],
)
def test_which_lines_may_have_an_answer(line: str, words: list[str] | None) -> None:
    assert words_of(line.split()) == words


@pytest.mark.parametrize(
    "name",
    [
        *sorted(NEVER),
        "PYVAULT_BACKEND_FILE__PASSPHRASE",
        "PYVAULT_BACKEND_ACME__PIN",
        "PYVAULT_BACKEND_ACME__API_TOKEN",
        "PYVAULT_BACKEND_ACME__unlock",
    ],
)
def test_nothing_is_kept_beside_a_passphrase(name: str) -> None:
    assert is_off(ENVIRON | {name: "x"})
    assert not is_off(ENVIRON)


def test_each_secret_of_the_environment_is_random_or_rules_it_out() -> None:
    assert SECRET_VARIABLES <= NEVER | RANDOM


@pytest.mark.parametrize(("value", "off"), [("0", True), ("no", True), ("1", False), ("", False)])
def test_the_switch(value: str, off: bool) -> None:
    assert is_off({"PYVAULT_WARM": value}) is off


def test_what_a_driver_declares() -> None:
    environ = {"ACME_A": "1", "ACME": "2", "HOME": "3", "GNUPGHOME": "4"}
    assert declared(["ACME_*", "GNUPGHOME"], environ) == [("ACME_A", "1"), ("GNUPGHOME", "4")]
    assert declared([], environ) == []
