"""Records: what every one of them promises."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.config.clients import Endpoints
from pyvault.model import Credentials
from pyvault.record import MutableRecord, Record, field, replace
from pyvault.secret import Secret


class Coin(Record):
    kind: ClassVar[str] = "money"
    value: int
    name: str | None = None
    marks: list[str] = field(default_factory=list[str])


class Dated(Coin):
    year: int
    name: str | None = "a penny"


class Loose(Record, uncompared=("place",), unshown=("place",)):
    text: str
    place: int = 0


class Purse(MutableRecord):
    coins: int = 0


KEYS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key=Secret("never-shown"))
fields = st.fixed_dictionaries({"text": st.text(max_size=2)}, optional={"place": st.integers(0, 2)})


@given(fields, fields)
def test_records_are_equal_where_their_fields_are(one: dict[str, Any], two: dict[str, Any]) -> None:
    same = one["text"] == two["text"]
    assert (Loose(**one) == Loose(**two)) is same
    assert same <= (hash(Loose(**one)) == hash(Loose(**two)))
    assert (Endpoints(sts=one["text"]) == Endpoints(sts=two["text"], settings={"sts": "x"})) is same


@given(fields)
def test_a_record_survives_its_journeys(values: dict[str, Any]) -> None:
    record = Loose(**values)
    for other in (pickle.loads(pickle.dumps(record)), copy.copy(record), copy.deepcopy(record)):  # noqa: S301
        assert vars(other) == vars(record) == {"place": 0, **values}
        with pytest.raises(AttributeError, match=r"Loose\.text can't be changed"):
            other.text = "x"
    assert eval(repr(record)) == record  # noqa: S307 - of three characters of ours


def test_another_class_is_never_equal() -> None:
    assert Coin(value=1, name="a penny") != Dated(value=1, year=1901)
    assert Coin(value=1) != 1


def test_fields_and_defaults_are_inherited_in_order() -> None:
    assert Dated.field_names() == ("value", "name", "marks", "year")
    assert repr(Dated(value=1, year=1901)) == "Dated(value=1, name='a penny', marks=[], year=1901)"
    assert Coin(value=1).name is None


def test_each_record_gets_a_default_of_its_own() -> None:
    one, two = Coin(value=1), Coin(value=1)
    one.marks.append("x")
    assert two.marks == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "Coin needs value"),
        ({"value": 1, "colour": 1, "age": 2}, "Coin has no colour, age"),
        ({"worth": 1}, "Coin needs value and has no worth"),
        ({"value": 1, "kind": "x"}, "Coin has no kind"),
        ({"value": 1, "self": 1}, "Coin has no self"),
    ],
)
def test_what_is_missing_or_unknown_is_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Coin(**values)
    assert str(caught.value) == message


def test_fields_are_given_by_name_only() -> None:
    make: Any = Coin
    with pytest.raises(TypeError, match="positional"):
        make(1)


def test_a_record_never_changes() -> None:
    coin = Coin(value=1)
    for change in (lambda: setattr(coin, "value", 2), lambda: setattr(coin, "new", 2), lambda: delattr(coin, "value")):
        with pytest.raises(AttributeError, match=r"Coin\.\w+ can't be"):
            change()
    assert coin == Coin(value=1)


def test_replace_makes_another() -> None:
    dated = Dated(value=1, year=1901)
    assert replace(dated, value=2) == Dated(value=2, year=1901)
    assert dated.value == 1
    with pytest.raises(TypeError, match="Dated has no colour"):
        replace(dated, colour="red")


def test_a_record_is_looked_at_however_it_is_made() -> None:
    with pytest.raises(Exception, match="blanks"):
        replace(KEYS, access_key_id="two words")


def test_patterns_take_fields_apart() -> None:
    match Dated(value=1, year=1901):
        case Coin(value=value, name="a penny"):
            assert value == 1
        case other:
            pytest.fail(f"not matched: {other}")


def test_what_changes_has_no_hash() -> None:
    purse = Purse()
    purse.coins = 3
    assert purse == Purse(coins=3)
    with pytest.raises(TypeError, match="unhashable"):
        hash(purse)


def test_a_secret_is_neither_shown_nor_sent() -> None:
    assert "never-shown" not in repr(KEYS)
    for send in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="a secret can't be pickled"):
            send(KEYS)
