"""What programs would take from the shared files before a server, or instead of a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from aws_profiles import CONFIG_PATH, CREDENTIALS_PATH, plan_of
from pyvault.config.config_file import ConfigFile
from pyvault.planning.plan import PlanOptions
from pyvault.sharedfiles.obstacles import Obstacle, find_obstacles, find_sources
from pyvault.sharedfiles.rivals import find_rivals

KEYS = "aws_access_key_id = A\naws_secret_access_key = B\n"


def files(config: str, credentials: str = "") -> tuple[ConfigFile, ConfigFile]:
    return ConfigFile.parse(config.encode(), CONFIG_PATH), ConfigFile.parse(credentials.encode(), CREDENTIALS_PATH)


def brief(found: tuple[Obstacle, ...]) -> list[str]:
    return [f"{each.path.name}:{each.line} [{each.header}] {each.key}" for each in found]


@pytest.mark.parametrize(
    "key",
    [
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "role_arn",
        "source_profile", "credential_source", "credential_process", "web_identity_token_file",
        "web_identity_token_process", "sso_session", "sso_start_url", "sso_region", "sso_account_id",
        "sso_role_name", "login_session", "aws_account_id", "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
    ],
)  # fmt: skip
def test_each_of_these_stands_in_the_way(key: str) -> None:
    assert brief(find_obstacles(*files(f"[default]\nregion = x\n{key} = y\n"))) == [f"config:3 [default] {key}"]
    assert brief(find_obstacles(*files("", f"[default]\n{key.upper()}: y\n"))) == [f"credentials:2 [default] {key}"]
    assert find_obstacles(*files(f"[profile other]\n{key} = y\n", f"[other]\n{key} = y\n")) == ()


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[default]\nregion = eu-west-1\noutput = json\nmfa_serial = arn:aws:iam::1:mfa/x\nduration_seconds = 900\n",
        "[default]\nrole_session_name = me\nca_bundle = x\nendpoint_url = http://localhost\nservices = s\n",
        "[default]\n# credential_process = x\n; role_arn = y\ns3 =\n  role_arn = nested, so no key\n",
        "[services default]\nrole_arn = x\n[sso-session default]\nsso_region = x\n",
    ],
)
def test_these_do_not(config: str) -> None:
    assert find_obstacles(*files(config)) == ()


@pytest.mark.parametrize(
    ("config", "credentials", "found"),
    [
        ("[profile default]\nrole_arn = x\n", "", ["config:2 [profile default] role_arn"]),
        ("[profile 'default']\nrole_arn = x\n", "", ["config:2 [profile 'default'] role_arn"]),
        ("[ default ] ; mine\r\nrole_arn = x\r\n", "", ["config:2 [default] role_arn"]),
        (
            "[default]\nregion = x\n[profile a]\n[default]\nrole_arn = x\n[profile default]\nsso_session = s\n",
            "[default]\n" + KEYS,
            [
                "config:5 [default] role_arn",
                "config:7 [profile default] sso_session",
                "credentials:2 [default] aws_access_key_id",
                "credentials:3 [default] aws_secret_access_key",
            ],
        ),
        # An empty value is tried too; so is what pyvault takes for the end of a line that a backslash continues.
        ("[default]\ncredential_process =\n", "", ["config:2 [default] credential_process"]),
        ("[default]\nregion = x \\\ncredential_process = y\n", "", ["config:3 [default] credential_process"]),
        # Deeper lines go on with a value for some, and are keys for others.
        ("[default]\nregion = x\n  role_arn = y\n", "", ["config:3 [default] role_arn"]),
        ("[profile a]\nregion = x\n  [default]\n  role_arn = y\n", "", ["config:4 [default] role_arn"]),
        ("[default]\npolicy = {\n  [x]\nrole_arn = y\n", "", ["config:4 [default] role_arn"]),
        # Python's ConfigParser puts these keys into every section.
        ("[DEFAULT]\nrole_arn = x\n[profile a]\nregion = x\n", "", ["config:2 [DEFAULT] role_arn"]),
    ],
)
def test_where_some_reader_sees_them(config: str, credentials: str, found: list[str]) -> None:
    assert brief(find_obstacles(*files(config, credentials))) == found


def test_they_name_everything_but_the_value() -> None:
    text = str(find_obstacles(*files("[default]\ncredential_process = print s3cret\n"))[0])
    assert text == f'credential_process in "{CONFIG_PATH}", line 2, [default]'


def test_an_account_id_is_no_source() -> None:
    both = files("[default]\naws_account_id = 1\nsso_session = s\n")
    assert brief(find_sources(*both)) == ["config:3 [default] sso_session"]


def test_a_byte_order_mark_hides_nothing() -> None:
    config = ConfigFile.parse(b"\xef\xbb\xbf[default]\nrole_arn = x\n", Path("/c/config"))
    assert brief(find_obstacles(config, files("")[1])) == ["config:2 [default] role_arn"]


ROLE = "role_arn = arn:aws:iam::123456789012:role/r\n"
SSO = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"


@pytest.mark.parametrize(
    ("config", "credentials", "stored", "found"),
    [
        # What the plan itself uses is no rival of it.
        ("[profile t]\ncredential_process = x\n", "", (), []),
        (f"[profile t]\n{SSO}", "", (), []),
        (f"[profile t]\n{ROLE}web_identity_token_file = /t\n", "", (), []),
        (f"[profile t]\n{ROLE}source_profile = s\n[profile s]\n{SSO}", "", (), []),
        (f"[profile t]\n{ROLE}credential_source = Environment\n", "", (), []),
        ("[profile t]\nregion = eu-west-1\n", f"[t]\n{KEYS}", (), []),
        (f"[profile t]\n{ROLE}source_profile = t\n", f"[t]\n{KEYS}", (), []),
        # A command that asks us for the same profile gives what the vault has.
        ("[profile t]\ncredential_process = pyvault export --format json t\n", "", ("t",), []),
        ("[profile t]\ncredential_process = /opt/bin/aws-vault exec t --json\n", "", ("t",), []),
        (f"[profile t]\n{ROLE}credential_process = pyvault export --format json t\n", "", ("t",), []),
        ("[profile t]\ncredential_process = pyvault export other\n", "", ("t",), ["config:2 credential_process"]),
        ("[profile t]\ncredential_process = 'broken t\n", "", ("t",), ["config:2 credential_process"]),
        # Keys that somebody forgot, of the profile or of one that it stands on.
        (
            "[profile t]\ncredential_process = x\n",
            f"[t]\n{KEYS}",
            (),
            ["credentials:2 aws_access_key_id", "credentials:3 aws_secret_access_key"],
        ),
        ("[profile t]\nregion = x\n", "[t]\naws_access_key_id = A\n", ("t",), ["credentials:2 aws_access_key_id"]),
        (
            f"[profile t]\n{ROLE}source_profile = s\n[profile s]\nregion = x\n",
            "[s]\naws_access_key_id = A\n",
            ("s",),
            ["credentials:2 aws_access_key_id"],
        ),
        (f"[profile t]\n{SSO}credential_process = x\n", "", (), ["config:6 credential_process"]),
        # The keys in the vault sign for the role, an SDK would ask the profile that is named here.
        (f"[profile t]\n{ROLE}source_profile = s\n[profile s]\n{SSO}", "", ("t",), ["config:3 source_profile"]),
        # Python's programs read this into the profile, where we don't.
        (f"[DEFAULT]\ncredential_process = x\n[profile t]\n{ROLE}", "", ("t",), ["config:2 credential_process"]),
        (f"[DEFAULT]\nsource_profile = t\n[profile t]\n{ROLE}", "", ("t",), ["config:2 source_profile"]),
        # Others' sections are not looked at.
        ("[profile t]\ncredential_process = x\n[profile u]\nrole_arn = x\n", f"[u]\n{KEYS}[default]\n{KEYS}", (), []),
    ],
)
def test_what_an_sdk_would_take_instead_of_the_plan(
    config: str, credentials: str, stored: tuple[str, ...], found: list[str]
) -> None:
    assert rivals_of(config, credentials, stored) == found


PROCESS = "credential_process = x\n"
OTHER = "arn:aws:iam::210987654321:role/other"


@pytest.mark.parametrize(
    ("config", "credentials", "environ", "found"),
    [
        # AWS_ROLE_ARN does not reach the child: it would get the role of the file, or none.
        (f"[profile t]\n{ROLE}source_profile = s\n[profile s]\n{PROCESS}", "", OTHER, ["config:2 role_arn"]),
        (f"[profile t]\n{ROLE}web_identity_token_file = /t\n", "", OTHER, ["config:2 role_arn"]),
        (f"[profile t]\nsource_profile = s\n[profile s]\n{PROCESS}", "", OTHER, ["config:2 source_profile"]),
        (
            "[profile t]\nregion = x\n",
            f"[t]\n{KEYS}",
            OTHER,
            ["credentials:2 aws_access_key_id", "credentials:3 aws_secret_access_key"],
        ),
        # No SDK takes over a role of an included profile, and some take source_profile without one.
        (
            f"[profile i]\n{ROLE}[profile t]\ninclude_profile = i\nsource_profile = s\n[profile s]\n{PROCESS}",
            "",
            "",
            ["config:5 source_profile"],
        ),
        # Beside SSO or a command a role means nothing to some, and source_profile = t is for keys in the files.
        (f"[profile t]\n{ROLE}{PROCESS}", "", "", ["config:3 credential_process"]),
        (f"[profile t]\n{ROLE}{PROCESS}source_profile = t\n", "", "", ["config:3 credential_process"]),
        # Without a role source_profile means nothing to some, also on the way to another profile.
        (f"[profile t]\n{PROCESS}source_profile = s\n[profile s]\n{PROCESS}", "", "", ["config:2 credential_process"]),
        (
            f"[profile t]\n{ROLE}source_profile = m\n[profile m]\n{KEYS}source_profile = s\n[profile s]\n{PROCESS}",
            "",
            "",
            ["config:5 aws_access_key_id", "config:6 aws_secret_access_key"],
        ),
        # botocore passes over such a header.
        (
            f"[ profile t ]\n{ROLE}[profile s]\n{PROCESS}",
            "[t]\nsource_profile = s\n",
            "",
            ["credentials:2 source_profile"],
        ),
    ],
)
def test_a_source_without_the_role_of_the_plan(config: str, credentials: str, environ: str, found: list[str]) -> None:
    assert rivals_of(config, credentials, environ={"AWS_ROLE_ARN": environ} if environ else {}) == found


def rivals_of(
    config: str, credentials: str, stored: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> list[str]:
    options = PlanOptions(allow_plaintext_source=True)
    plan = plan_of(config, stored=stored, credentials=credentials, options=options, environ=environ)
    rivals = find_rivals(plan, *files(config, credentials))
    return [f"{each.path.name}:{each.line} {each.key}" for each in rivals]
