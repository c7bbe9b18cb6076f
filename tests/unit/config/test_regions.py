"""Where STS is called: in a real region of the same partition, and nothing else goes there."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from aws_profiles import client_of, inspected, plan_of, profile_of
from pyvault.config.client_settings import sso_client_of
from pyvault.config.partition import PARTITIONS, REGIONS, is_opt_in, partition_of_region
from pyvault.config.profile import Flags
from pyvault.errors import InvalidSettingError
from pyvault.planning.plan import make_plan
from pyvault.record import replace

TEXT = (
    "[profile base]\nregion = us-west-2\n"
    "[profile t]\nregion = ap-east-1\nsource_profile = base\nrole_arn = arn:aws:iam::111111111111:role/x\n"
)


def test_every_region_is_one_of_botocore_s() -> None:
    partitions = json.loads(files("botocore").joinpath("data/partitions.json").read_text("utf-8"))["partitions"]
    known = {each["id"]: {name for name in each["regions"] if not name.endswith("-global")} for each in partitions}
    for partition in PARTITIONS:
        regions = set(REGIONS[partition.name].split())
        assert regions <= known[partition.name]
        assert {partition_of_region(region) for region in regions} == {partition}
        assert partition.default_region in regions


def test_what_has_to_be_opted_in_to() -> None:
    assert [region for region in ("us-east-1", "ap-east-1", "cn-north-1", "xx-new-1") if is_opt_in(region)] == [
        "ap-east-1", "xx-new-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "environ", "flags", "expected"),
    [
        ("", {}, Flags(), "ap-east-1"),
        ("sts_region = us-west-2\n", {}, Flags(), "us-west-2"),
        ("sts_region = us-west-2\n", {"PYVAULT_STS_REGION": "us-east-2"}, Flags(), "us-east-2"),
        ("sts_region = us-west-2\n", {"PYVAULT_STS_REGION": "us-east-2"}, Flags(sts_region="eu-west-1"), "eu-west-1"),
    ],
)
def test_only_sts_goes_there(lines: str, environ: dict[str, str], flags: Flags, expected: str) -> None:
    plan = plan_of(TEXT + lines, stored=("base",), environ=environ, flags=flags)
    client = client_of(plan.steps[-1])
    assert (plan.region, client.region, client.region_of_sts) == ("ap-east-1", "ap-east-1", expected)
    profile = profile_of(TEXT + lines, environ=environ, flags=flags)
    assert sso_client_of(profile, "eu-north-1", partition_of_region("eu-north-1")).region_of_sts == "eu-north-1"


def test_the_global_endpoint_does_not_answer_for_it() -> None:
    text = TEXT + "sts_region = us-west-2\nsts_regional_endpoints = legacy\n"
    assert client_of(plan_of(text, stored=("base",)).steps[-1]).sts_regional == "regional"


@pytest.mark.parametrize("region", ["us-wset-2", "aws-global", "us-west-2.evil.example", "xx-new-1"])
def test_a_region_that_is_none(region: str) -> None:
    problem = inspected(f"[profile t]\nsts_region = {region}\n").problem
    assert "sts_region of profile 't'" in str(problem)
    assert region in str(problem)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_a_region_of_another_partition(region: str) -> None:
    profile = profile_of(TEXT + f"sts_region = {region}\n")
    with pytest.raises(InvalidSettingError, match="not a region of the partition 'aws'"):
        make_plan(replace(profile), stored=("base",))
