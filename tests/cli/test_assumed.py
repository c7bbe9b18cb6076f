"""What pyvault makes of the environment of a shell in which pv-assume has run."""

from __future__ import annotations

import pytest

from pyvault_cli.shells.assumed import find_assumed, forget_assumed

ASSUMED = {
    "PV_NAMES": "AWS_ACCESS_KEY_ID AWS_REGION AWS_ENDPOINT_URL AWS_VAULT AWS_PROFILE",
    "PV_AWS_REGION_NOW": "eu-west-1",
    "PV_AWS_ENDPOINT_URL_NOW": "http://base",
    "PV_AWS_ENDPOINT_URL_WAS": "http://own",
    "PV_AWS_ENDPOINT_URL_EXPORTED": "1",
    "PV_AWS_VAULT_NOW": "base",
    "PV_AWS_PROFILE_WAS": "dev",
    "PV_AWS_PROFILE_EXPORTED": "1",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_REGION": "eu-west-1",
    "AWS_ENDPOINT_URL": "http://base",
    "AWS_VAULT": "base",
    "HOME": "/home",
}


def test_its_settings_are_not_the_users_own() -> None:
    environ = dict(ASSUMED)
    assert forget_assumed(environ) == {"AWS_REGION": None, "AWS_ENDPOINT_URL": "http://own", "AWS_VAULT": None}
    assert environ == {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_ENDPOINT_URL": "http://own", "HOME": "/home"}


@pytest.mark.parametrize("value", ["us-east-2", ""])
def test_what_somebody_has_set_since_is_their_own(value: str) -> None:
    environ = {**ASSUMED, "AWS_REGION": value}
    assert "AWS_REGION" not in forget_assumed(environ)
    assert environ["AWS_REGION"] == value


def test_what_somebody_has_taken_away_since_stays_away() -> None:
    environ = {name: value for name, value in ASSUMED.items() if name != "AWS_REGION"}
    assert "AWS_REGION" not in forget_assumed(environ)
    assert "AWS_REGION" not in environ


@pytest.mark.parametrize("environ", [{}, {"PV_NAMES": ""}, {"PV_NAMES": "A B"}, {"PV_A_NOW": "x", "A": "x"}])
def test_without_memory_nothing_was_assumed(environ: dict[str, str]) -> None:
    assert find_assumed(environ) == {}
