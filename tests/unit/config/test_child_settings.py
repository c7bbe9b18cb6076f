"""Which variables make a program's clients those of the profile, and keep those of [default] away."""

from __future__ import annotations

from pathlib import Path

import botocore.configprovider
import botocore.session
import pytest

from aws_profiles import inspected, plan_of, profile_of
from pyvault.config.client_variables import variable_of
from pyvault.errors import InvalidSettingError

LOCAL = "http://127.0.0.1:4566"
OWN = "[services own]\ns3 =\n  endpoint_url = http://s3\nelastic_beanstalk =\n  endpoint_url = http://eb\n"
DEFAULT = (
    "[services d]\ns3 =\n  endpoint_url = http://d-s3\ndynamodb =\n  endpoint_url = http://d-ddb\n"
    "[default]\nservices = d\n"
)


def variables(text: str, name: str = "t", **environ: str) -> dict[str, str]:
    return profile_of(text, name, environ={"HOME": "/h", **environ}).client.values()


def covered(text: str, **environ: str) -> list[str]:
    return [each.service for each in profile_of(text, environ=environ).client.covered]


@pytest.mark.parametrize(
    ("service", "variable"),
    [("s3", "S3"), ("elastic_beanstalk", "ELASTIC_BEANSTALK"), ("Elastic Beanstalk", "ELASTIC_BEANSTALK")],
)
def test_the_variable_of_a_service(service: str, variable: str) -> None:
    assert variable_of(service) == f"AWS_ENDPOINT_URL_{variable}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", {}),
        (f"endpoint_url = {LOCAL}\n", {"AWS_ENDPOINT_URL": LOCAL}),
        ("services = own\n", {"AWS_ENDPOINT_URL_S3": "http://s3", "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": "http://eb"}),
        ("use_fips_endpoint = TRUE\n", {"AWS_USE_FIPS_ENDPOINT": "true"}),
        ("use_fips_endpoint = false\n", {"AWS_USE_FIPS_ENDPOINT": "false"}),
        ("use_dualstack_endpoint = True\n", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
        ("ca_bundle = ~/ca.pem\n", {"AWS_CA_BUNDLE": "/h/ca.pem"}),
        ("account_id_endpoint_mode = required\n", {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"}),
        ("services = own\nignore_configured_endpoint_urls = true\n", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
        ("include_profile = i\n", {"AWS_ENDPOINT_URL": "http://included"}),
    ],
)
def test_what_the_profile_says(lines: str, expected: dict[str, str]) -> None:
    assert variables(f"{OWN}[profile i]\nendpoint_url = http://included\n[profile t]\n{lines}") == expected


def test_what_default_says_of_fips_reaches_its_child_and_the_profile_can_say_otherwise() -> None:
    assert variables("[default]\nuse_fips_endpoint = true\n[profile t]\n") == {"AWS_USE_FIPS_ENDPOINT": "true"}
    text = "[default]\nuse_fips_endpoint = true\n[profile t]\nuse_fips_endpoint = false\n"
    assert variables(text) == {"AWS_USE_FIPS_ENDPOINT": "false"}


@pytest.mark.parametrize(
    "default", [DEFAULT, "[default]\nendpoint_url = http://d\n", "[default]\ninclude_profile = i\n"]
)
def test_the_endpoints_of_default_are_not_another_profiles(default: str) -> None:
    text = f"{default}[profile i]\nendpoint_url = http://i\n[profile t]\nregion = eu-west-1\n"
    assert profile_of(text).endpoint_url is None
    assert profile_of(text).endpoints.sts is None
    ignore = {} if "include" in default else {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert variables(text) == ignore  # an SDK knows no include_profile, so its endpoint reaches nobody
    assert profile_of(text, "stored-only").endpoint_url is None


def test_default_itself_has_them() -> None:
    assert variables(DEFAULT, "default") == {
        "AWS_ENDPOINT_URL_S3": "http://d-s3",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://d-ddb",
    }


def test_the_shared_credentials_file_may_hold_the_endpoint_of_default() -> None:
    profile = profile_of("[profile t]\nregion = eu-west-1\n", credentials="[default]\nendpoint_url = http://d\n")
    assert profile.client.values() == {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}


@pytest.mark.parametrize(
    ("lines", "environ", "left"),
    [
        ("services = own\n", {}, ["dynamodb"]),
        ("services = own\nendpoint_url = http://x\n", {}, []),
        ("", {"AWS_ENDPOINT_URL_S3": LOCAL}, ["dynamodb"]),
        ("", {"AWS_ENDPOINT_URL_DYNAMODB": LOCAL}, ["s3"]),
        ("", {"AWS_ENDPOINT_URL": LOCAL}, []),
        ("", {}, []),
    ],
)
def test_with_endpoints_of_its_own_those_of_default_have_to_be_covered(
    lines: str, environ: dict[str, str], left: list[str]
) -> None:
    text = f"{OWN}{DEFAULT}[profile t]\nregion = eu-west-1\n{lines}"
    assert covered(text, **environ) == left
    ignored = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" in variables(text, **environ)
    assert ignored is (not lines and not environ)  # it would switch the profile's own off too


def test_an_endpoint_of_default_for_all_services_is_named_as_such() -> None:
    profile = profile_of(f"{OWN}[default]\nendpoint_url = http://d\n[profile t]\nservices = own\n")
    (each,) = profile.client.covered
    assert (each.service, each.label) == ("", '"/home/me/.aws/config", line 7: endpoint_url of [default]')


def test_where_default_ignores_endpoints_the_profiles_own_count() -> None:
    text = f"[default]\nignore_configured_endpoint_urls = true\n[profile t]\nendpoint_url = {LOCAL}\n"
    assert variables(text) == {"AWS_ENDPOINT_URL": LOCAL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}
    assert profile_of(text).endpoints.sts == LOCAL


def test_the_users_own_variables_win_and_stay() -> None:
    text = f"{OWN}[profile t]\nservices = own\nendpoint_url = http://x\n"
    assert variables(text, AWS_ENDPOINT_URL_S3=LOCAL) == {
        "AWS_ENDPOINT_URL": "http://x",
        "AWS_ENDPOINT_URL_S3": LOCAL,
        "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": "http://eb",
    }
    # One for all services is nearer than a file's word for one.
    assert variables(text, AWS_ENDPOINT_URL=LOCAL) == {"AWS_ENDPOINT_URL": LOCAL}


@pytest.mark.parametrize(
    ("lines", "environ"),
    [
        (f"endpoint_url = {LOCAL}\n", {}),
        ("services = own\n", {}),
        ("", {"AWS_ENDPOINT_URL": LOCAL}),
        ("", {"AWS_ENDPOINT_URL_LAMBDA": LOCAL}),
    ],
)
def test_fips_and_an_endpoint_are_refused_at_once(lines: str, environ: dict[str, str]) -> None:
    text = f"{OWN}[profile t]\n{lines}use_fips_endpoint = true\n"
    with pytest.raises(InvalidSettingError, match=r"FIPS endpoints are AWS's own, but .* sets another one"):
        plan_of(text, stored=("t",), environ=environ)
    ignoring = {**environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    assert plan_of(text, stored=("t",), environ=ignoring).steps


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[services own]\ns3 =\n  endpoint_url = ftp://x\n", "s3 of services 'own': 'ftp://x' is not an http"),
        ("[services own]\n$(x) =\n  endpoint_url = http://x\n", "is not a valid service name"),
        ("[services own]\n[profile u]\naccount_id_endpoint_mode = x\n", None),
    ],
)
def test_what_can_not_be(text: str, problem: str | None) -> None:
    found = inspected(f"{text}[profile t]\nservices = own\n").problem
    assert found is None if problem is None else problem in str(found)


def test_a_mode_that_is_none() -> None:
    assert "account_id_endpoint_mode" in str(inspected("[profile t]\naccount_id_endpoint_mode = x\n").problem)


@pytest.mark.parametrize("service", ["s3", "dynamodb", "elasticbeanstalk", "sts"])
@pytest.mark.parametrize(
    "lines",
    ["", "services = own\n", f"endpoint_url = {LOCAL}\n", f"services = own\nendpoint_url = {LOCAL}\n"],
)
def test_botocore_of_the_child_resolves_what_it_resolves_for_the_profile(
    tmp_path: Path, service: str, lines: str
) -> None:
    """With our variables and [default], the endpoint is that which botocore gives for the profile without us."""
    path = tmp_path / "config"
    path.write_text(f"{OWN}{DEFAULT}[profile t]\nregion = eu-west-1\n{lines}")
    profile = profile_of(path.read_text())
    ours = profile.client.values() | {each.variable: "https://aws" for each in profile.client.covered}

    def endpoint(name: str, environ: dict[str, str]) -> str | None:
        full = botocore.session.Session()
        full.set_config_variable("config_file", str(path))
        scoped = full.full_config["profiles"].get(name, {})
        if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true":
            return None
        found = botocore.configprovider.ConfiguredEndpointProvider(full.full_config, scoped, service, environ).provide()
        return None if found == "https://aws" else found

    assert endpoint("default", ours) == endpoint("t", {})
