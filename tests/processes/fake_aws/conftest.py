"""Real clients for the fake: botocore's, with one session so that its data is read once."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import pytest

from fake_aws.client import REGION, FakeAws, KeyPair

#: Makes a boto3 client: service, then a user's name, a key pair, an STS Credentials structure, or nothing.
Boto = Callable[..., Any]


@functools.cache
def botocore_session() -> Any:
    # By name, so that type checkers don't demand the stubs of every service.
    return importlib.import_module("boto3").Session(region_name=REGION)


@pytest.fixture
def boto(fake_aws: FakeAws) -> Boto:
    """Make clients that try once, so that a refusal is seen as it is."""

    def make(service: str, who: str | KeyPair | dict[str, Any] | None = None) -> Any:
        from botocore import UNSIGNED
        from botocore.config import Config

        if isinstance(who, str):
            who = fake_aws.key(who)
        match who:
            case KeyPair():
                keys = {"aws_access_key_id": who.access_key_id, "aws_secret_access_key": who.secret_access_key}
            case dict():
                keys = {
                    "aws_access_key_id": who["AccessKeyId"],
                    "aws_secret_access_key": who["SecretAccessKey"],
                    "aws_session_token": who["SessionToken"],
                }
            case _:
                keys = {}
        retries: Any = {"total_max_attempts": 1}
        # The server's bounds are to be tested, not botocore's.
        config = Config(retries=retries, parameter_validation=False)
        config = config if keys else config.merge(Config(signature_version=UNSIGNED))
        return botocore_session().client(service, endpoint_url=fake_aws.url, config=config, **keys)

    return make


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Call something that AWS must refuse; give ``Code: message``."""

    def call(operation: Callable[..., Any], **parameters: Any) -> str:
        from botocore.exceptions import ClientError

        with pytest.raises(ClientError) as caught:
            operation(**parameters)
        error = caught.value.response.get("Error", {})
        return f"{error.get('Code')}: {error.get('Message', '')}"

    return call
