"""What stands beside keys in the credentials file goes along, or is named."""

from __future__ import annotations

import pytest

from aws_profiles import CREDENTIALS_PATH, config_of
from pyvault.migration.credentials_file import Beside, settings_beside

KEYS = "aws_access_key_id = AKIA\naws_secret_access_key = x\n"


def beside(text: str, config: str = "") -> Beside:
    return settings_beside(f"[gov]\n{KEYS}{text}".encode(), CREDENTIALS_PATH, config_of(config), "gov")


def left(found: Beside) -> set[str]:
    return {key for keys in found.left.values() for key in keys}


def test_known_settings_go_along_and_the_keys_do_not() -> None:
    found = beside(
        "region = us-gov-west-1\nmfa_serial = arn:aws-us-gov:iam::111111111111:mfa/me\noutput = json\n"
        "aws_session_token =\n[other]\nregion = eu-west-1\n[gov]\nREGION = us-gov-east-1\n"
    )
    mfa = "arn:aws-us-gov:iam::111111111111:mfa/me"
    assert dict(found.settings) == {"region": "us-gov-east-1", "mfa_serial": mfa, "output": "json"}
    assert left(found) == set()


@pytest.mark.parametrize("line", ["password_of_others = x", "s3 =\n  addressing_style = path", "region = a\n  b"])
def test_what_can_not_go_is_left_by_name_and_spoils_nothing(line: str) -> None:
    found = beside(f"{line}\nmfa_serial = arn:aws:iam::111111111111:mfa/me\n")
    assert left(found) == {line.partition(" ")[0]}
    assert list(found.settings) == ["mfa_serial"]


def test_a_section_that_is_there_is_not_rewritten_and_equal_settings_are_not_spoken_of() -> None:
    found = beside("region = a\nmfa_serial = m\n", "[profile gov]\nregion = a\nmfa_serial = other\n")
    assert not found.settings
    assert left(found) == {"mfa_serial"}
    assert "has a section" in next(iter(found.left))
