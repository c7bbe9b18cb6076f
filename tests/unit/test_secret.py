"""A secret does not show itself, whatever is done to it."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from pyvault.secret import Secret

PLANTED = "wJalrXUtnFEMI-planted"


def test_repr_is_masked() -> None:
    assert PLANTED not in repr(Secret(PLANTED))
    assert repr([Secret(b"x")]) == "[Secret(***)]"


@pytest.mark.parametrize(
    "use",
    [str, "{}".format, pickle.dumps, copy.deepcopy, json.dumps, hash],
    ids=["str", "format", "pickle", "copy", "json", "hash"],
)
def test_other_ways_out_raise(use: object) -> None:
    assert callable(use)
    with pytest.raises(TypeError) as caught:
        use(Secret(PLANTED))
    assert PLANTED not in "".join(traceback.format_exception(caught.value))


def test_equality_compares_values() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret(b"a") != "a"


def test_reveal_length_and_truth() -> None:
    assert Secret(PLANTED).reveal() == PLANTED
    assert len(Secret("abc")) == 3
    assert not Secret("")
