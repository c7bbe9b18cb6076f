"""PowerShell's share, read by a grammar of the language: PowerShell itself can't be had from our package sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from pyvault.model import Credentials
from pyvault.secret import Secret
from pyvault_cli.credentials.formats import Exported, Format, names_line, quote_powershell, render
from pyvault_cli.shells import Shell, completion, functions

KEYS = Credentials(access_key_id="AKIA1", secret_access_key=Secret("s"))
PARSER = Parser(Language(tree_sitter_powershell.language()))


def nodes(text: str, kind: str) -> list[str]:
    """Give the source of all nodes of a kind."""

    def walk(node: Node) -> Iterator[Node]:
        yield node
        for child in node.children:
            yield from walk(child)

    root = PARSER.parse(text.encode()).root_node
    assert not root.has_error, text
    return [node.text.decode() for node in walk(root) if node.type == kind and node.text is not None]


def test_the_functions_are_two_and_what_they_need() -> None:
    assert nodes(functions(Shell.POWERSHELL), "function_name") == [
        "_pv_get", "_pv_set", "_pv_values", "_pv_back", "pv-unset", "pv-assume",
    ]  # fmt: skip


def test_export_is_asked_with_the_variables_of_before_and_whatever_comes_of_it_changes_none() -> None:
    (attempt,) = nodes(functions(Shell.POWERSHELL), "try_statement")
    asked = nodes(attempt, "command")
    assert asked[0] == "_pv_back"
    assert asked[1].startswith("& pyvault export ")
    (at_last,) = nodes(attempt, "finally_clause")
    assert nodes(f"try {{ }} {at_last}", "command") == ["_pv_set $name $held[$name]"]


def test_what_was_there_before_comes_back_with_the_keys_always_and_the_rest_if_nobody_changed_it() -> None:
    (condition, *_) = [
        text for text in nodes(functions(Shell.POWERSHELL), "if_statement") if "$global:PvBefore[$name]" in text
    ][-1:]
    assert "-ccontains ($name -replace '^AWS_')" in condition
    assert "(_pv_get $name) -ceq $global:PvNow[$name]" in condition
    assert nodes(condition, "command")[-1] == "_pv_set $name $global:PvBefore[$name]"


def test_the_names_are_those_of_the_last_line_that_export_prints() -> None:
    exported = Exported(profile="p", credentials=KEYS, region="eu-west-1", stray=("AWS_PROFILE", "AWS_SESSION_TOKEN"))
    text = render(Format.POWERSHELL, exported)
    assert "Remove-Item -ErrorAction SilentlyContinue 'Env:AWS_PROFILE', 'Env:AWS_SESSION_TOKEN'\n" in text
    last = names_line(Format.POWERSHELL, exported).rstrip("\n")
    assert nodes(text + last, "comment") == [last]
    assert last[2:].split(" ") == [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
    ]  # fmt: skip


def test_no_value_at_all_is_taken_away_and_not_made_an_empty_one() -> None:
    text = functions(Shell.POWERSHELL)
    assert [call for call in nodes(text, "command") if call.startswith(("Remove-Item", "Set-Item"))] == [
        'Remove-Item -ErrorAction SilentlyContinue "Env:$name"', 'Set-Item "Env:$name" $value',
    ]  # fmt: skip
    assert "SetEnvironmentVariable" not in text


def test_the_completion_asks_pyvault() -> None:
    commands = nodes(completion(Shell.POWERSHELL), "command_name")
    assert commands[0] == "Register-ArgumentCompleter"
    assert "pyvault" in commands


def test_the_command_of_exec_completes_from_path_and_its_words_as_powershell_does() -> None:
    asks = nodes(completion(Shell.POWERSHELL), "command")
    assert any(ask.startswith("Get-Command -CommandType Application") for ask in asks)
    calls = nodes(completion(Shell.POWERSHELL), "invokation_expression")
    assert any("::CompleteInput(" in call for call in calls)


TEXTS = st.text(alphabet=st.one_of(st.sampled_from("'\u2018\u2019\u201a\u201b"), st.characters(categories=["L", "P"])))


@given(TEXTS)
def test_what_the_completion_inserts_is_quoted_as_export_does_it(value: str) -> None:
    ((quotes, instead),) = re.findall(r"""\$_ -replace "(.*?)", '(.*?)'""", completion(Shell.POWERSHELL))
    assert instead == "$1$1"
    assert "'" + re.sub(quotes, r"\1\1", value) + "'" == quote_powershell(value)


@pytest.mark.parametrize(
    ("word", "plain"),
    [("prod-eu", True), ("org:team/dev@eu", True), ("--to", True), ("@x", False), ("a b", False), ("x\u2019;y", False)],
)
def test_the_completion_leaves_only_plain_words_unquoted(word: str, plain: bool) -> None:
    (pattern,) = re.findall(r"\$_ -match '(.*?)'", completion(Shell.POWERSHELL))
    assert (re.search(pattern, word) is not None) is plain


def test_the_completion_reads_the_same_in_every_encoding() -> None:
    assert completion(Shell.POWERSHELL).isascii()


def test_the_grammar_knows_a_broken_script() -> None:
    broken = functions(Shell.POWERSHELL).replace("}", "", 1)
    assert PARSER.parse(broken.encode()).root_node.has_error


@pytest.mark.parametrize("value", ["", "eu-west-1", "it's", "$(Remove-Item x)", "`n", "'; Remove-Item x; '", '"$x"'])
def test_a_value_stays_a_text(value: str) -> None:
    assert_one_text(value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_value_stays_a_text(value: str) -> None:
    assert_one_text(value)


def assert_one_text(value: str) -> None:
    line = f"$Env:X = {quote_powershell(value)}\n"
    assert nodes(line, "assignment_expression") == [line.strip()]
    assert nodes(line, "string_literal") == [quote_powershell(value)]
    assert nodes(line, "command") == []
    assert nodes(line, "sub_expression") == []
