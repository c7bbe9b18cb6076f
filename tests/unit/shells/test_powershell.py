"""PowerShell's share, read by a grammar of the language: PowerShell itself can't be had from our package sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from pyvault_cli.formats import quote_powershell
from pyvault_cli.shells import Shell, completion, functions

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
        "_pv_set", "_pv_regions_back", "pv-unset", "pv-assume",
    ]  # fmt: skip


def test_export_is_asked_with_the_regions_of_before_and_whatever_comes_of_it_changes_none() -> None:
    (attempt,) = nodes(functions(Shell.POWERSHELL), "try_statement")
    asked = nodes(attempt, "command")
    assert asked[0] == "_pv_regions_back"
    assert asked[1].startswith("& pyvault export ")
    (at_last,) = nodes(attempt, "finally_clause")
    assert nodes(f"try {{ }} {at_last}", "command") == [
        "_pv_set 'AWS_REGION' $region", "_pv_set 'AWS_DEFAULT_REGION' $default",
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
