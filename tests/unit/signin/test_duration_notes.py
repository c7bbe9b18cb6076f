"""What ``login --duration`` says where AWS has no use for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.config.profile import duration_flags
from pyvault.config.values import parse_duration
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault_cli.credentials.console_session import duration_notes

CONFIG = b"""\
[profile sso]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Admin
[profile over]
source_profile = sso
role_arn = arn:aws:iam::111122223333:role/over
[profile keys]
region = eu-west-1
[profile role]
source_profile = keys
role_arn = arn:aws:iam::111122223333:role/role
"""


@pytest.mark.parametrize(
    ("profile", "asked", "said"),
    [
        ("sso", "12h", "ends with the credentials"),
        ("over", "12h", "gives these credentials 1h"),
        ("over", "30m", None),
        ("role", "2h", None),
        ("sso", None, None),
    ],
)
def test_a_duration_that_has_no_effect_is_said(profile: str, asked: str | None, said: str | None) -> None:
    flags = duration_flags(parse_duration(asked, what="--duration") if asked else None, login=True)
    loaded = load_profile(ConfigFile.parse(CONFIG, Path("config")), None, profile, {}, flags, stored=("keys",))
    notes = duration_notes(make_plan(loaded, stored=("keys",), options=PlanOptions()), asked)
    assert (said in "".join(notes)) if said else notes == ()
