"""The evaluator of trust policies, by itself."""

from __future__ import annotations

from typing import Any

import pytest

from fake_aws.trust import parse_policy

WHO = frozenset({"arn:aws:iam::1:user/a", "1", "arn:aws:iam::1:root"})


def statement(**changes: Any) -> dict[str, Any]:
    plain = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:user/a"}, "Action": "sts:AssumeRole"}
    return {**plain, **changes}


def allowed(*statements: dict[str, Any], **context: list[str]) -> bool:
    return parse_policy({"Statement": list(statements)}).allows("sts:AssumeRole", WHO, context)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["x", "1"]}, {"AWS": "arn:aws:iam::1:root"}])
def test_a_principal_can_be_named_in_many_ways(principal: Any) -> None:
    assert allowed(statement(Principal=principal))


def test_others_are_not_meant() -> None:
    assert not allowed(statement(Principal={"AWS": "arn:aws:iam::1:user/b"}))
    assert not allowed(statement(Action="sts:TagSession"))
    assert not allowed()


def test_an_explicit_deny_wins() -> None:
    assert not allowed(statement(), statement(Effect="Deny"))
    assert allowed(statement(), statement(Effect="Deny", Action="sts:TagSession"))


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "x", ["x"], True),
        ("StringEquals", "x", ["y"], False),
        ("StringEquals", "x", None, False),
        ("StringEqualsIfExists", "x", None, True),
        ("StringEqualsIfExists", "x", ["y"], False),
        ("StringNotEquals", "x", None, True),
        ("StringNotEquals", "x", ["x"], False),
        ("StringLike", "repo:*", ["repo:a/b"], True),
        ("Bool", "true", ["true"], True),
        ("Bool", "true", None, False),
        ("BoolIfExists", "true", None, True),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("NumericLessThan", "300", ["299"], True),
        ("NumericLessThan", "300", ["300"], False),
        ("NumericLessThanEquals", "300", ["300"], True),
    ],
)
def test_conditions(operator: str, wanted: str, given: list[str] | None, holds: bool) -> None:
    context = {} if given is None else {"key": given}
    assert allowed(statement(Condition={operator: {"key": wanted}}), **context) is holds


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"Statement": ["x"]},
        {"Statement": [statement(Effect="Maybe")]},
        {"Statement": [statement(NotPrincipal="*")]},
        {"Statement": [statement(Condition={"IpAddress": {"aws:SourceIp": "::1"}})]},
        {"Statement": [statement(Action=None)]},
        {"Statement": [statement(Principal={"AWS": 1})]},
    ],
)
def test_what_is_not_understood_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_policy(document)
