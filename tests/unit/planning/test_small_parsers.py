"""Durations, tags, regions and partitions, by themselves."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_profiles import plan_of, profile_of
from pyvault.config.partition import PARTITIONS, find_partition_of_arn, partition_of_region
from pyvault.config.profile import find_profile_name
from pyvault.config.values import format_duration, parse_duration, parse_list, parse_session_tags
from pyvault.errors import InvalidSettingError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("900", 900),
        ("900s", 900),
        ("15m", 900),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (".5h", 1800),
        ("1.h", 3600),
        ("1h0m0s", 3600),
        ("1000ms", 1),
        ("0.5s500ms", 1),
        ("1000000us", 1),
        ("1000000µs", 1),
        (" 1h ", 3600),
        ("36h", 129600),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text, what="x") == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "h",
        "1.5",
        "-1",
        "-1h",
        "+1h",
        "1h-1m",
        "1e3",
        "0",
        "0s",
        "1ms",
        "1x",
        "0x10",
        "1h,",
        "9" * 5000,
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"^--duration: "):
        parse_duration(text, what="--duration")


@given(st.integers(min_value=1, max_value=10**9))
def test_a_duration_reads_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration), what="x") == duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m0s"), (3598, "59m58s"), (3600, "1h0m0s"), (-5, "-5s"), (-3661, "-1h1m1s")],
)
def test_durations_as_go_writes_them(seconds: int, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("text", ["a=1,a=2", "Dept=1,DEPT=2", "=x", "a", "a=1,", ",a=1", "a=1,,b=2"])
def test_bad_tags(text: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"^x: "):
        parse_session_tags(text, what="x")


def test_tags_may_hold_an_equals_sign_and_be_empty() -> None:
    assert parse_session_tags("a=b=c,d=", what="x") == (("a", "b=c"), ("d", ""))
    assert parse_list("a, b,,a") == ("a", "b")


def test_the_partitions() -> None:
    assert [partition.name for partition in PARTITIONS] == [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-eusc",
        "aws-iso",
        "aws-iso-b",
        "aws-iso-e",
        "aws-iso-f",
    ]
    for partition in PARTITIONS:
        assert partition_of_region(partition.default_region) is partition
        assert find_partition_of_arn(f"arn:{partition.name}:iam::1:role/x") is partition


def test_the_partitions_are_those_of_botocore() -> None:
    from botocore.loaders import Loader

    for theirs in Loader().load_data("partitions")["partitions"]:
        ours = next(partition for partition in PARTITIONS if partition.name == theirs["id"])
        assert ours.default_region == theirs["outputs"]["implicitGlobalRegion"]
        assert ours.dns_suffix == theirs["outputs"]["dnsSuffix"]
        for region in theirs["regions"]:
            if not region.endswith("-global"):
                assert partition_of_region(region) is ours


def test_what_names_no_partition() -> None:
    assert partition_of_region("moon-1").name == "aws"
    assert find_partition_of_arn("GAHT12345678") is None
    assert find_partition_of_arn("arn:aws-moon:iam::1:x") is None


@pytest.mark.parametrize("region", ["a/b", "x.evil.example", "a b", "-a", "A", "é", "a" * 64, "x@y"])
def test_a_region_cannot_lead_a_request_elsewhere(region: str) -> None:
    with pytest.raises(InvalidSettingError, match="region of profile 't'"):
        profile_of(f"[profile t]\nregion = {region}\n")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("role_session_name = a/b", "has characters that AWS refuses"),
        ("role_session_name = a", "2 to 64"),
        ("external_id = x y", "has characters"),
        ("source_identity = " + "x" * 65, "2 to 64"),
        ("mfa_serial = short", "9 to 256"),
        ("session_tags = " + ",".join(f"k{number}=v" for number in range(51)), "more than 50"),
        ("session_tags = " + "k" * 129 + "=v", "AWS refuses the tag"),
        ("session_tags = k=" + "v" * 257, "AWS refuses the value of 'k'"),
        ("session_tags = k<=v", "AWS refuses the tag"),
        ("policy = " + "x" * 2049, "longer than 2048"),
        ("policy_arns = " + ",".join(f"arn{number}" for number in range(11)), "more than 10"),
    ],
)
def test_what_aws_documents_that_it_refuses(line: str, problem: str) -> None:
    text = f"[profile s]\n[profile t]\nsource_profile = s\nrole_arn = arn:aws:iam::1:role/t\n{line}\n"
    key = line.split(maxsplit=1)[0]
    with pytest.raises(InvalidSettingError, match=problem) as caught:
        plan_of(text, stored=("s",))
    assert f"\"/home/me/.aws/config\", line 5: {key} of profile 't'" in str(caught.value)


def test_a_role_must_be_an_arn() -> None:
    with pytest.raises(InvalidSettingError, match="role_arn of profile 't': 'admin' is not an ARN"):
        profile_of("[profile t]\nrole_arn = admin\n")


def test_control_characters_are_refused() -> None:
    with pytest.raises(InvalidSettingError, match="external_id of profile 't': has control"):
        profile_of("[profile t]\nexternal_id = a\x1b[2Jb\n")
    with pytest.raises(InvalidSettingError, match="AWS_ROLE_SESSION_NAME: has control"):
        profile_of("[profile t]\n", environ={"AWS_ROLE_SESSION_NAME": "a\nb"})
    assert profile_of("[profile t]\ncredential_process = a\n   b\n").credential_process == "a b"


def test_quotes_around_a_value_are_taken_off_except_from_what_a_shell_reads() -> None:
    profile = profile_of(
        "[profile t]\nregion = \"eu-west-1\"\nmfa_process = 'a b'\ncredential_process = '/my tools/x'\n"
    )
    assert (profile.region, profile.mfa_process, profile.credential_process) == ("eu-west-1", "a b", "'/my tools/x'")


@pytest.mark.parametrize("key", ["credential_process", "web_identity_token_process", "mfa_process"])
@pytest.mark.parametrize(
    ("lines", "command"),
    [
        ("printf\n  a\n\tb", "printf a b"),
        ("\n  printf = a\n", None),
        ("sh -c 'echo a\n  echo b' \n  arg", "sh -c 'echo a\necho b' arg"),
        ('say "it\'s \\"so\n  far" \\\'\n  on', 'say "it\'s \\"so\nfar" \\\' on'),
        ("one \\\n  two", "one two"),
    ],
)
def test_a_command_over_several_lines_is_one_command(key: str, lines: str, command: str | None) -> None:
    assert getattr(profile_of(f"[profile t]\n{key} = {lines}\n"), key) == command


def test_which_profile_the_environment_names() -> None:
    assert find_profile_name({}) is None
    assert find_profile_name({"AWS_DEFAULT_PROFILE": "d"}) == "d"
    assert find_profile_name({"AWS_DEFAULT_PROFILE": "d", "AWS_PROFILE": "p"}) == "p"
    assert find_profile_name({"AWS_DEFAULT_PROFILE": "d", "AWS_PROFILE": ""}) == "d"


def test_a_profile_that_names_itself_as_its_source_has_none() -> None:
    profile = profile_of("[default]\nsource_profile = t\n[profile t]\n")
    assert (profile.source, profile.source_profile, "source_profile" in profile.origins) == (None, None, False)


def test_an_included_profile_that_is_missing_is_worth_a_note() -> None:
    assert profile_of("[profile t]\ninclude_profile = nope\n").notes == (
        "profile 't' includes 'nope', which has no section",
    )


def test_names_are_the_same_however_their_accents_are_written() -> None:
    text = "[profile cafe\u0301]\nregion = x\n[profile t]\nsource_profile = cafe\u0301\n"
    assert [member.name for member in profile_of(text).chain()] == ["t", "caf\u00e9"]
    assert profile_of(text, "caf\u00e9").region == "x"
    assert plan_of(text, stored=("caf\u00e9",)).steps[0].profile == "caf\u00e9"
