"""Whoever is a web page in your browser."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pyvault.server.endpoints import ecs, imds

#: What this one can do; with tests where something bounds it.
CAN: dict[str, tuple[str, ...]] = {
    "send requests to loopback ports": (),
}

#: What this one can not do, and the tests that show it.
CAN_NOT: dict[str, tuple[str, ...]] = {
    "read credentials: Host is checked (DNS rebinding), requests with Origin or forwarding headers are refused, the bearer token is compared in constant time": (
        "server/test_attacks.py::a_name_that_was_rebound_to_this_machine",
        "server/test_attacks.py::a_browser_or_a_proxy_asks_for_somebody_else",
        "server/test_attacks.py::no_bytes_break_the_parser_or_get_a_credential",
        "attacks/test_a_web_page.py::the_tokens_of_servers_are_compared_in_constant_time",
    ),
    "take part in an SSO login (state and PKCE)": (
        "processes/sso/test_loopback.py::an_attack_is_refused_and_does_not_end_the_sign_in",
        "e2e/test_sso.py::a_hostile_page_in_the_same_browser_can_neither_inject_a_code_nor_end_the_sign_in",
        "e2e/test_sso.py::pkce_without_the_verifier_is_worth_nothing",
    ),
}


@pytest.mark.parametrize("module", [ecs, imds])
def test_the_tokens_of_servers_are_compared_in_constant_time(module: object) -> None:
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text())
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert "compare_digest" in calls
    assert not [text for text in compared if "reveal" in text or "authorization" in text]
