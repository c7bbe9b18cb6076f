"""Temporary credentials as STS hands them out."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Principal, Session
from .xml_text import Xml


def credentials_xml(session: Session) -> Mapping[str, Xml]:
    """Write the Credentials structure."""
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }


def role_user_xml(principal: Principal) -> Mapping[str, Xml]:
    """Write the AssumedRoleUser structure."""
    return {"AssumedRoleId": principal.user_id, "Arn": principal.arn}
