"""Profiles from a portal, in a block of their own, between what a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.sso_calls import session
from pyvault.aws.calls import SsoAccount
from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConfigError, InvalidSettingError
from pyvault.sso.accounts import AccountRole
from pyvault.sso.managed_block import find_block, markers, replace_block, without_block
from pyvault.sso.populate import Filter, Populated, Style, parse_filter, populate, select, select_accounts

PATH = Path("config")
HAND_WRITTEN = b"""\
# my config ; keep me
[default]
region=eu-west-1   # inline

[profile prod]
role_arn : arn:aws:iam::123456789012:role/x
s3 =
   max_concurrent_requests = 7

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start#/
sso_region = eu-west-1
"""


def role(account: str, name: str, account_id: str = "111122223333") -> AccountRole:
    return AccountRole(account=SsoAccount(account_id=account_id, name=account, email=None), role=name)


ROLES = [role("Prod", "Admin"), role("Prod", "Read Only".replace(" ", "")), role("Dev", "Admin", "444455556666")]


def run(data: bytes, roles: list[AccountRole] = ROLES, **style: str) -> Populated:
    return populate(data, PATH, session(), roles, Style(**style))


def test_profiles_are_appended_and_every_other_byte_stays() -> None:
    made = run(HAND_WRITTEN, region="eu-central-1")
    assert made.profiles == ("Prod-Admin", "Prod-ReadOnly", "Dev-Admin")
    assert made.after.startswith(HAND_WRITTEN)
    config = ConfigFile.parse(made.after, PATH)
    keys = config.find_profile("Prod-Admin")
    assert keys is not None
    assert {key: entry.value for key, entry in keys.items()} == {
        "sso_session": "corp",
        "sso_account_id": "111122223333",
        "sso_role_name": "Admin",
        "region": "eu-central-1",
    }


def test_doing_it_twice_changes_nothing() -> None:
    once = run(HAND_WRITTEN).after
    again = run(once)
    assert again.after == once
    assert again.diff("config") == ""


def test_roles_that_are_gone_go_and_new_ones_come() -> None:
    before = run(HAND_WRITTEN).after + b"\n[profile mine]\nregion = x\n"
    made = run(before, [role("New", "Admin")])
    config = ConfigFile.parse(made.after, PATH)
    assert config.find_profile("Prod-Admin") is None
    assert config.find_profile("New-Admin") is not None
    assert made.after.endswith(b"\n[profile mine]\nregion = x\n")
    assert "-[profile Prod-Admin]" in made.diff("config")
    assert "+[profile New-Admin]" in made.diff("config")


def test_without_roles_the_block_goes() -> None:
    assert run(run(HAND_WRITTEN).after, []).after == HAND_WRITTEN + b"\n"
    assert run(HAND_WRITTEN, []).after == HAND_WRITTEN


def test_a_profile_that_a_person_wrote_is_never_made_again() -> None:
    data = HAND_WRITTEN + b"[profile Prod-Admin]\nregion = mine\n"
    made = run(data)
    assert made.taken == ("Prod-Admin",)
    assert made.profiles == ("Prod-ReadOnly", "Dev-Admin")
    keys = ConfigFile.parse(made.after, PATH).find_profile("Prod-Admin")
    assert keys is not None
    assert keys["region"].value == "mine"
    assert "sso_session" not in keys


def test_two_sessions_have_two_blocks() -> None:
    one = run(HAND_WRITTEN).after
    other = session("other")
    both = populate(one, PATH, other, [role("X", "Y")], Style()).after
    assert both.startswith(one)
    assert populate(both, PATH, other, [], Style()).after.rstrip() == one.rstrip()


def test_windows_line_ends_stay() -> None:
    data = HAND_WRITTEN.replace(b"\n", b"\r\n")
    made = run(data)
    assert made.after.startswith(data)
    assert made.after.count(b"\n") == made.after.count(b"\r\n")
    assert run(made.after).after == made.after


@pytest.mark.parametrize("end", [b"", b"\n", b" \\", b" \\\n", b"\n# note"])
def test_the_last_line_of_a_person_is_not_swallowed(end: bytes) -> None:
    data = b"[profile a]\nregion = eu-west-1" + end
    made = run(data)
    before, after = ConfigFile.parse(data, PATH), ConfigFile.parse(made.after, PATH)
    old, new = before.find_profile("a"), after.find_profile("a")
    assert old is not None
    assert new is not None
    assert new["region"].value == old["region"].value
    assert after.find_profile("Prod-Admin") is not None


BEGIN, END = markers("corp")


@pytest.mark.parametrize(
    "data",
    [
        BEGIN + b"\n",
        END + b"\n",
        END + b"\n" + BEGIN + b"\n",
        BEGIN + b"\n" + BEGIN + b"\n" + END + b"\n",
        BEGIN + b"\n" + END + b"\n" + END + b"\n",
    ],
)
def test_markers_that_do_not_pair_up_are_an_error(data: bytes) -> None:
    with pytest.raises(ConfigError, match="do not pair up"):
        run(data)


def test_keys_behind_the_block_are_an_error_because_they_belong_to_its_last_profile() -> None:
    data = run(HAND_WRITTEN).after + b"\n# a note\nregion = eu-west-2\n"
    with pytest.raises(ConfigError, match="follows the block of 'corp'"):
        run(data, [])


def test_a_hostile_account_name_makes_no_section_of_its_own() -> None:
    hostile = role("x]\n[default]\nregion = evil\n[profile y", "Admin")
    made = run(HAND_WRITTEN, [hostile])
    assert made.profiles == ("x-default-region-evil-profile-y-Admin",)
    config = ConfigFile.parse(made.after, PATH)
    default = config.find_profile("default")
    assert default is not None
    assert default["region"].value == "eu-west-1"


@pytest.mark.parametrize(
    "entry", [role("a", "Admin\n[default]"), role("a", "A" * 65), role("a", ""), role("a", "Admin", "1\n[default]")]
)
def test_values_that_are_not_what_aws_says_stop_it(entry: AccountRole) -> None:
    with pytest.raises((ConfigError, InvalidSettingError)):
        run(HAND_WRITTEN, [entry])


def test_a_name_for_two_roles_is_an_error_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match="two roles would be called 'Prod-Admin'") as caught:
        run(HAND_WRITTEN, [role("Prod", "Admin"), role("Prod", "Admin", "444455556666")])
    assert caught.value.hint == "use a --template with {account_id} and {role_name}"


def test_prefix_and_template() -> None:
    made = run(b"", prefix="aws.", template="{session}/{account_id}".replace("/", "+") + "@{role_name}")
    assert made.profiles[0] == "aws.corp+111122223333@Admin"


@pytest.mark.parametrize("template", ["{nothing}", "{account_id", "{account_id.__class__}", "{}", "a b{role_name}", ""])
def test_a_wrong_template_is_refused(template: str) -> None:
    with pytest.raises(InvalidSettingError):
        run(b"", template=template)


def test_filters_of_one_key_are_alternatives_and_of_two_keys_conditions() -> None:
    wanted = [parse_filter("account=prod*"), parse_filter("account=nothing"), parse_filter("role=ADMIN")]
    assert select(ROLES, wanted) == [ROLES[0]]
    assert select(ROLES, [Filter(key="account-id", pattern="4444*")]) == [ROLES[2]]
    assert select(ROLES, []) == ROLES


@pytest.mark.parametrize("text", ["", "role", "role=", "name=x", "=x"])
def test_a_wrong_filter_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettingError):
        parse_filter(text)


def test_inline_settings_are_written_out() -> None:
    inline = session(None)
    made = populate(b"", PATH, inline, [role("A", "B")], Style())
    keys = ConfigFile.parse(made.after, PATH).find_profile("A-B")
    assert keys is not None
    assert keys["sso_start_url"].value == "https://corp.awsapps.com/start"
    assert keys["sso_region"].value == "eu-west-1"


LINE = st.sampled_from(
    [b"[profile a]", b"k = v", b"# note", b"", b"  x = y", b"k =", b"\xef\xbb\xbf", b"\\", b"k = \\"]
)


@given(
    lines=st.lists(LINE, max_size=12),
    newline=st.sampled_from([b"\n", b"\r\n"]),
    final=st.booleans(),
    body=st.lists(st.sampled_from(["[profile p]", "sso_session = corp"]), max_size=3),
)
@example(lines=[], newline=b"\n", final=True, body=["[profile p]"])
def test_whatever_surrounds_the_block_stays_byte_for_byte(
    lines: list[bytes], newline: bytes, final: bool, body: list[str]
) -> None:
    data = newline.join(lines) + (newline if final else b"")
    once = replace_block(data, "corp", body)
    assert without_block(once, "corp").startswith(data)
    assert without_block(once, "corp")[len(data) :].strip() == b""
    assert replace_block(once, "corp", body) == once
    found = find_block(once, "corp")
    assert (found is None) == (not body)
    assert replace_block(once, "corp", ["[profile q]"])[: len(data)] == data


def test_the_profile_that_programs_take_unasked_is_not_made() -> None:
    made = run(HAND_WRITTEN, [role("default", "Admin"), role("Dev", "Admin")], template="{account_name}")
    assert made.profiles == ("Dev",)
    assert made.unasked == role("default", "Admin")
    assert b"[profile default]" not in made.after


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        ((), ["Prod", "Dev"]),
        (("account=prod",), ["Prod"]),
        (("account=prod", "account=d*"), ["Prod", "Dev"]),
        (("role=nothing",), ["Prod", "Dev"]),
        (("account=*", "account-id=4444*"), ["Dev"]),
    ],
)
def test_only_accounts_that_may_match_are_asked_about(texts: tuple[str, ...], left: list[str]) -> None:
    filters = [parse_filter(text) for text in texts]
    accounts = [each.account for each in (ROLES[0], ROLES[2])]
    assert [account.name for account in select_accounts(accounts, filters)] == left
