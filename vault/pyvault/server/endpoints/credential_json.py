"""Credentials as the bodies that the SDKs read.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider";
Amazon EC2 User Guide, "Retrieve security credentials from instance metadata".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyvault.clock import to_rfc3339
from pyvault.server.http.response import TEXT, Answer, make_answer

if TYPE_CHECKING:
    from datetime import datetime

    from pyvault.model import Credentials

#: What EC2 calls itself; some clients look.
EC2_HEADERS = (("Server", "EC2ws"),)


def ecs_answer(credentials: Credentials, _at: datetime) -> Answer:
    """Write the answer of the container endpoint."""
    token = credentials.session_token
    body = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "Token": token.reveal() if token is not None else None,
        "Expiration": to_rfc3339(credentials.expires) if credentials.expires is not None else None,
        "RoleArn": credentials.role_arn,
        "AccountId": credentials.account_id,
    }
    return make_answer(200, json.dumps({key: value for key, value in body.items() if value is not None}))


def imds_answer(credentials: Credentials, at: datetime) -> Answer:
    """Write the answer of the instance metadata service.

    EC2 sends it as ``text/plain``, and so do we.
    """
    token = credentials.session_token
    body = {
        "Code": "Success",
        "LastUpdated": to_rfc3339(at),
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key.reveal(),
        "Token": token.reveal() if token is not None else "",
        "Expiration": to_rfc3339(credentials.expires) if credentials.expires is not None else "",
    }
    return make_answer(200, json.dumps(body), content_type=TEXT, headers=EC2_HEADERS)
