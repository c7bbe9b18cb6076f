"""Trust policies of roles: who may assume, under which conditions.

A real policy document is evaluated, as far as trust policies use the language: Principal,
Action and Condition; an explicit Deny wins. What is not known here is refused when the
world is built, never ignored at run time.

Source: IAM user guide, "Policy evaluation logic" and "Condition operators".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .json_shape import is_list, is_object, texts_in

#: Values of the request that conditions look at; an absent key is different from an empty one.
Context = Mapping[str, Sequence[str]]


def _number_at_most(given: str, wanted: str) -> bool:
    return given.isdigit() and int(given) <= int(wanted)


def _number_below(given: str, wanted: str) -> bool:
    return given.isdigit() and int(given) < int(wanted)


#: Operators that hold if some given value matches some wanted one.
MATCHERS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda given, wanted: given.lower() == wanted.lower(),
    "StringLike": fnmatchcase,
    "ArnLike": fnmatchcase,
    "ArnEquals": fnmatchcase,
    "Bool": lambda given, wanted: given.lower() == wanted.lower(),
    "NumericLessThan": _number_below,
    "NumericLessThanEquals": _number_at_most,
}

#: Operators that hold if no given value matches; an absent key holds too.
NEGATIONS: Mapping[str, str] = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of a Condition block."""

    operator: str
    key: str
    values: tuple[str, ...]
    if_exists: bool

    def holds(self, context: Context) -> bool:
        """Say whether the request meets it."""
        given = context.get(self.key)
        if self.operator == "Null":
            return (given is None) == (self.values[0].lower() == "true")
        if self.operator in NEGATIONS:
            matches = MATCHERS[NEGATIONS[self.operator]]
            return given is None or not any(matches(g, w) for g in given for w in self.values)
        if given is None:
            return self.if_exists
        return any(MATCHERS[self.operator](g, w) for g in given for w in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a trust policy."""

    allow: bool
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def applies(self, action: str, trusted_as: frozenset[str], context: Context) -> bool:
        """Say whether it speaks about this request."""
        return (
            any(fnmatchcase(action, pattern) for pattern in self.actions)
            and ("*" in self.principals or not trusted_as.isdisjoint(self.principals))
            and all(condition.holds(context) for condition in self.conditions)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPolicy:
    """A role's AssumeRolePolicyDocument."""

    statements: tuple[Statement, ...]

    def allows(self, action: str, trusted_as: frozenset[str], context: Context) -> bool:
        """Decide about one action, such as ``sts:TagSession``."""
        speaking = [s for s in self.statements if s.applies(action, trusted_as, context)]
        return bool(speaking) and all(s.allow for s in speaking)


def parse_policy(document: object) -> TrustPolicy:
    """Read a policy document.

    Raises:
        ValueError: it holds something that this evaluator does not know.
    """
    found = _members(document).get("Statement")
    statements = found if is_list(found) else [found]
    return TrustPolicy(statements=tuple(_statement(_members(statement)) for statement in statements))


def _statement(raw: dict[str, object]) -> Statement:
    if unknown := raw.keys() - {"Sid", "Effect", "Principal", "Action", "Condition"}:
        raise ValueError(f"unknown members in a statement: {sorted(unknown)}")
    if raw.get("Effect") not in {"Allow", "Deny"}:
        raise ValueError("Effect is Allow or Deny")
    principal = raw.get("Principal")
    named = ["*"] if principal == "*" else [p for v in _members(principal).values() for p in _texts(v)]
    conditions = [
        _condition(operator, key, values)
        for operator, keys in _members(raw.get("Condition", {})).items()
        for key, values in _members(keys).items()
    ]
    return Statement(
        allow=raw["Effect"] == "Allow",
        principals=tuple(named),
        actions=tuple(_texts(raw.get("Action"))),
        conditions=tuple(conditions),
    )


def _condition(operator: str, key: str, values: object) -> Condition:
    if_exists = operator.endswith("IfExists")
    plain = operator.removesuffix("IfExists")
    if plain != "Null" and plain not in MATCHERS and plain not in NEGATIONS:
        raise ValueError(f"unknown condition operator {operator!r}")
    return Condition(operator=plain, key=key, values=tuple(_texts(values)), if_exists=if_exists)


def _members(value: object) -> dict[str, object]:
    if not is_object(value):
        raise ValueError("a policy and its blocks are objects")
    return value


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case bool():
            return [str(value).lower()]
        case _:
            if (found := texts_in(value)) is None:
                raise ValueError(f"expected a text or a list of texts, got {value!r}")
            return found
