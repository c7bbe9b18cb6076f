"""Which portal a name means, and that a step and the command line mean the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.errors import ConfigError, InvalidSettingError, ProfileNotFoundError
from pyvault.planning.cache_keys import session_key
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import SsoStep
from pyvault.sso.portal_lookup import find_session, own_session, profiles_of
from pyvault.sso.session import session_of

CONFIG = """\
[default]
region = eu-west-1
sso_start_url = https://default.awsapps.com/start

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start#/
sso_region = eu-central-1
sso_registration_scopes = sso:account:access, x:y

[sso-session it's odd]
sso_start_url = https://odd.awsapps.com/start
sso_region = us-east-1

[sso-session broken]
sso_start_url = https://broken.awsapps.com/start

[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin

[profile prod]
include_profile = dev
sso_role_name = ReadOnly

[profile inline]
sso_start_url = https://inline.awsapps.com/start
sso_region = us-west-2
sso_account_id = 111122223333
sso_role_name = Admin

[profile role]
role_arn = arn:aws:iam::111122223333:role/app
source_profile = middle

[profile middle]
role_arn = arn:aws:iam::111122223333:role/middle
source_profile = inline

[profile plain]
region = eu-west-1
duration_seconds = nonsense
"""


def config(text: str = CONFIG) -> ConfigFile:
    return ConfigFile.parse(text.encode(), Path("config"))


def test_a_session_by_its_name() -> None:
    session = find_session(config(), "corp", {})
    assert (session.name, session.start_url) == ("corp", "https://corp.awsapps.com/start#/")
    assert session.client.region == "eu-central-1"
    assert session.scopes == ("sso:account:access", "x:y")
    assert find_session(config(), "it's odd", {}).start_url == "https://odd.awsapps.com/start"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_session_by_a_profile_that_uses_it(name: str) -> None:
    assert find_session(config(), name, {}) == find_session(config(), "corp", {})


def test_a_session_by_inline_settings() -> None:
    session = find_session(config(), "inline", {})
    assert (session.name, session.label) == (None, "https://inline.awsapps.com/start")


@pytest.mark.parametrize(
    "environ", [{}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {"AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:2"}]
)
def test_a_planned_step_and_the_command_line_mean_the_same_token(environ: dict[str, str]) -> None:
    profile = load_profile(config(), None, "prod", environ)
    step = make_plan(profile, stored=(), options=PlanOptions()).steps[0]
    assert isinstance(step, SsoStep)
    assert session_of(step).key() == find_session(config(), "corp", environ).key()
    assert session_of(step).key() == find_session(config(), "dev", environ).key()


@pytest.mark.parametrize("name", ["role", "middle"])
def test_a_role_means_the_sign_in_that_it_stands_on(name: str) -> None:
    session = find_session(config(), name, {})
    assert session == find_session(config(), "inline", {})
    assert session.how_to_sign_in == "pyvault sso login inline"
    assert own_session(config(), name, {}) is None
    assert profiles_of(config(), session, {}) == ["inline", "role", "middle"]


def test_a_role_that_stands_on_no_sign_in_is_told_so() -> None:
    text = "[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = s\n[profile s]\nregion = eu-west-1\n"
    with pytest.raises(InvalidSettingError, match="profile 's', which 'r' uses as its source, has no sso_start_url"):
        find_session(config(text), "r", {})


@pytest.mark.parametrize("end", ["", "/", "#", "#/", "/#", "/#/"])
def test_a_start_url_is_one_however_it_is_written(end: str) -> None:
    corp = find_session(config(), "corp", {})
    named = find_session(config(), f"https://corp.awsapps.com/start{end}", {})
    assert named == corp
    inline = find_session(config(), f"HTTPS://Inline.awsapps.com/start{end}", {})
    assert inline == find_session(config(), "inline", {})
    written = find_session(
        config(CONFIG.replace("corp.awsapps.com/start#/", f"corp.awsapps.com/start{end}")), "corp", {}
    )
    assert (written.key(), written.portal_url) == (corp.key(), "https://corp.awsapps.com/start")


def test_the_role_s_session_is_one_however_the_start_url_is_written() -> None:
    def key(text: str) -> str:
        step = make_plan(load_profile(config(text), None, "inline", {}), stored=(), options=PlanOptions()).steps[0]
        return session_key(step, "")

    assert key(CONFIG) == key(CONFIG.replace("inline.awsapps.com/start", "inline.awsapps.com/start/#/"))
    assert key(CONFIG) != key(CONFIG.replace("inline.awsapps.com/start", "inline.awsapps.com/other"))


def test_a_start_url_that_nothing_or_more_than_one_setting_means() -> None:
    with pytest.raises(ProfileNotFoundError, match="signs in to 'https://nobody"):
        find_session(config(), "https://nobody.awsapps.com/start", {})
    two = "[sso-session a]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
    two += "[sso-session b]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    with pytest.raises(ConfigError, match="differ") as caught:
        find_session(config(two), "https://x.awsapps.com/start", {})
    assert caught.value.hint == "name one of them: a, b"


def test_the_profiles_of_a_session() -> None:
    assert profiles_of(config(), find_session(config(), "corp", {}), {}) == ["dev", "prod"]


def test_without_a_name_the_only_session_is_meant() -> None:
    only = "[sso-session one]\nsso_start_url = https://one.awsapps.com/start\nsso_region = eu-west-1\n"
    assert find_session(config(only), None, {}).name == "one"
    with pytest.raises(ConfigError, match="has 3 sso-sessions"):
        find_session(config(), None, {})
    with pytest.raises(ConfigError, match="has no sso-session"):
        find_session(config(""), None, {})


def test_the_name_of_a_session_that_is_not_there_is_told_with_those_that_are() -> None:
    text = CONFIG.replace("[profile dev]\nsso_session = corp", "[profile dev]\nsso_session = crop")
    with pytest.raises(InvalidSettingError, match=r"there is no \[sso-session crop\]") as caught:
        find_session(config(text), "dev", {})
    assert str(caught.value.hint).endswith("are: corp, it's odd, broken")


def test_what_can_not_be_signed_in_to_is_named() -> None:
    with pytest.raises(ProfileNotFoundError, match="called 'nobody'"):
        find_session(config(), "nobody", {})
    with pytest.raises(InvalidSettingError, match="sso-session 'broken' has no sso_region"):
        find_session(config(), "broken", {})


def test_the_shared_credentials_file_is_a_layer_of_the_profile_here_too() -> None:
    text = b"[dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n[inline]\nsso_region = eu-north-1\n"
    beside = ConfigFile.parse(text, Path("/home/me/.aws/credentials"))
    base = config(
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
        "[profile inline]\nsso_start_url = https://inline.awsapps.com/start\nsso_region = us-east-1\n"
    )
    assert find_session(base, "dev", {}, credentials_file=beside) == find_session(base, "corp", {})
    assert find_session(base, "inline", {}, credentials_file=beside).client.region == "eu-north-1"
