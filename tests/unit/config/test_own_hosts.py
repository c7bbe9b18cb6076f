"""Whose an endpoint is: AWS's own rules say so for its own, and nobody else's passes."""

from __future__ import annotations

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from pyvault.config.endpoints import is_loopback, is_own_host, origin_of
from pyvault.config.partition import AWS, PARTITIONS, Partition, partition_of_region

GOV = next(one for one in PARTITIONS if one.name == "aws-us-gov")
CHINA = next(one for one in PARTITIONS if one.name == "aws-cn")


@pytest.mark.parametrize("service", ["sts", "iam"])
def test_every_endpoint_of_botocore_is_its_partitions_own_and_no_other_ones(service: str) -> None:
    data = Loader()
    partitions = data.load_data("partitions")
    rules = EndpointProvider(data.load_service_model(service, "endpoint-rule-set-1"), partitions)
    seen = 0
    for entry in partitions["partitions"]:
        own = next(one for one in PARTITIONS if one.name == entry["id"])
        for region in entry["regions"]:
            if region.endswith("-global"):
                continue  # botocore's word for "no region"; no host of that name is ever asked
            assert partition_of_region(region) is own
            for fips, dualstack in ((False, False), (False, True), (True, False), (True, True)):
                try:
                    found = rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack)
                except EndpointProviderError:
                    continue
                assert [one for one in PARTITIONS if is_own_host(found.url, service, one)] == [own], found.url
                seen += 1
    assert seen > 100


OWN: list[tuple[str, str, Partition]] = [
    ("https://sts.amazonaws.com", "sts", AWS),
    ("https://STS.Us-East-1.AmazonAWS.com:443/", "sts", AWS),
    ("https://vpce-0123456789abcdef0-abcdefgh.sts.us-east-1.vpce.amazonaws.com", "sts", AWS),
    ("https://vpce-0123456789abcdef0-abcdefgh-us-east-1a.sts.us-east-1.vpce.amazonaws.com", "sts", AWS),
    ("https://vpce-1-a.sts-fips.us-gov-west-1.vpce.amazonaws.com", "sts", GOV),
    ("https://vpce-1-a.sts.cn-north-1.vpce.amazonaws.com.cn", "sts", CHINA),
    ("https://iam.us-gov.amazonaws.com", "iam", GOV),
]
FOREIGN: list[tuple[str, str, Partition]] = [
    ("http://sts.amazonaws.com", "sts", AWS),  # the answer holds a secret
    ("https://sts.amazonaws.com:8443", "sts", AWS),
    ("https://sts.amazonaws.com:99999", "sts", AWS),
    ("https://sts.amazonaws.com.evil.example", "sts", AWS),
    ("https://sts.amazonaws.com.", "sts", AWS),
    ("https://evilamazonaws.com", "sts", AWS),
    ("https://sts.evil.example/sts.amazonaws.com", "sts", AWS),
    ("https://evil.example?sts.amazonaws.com", "sts", AWS),
    ("https://evil.example#.amazonaws.com", "sts", AWS),
    ("https://iam.amazonaws.com", "sts", AWS),
    ("https://sts.s3.amazonaws.com", "sts", AWS),  # somebody's bucket
    ("https://sts.s3-us-west-2.amazonaws.com", "sts", AWS),
    ("https://iam.s3-website-us-east-1.amazonaws.com", "iam", AWS),
    ("https://sts.compute-1.amazonaws.com", "sts", AWS),
    ("https://abc123.execute-api.us-east-1.amazonaws.com", "sts", AWS),
    ("https://sts.us-east-1.elb.amazonaws.com", "sts", AWS),
    ("https://vpce-1-a.vpce-svc-1.us-east-1.vpce.amazonaws.com", "sts", AWS),  # somebody's service
    ("https://vpce-1-a.sts.us-east-1.evil.vpce.amazonaws.com", "sts", AWS),
    ("https://sts.us-east-1.vpce.amazonaws.com", "sts", AWS),
    ("https://vpce-1-a.iam.us-east-1.vpce.amazonaws.com", "sts", AWS),
    ("https://vpce-1-a.sts.us-gov-west-1.vpce.amazonaws.com", "sts", AWS),
    ("https://iam.amazonaws.com", "iam", GOV),
    ("https://sts.us-east-1.amazonaws.com", "sts", GOV),
    ("https://sts.us-gov-west-1.amazonaws.com", "sts", AWS),
    ("https://iam.us-gov.amazonaws.com", "iam", AWS),
    ("https://sts.cn-north-1.amazonaws.com", "sts", CHINA),
]


@pytest.mark.parametrize(("url", "service", "partition"), OWN)
def test_own(url: str, service: str, partition: Partition) -> None:
    assert is_own_host(url, service, partition)
    assert not is_loopback(url)


@pytest.mark.parametrize(("url", "service", "partition"), FOREIGN)
def test_foreign(url: str, service: str, partition: Partition) -> None:
    assert not is_own_host(url, service, partition)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:4566", True),
        ("http://localhost:4566/x", True),
        ("https://LOCALHOST", True),
        ("http://localhost.evil.example", False),
        ("http://localhost.localstack.cloud:4566", False),  # a name of the public DNS
        ("http://evil.localhost", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("http://2130706433", False),
        ("http://127.1", False),
        ("http://127.0.0.1:99999", False),
    ],
)
def test_this_machine(url: str, here: bool) -> None:
    assert is_loopback(url) is here


def test_scheme_host_and_port_are_what_counts() -> None:
    assert origin_of("https://Host/a?b") == origin_of("https://host:443/c") == ("https", "host", 443)
    assert len({origin_of(url) for url in ("http://h", "https://h", "http://h:81", "http://g")}) == 4
