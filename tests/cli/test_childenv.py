"""What the child of exec sees: its credentials, and no way around or back to the vault."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvault.errors import ConfigError
from pyvault.model import Credentials
from pyvault.process.scrub_environment import SECRET_PATHS, SECRET_VARIABLES
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault_cli.credentials.child_environment import REMOVED_VARIABLES, child_environment, removed_names

CREDENTIALS = Credentials(
    access_key_id="ASIA1",
    secret_access_key=Secret("se/cret+"),
    session_token=Secret("tok=="),
    expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def test_every_variable() -> None:
    parent = dict.fromkeys((*REMOVED_VARIABLES, *SECRET_VARIABLES, *SECRET_PATHS), "OLD") | {"KEEP": "1"}
    child = child_environment(
        parent, profile="a", region="eu-west-1", settings={"AWS_ENDPOINT_URL": "http://x"}, credentials=CREDENTIALS
    )
    assert child == {
        "KEEP": "1",
        "AWS_VAULT": "a",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://x",
        "AWS_ACCESS_KEY_ID": "ASIA1",
        "AWS_SECRET_ACCESS_KEY": "se/cret+",
        "AWS_SESSION_TOKEN": "tok==",
        "AWS_CREDENTIAL_EXPIRATION": "2030-01-02T03:04:05Z",
    }


@pytest.mark.parametrize(
    "name",
    [
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_BEARER_TOKEN_WHATEVER_COMES",
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AMAZON_ACCESS_KEY_ID",
        "AMAZON_SECRET_ACCESS_KEY",
        "AMAZON_SESSION_TOKEN",
        "AWS_CREDENTIAL_PROFILES_FILE",
        "AWS_AUTH_SCHEME_PREFERENCE",
        "AWS_ACCOUNT_ID",
        "AWS_PROFILE",
    ],
)
@pytest.mark.parametrize("credentials", [CREDENTIALS, None], ids=["keys", "server"])
def test_nothing_leads_to_other_credentials(name: str, credentials: Credentials | None) -> None:
    child = child_environment({name: "OLD"}, profile="a", region=None, credentials=credentials)
    assert name not in child
    assert name in removed_names([name])


def test_the_account_is_that_of_the_credentials() -> None:
    known = replace(CREDENTIALS, account_id="111111111111")
    child = child_environment({"AWS_ACCOUNT_ID": "999999999999"}, profile="a", region=None, credentials=known)
    assert child["AWS_ACCOUNT_ID"] == "111111111111"


def test_the_clients_settings_win_over_what_is_there() -> None:
    child = child_environment(
        {"AWS_USE_FIPS_ENDPOINT": "True", "AWS_ENDPOINT_URL_SQS": "http://mine"},
        profile="a",
        region=None,
        settings={"AWS_USE_FIPS_ENDPOINT": "false"},
    )
    assert child == {"AWS_VAULT": "a", "AWS_USE_FIPS_ENDPOINT": "false", "AWS_ENDPOINT_URL_SQS": "http://mine"}


def test_long_lived_credentials_leave_no_token_or_expiry() -> None:
    parent = {"AWS_SESSION_TOKEN": "OLD", "AWS_CREDENTIAL_EXPIRATION": "OLD"}
    long_lived = Credentials(access_key_id="A", secret_access_key=Secret("B"))
    child = child_environment(parent, profile="a", region=None, credentials=long_lived)
    assert child == {"AWS_VAULT": "a", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"}


def test_what_a_server_adds_and_removes() -> None:
    child = child_environment(
        {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "OLD"},
        profile="a",
        region=None,
        added={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1"},
        removed=["AWS_EC2_METADATA_DISABLED"],
    )
    assert child == {"AWS_VAULT": "a", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("PYVAULT_BACKEND_FILE__KEYFILE", False),
        ("PYVAULT_BACKEND_FILE__PASSPHRASE_FILE", False),
        ("PYVAULT_BACKEND_MINE__API_TOKEN", False),
        ("PYVAULT_BACKEND_MINE__PIN", False),
        ("PYVAULT_BACKEND_FILE__PATH", True),
        ("PYVAULT_BACKEND_PASS__DIR", True),
        ("PYVAULT_BACKEND", True),
        ("PYVAULT_FILE", True),
        ("AWS_CONFIG_FILE", True),
        ("AWS_REGION", True),
        ("AWS_VAULT_BACKEND", True),
    ],
)
def test_options_of_backends(name: str, stays: bool) -> None:
    child = child_environment({name: "x"}, profile="a", region=None)
    assert (name in child) is stays


@given(
    parent=st.dictionaries(
        st.sampled_from([*REMOVED_VARIABLES, *SECRET_VARIABLES, *SECRET_PATHS, "PATH", "HOME"]) | st.text(min_size=1),
        st.text(),
    )
)
def test_no_planted_value_stays(parent: dict[str, str]) -> None:
    planted = {
        name: f"planted-{value}" if name in {*REMOVED_VARIABLES, *SECRET_VARIABLES, *SECRET_PATHS} else "fine"
        for name, value in parent.items()
    }
    child = child_environment(planted, profile="a", region=None, credentials=CREDENTIALS)
    assert not [value for value in child.values() if value.startswith("planted-")]
    assert "AWS_VAULT" not in planted or child["AWS_VAULT"] == "a"


@pytest.mark.parametrize("value", ["a\0b", "half \ud800 a pair"])
@pytest.mark.parametrize("way", ["profile", "region", "settings", "added"])
def test_what_no_program_can_be_given_is_refused_by_name(way: str, value: str) -> None:
    given: dict[str, object] = {"profile": "a", "region": None}
    given |= {way: {"AWS_X": value} if way in {"settings", "added"} else value}
    name = {"profile": "AWS_VAULT", "region": "AWS_(DEFAULT_)?REGION"}.get(way, "AWS_X")
    with pytest.raises(ConfigError, match=f"^{name} would hold a NUL"):
        child_environment({}, **given)  # type: ignore[arg-type]  # of many types


def test_bytes_that_are_no_text_are_handed_on() -> None:
    assert child_environment({"LATIN": "\udce9"}, profile="a", region=None)["LATIN"] == "\udce9"
