"""AWS IAM: users' access keys, as a rotation needs them.

Source: IAM API reference; IAM user guide, "IAM and STS quotas".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .constraints import required
from .errors import AwsError, invalid_client_token, no_such_entity, validation
from .model import AccessKey, Caller, KeyStatus, Operation, User
from .permissions import authorize
from .query import Call, QueryApi
from .world import KEY_QUOTA
from .xml_text import Xml


def get_user(call: Call) -> Mapping[str, Xml]:
    """Describe a user, the caller if none is named."""
    user = _user(call, "iam:GetUser")
    return {
        "User": {
            "Path": user.path,
            "UserName": user.name,
            "UserId": user.id,
            "Arn": user.arn,
            "CreateDate": user.created,
        }
    }


def list_access_keys(call: Call) -> Mapping[str, Xml]:
    """List a user's keys, without secrets."""
    user = _user(call, "iam:ListAccessKeys")
    keys: list[Xml] = [_metadata(user, key) for key in user.keys.values()]
    return {"AccessKeyMetadata": keys, "IsTruncated": False}


def list_mfa_devices(call: Call) -> Mapping[str, Xml]:
    """List a user's MFA devices."""
    user = _user(call, "iam:ListMFADevices")
    devices: list[Xml] = [
        {"UserName": user.name, "SerialNumber": device.serial, "EnableDate": user.created} for device in user.devices
    ]
    return {"MFADevices": devices, "IsTruncated": False}


def create_access_key(call: Call) -> Mapping[str, Xml]:
    """Make one more key; IAM tells its secret now and never again.

    Raises:
        AwsError: ``LimitExceeded``: the user has two already, inactive ones count.
    """
    user = _user(call, "iam:CreateAccessKey")
    if len(user.keys) >= KEY_QUOTA:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {KEY_QUOTA}", status=409)
    delay = timedelta(seconds=call.world.settings.key_propagation_s)
    key = call.world.new_key(user, propagation=delay)
    return {"AccessKey": {**_metadata(user, key), "SecretAccessKey": key.secret}}


def update_access_key(call: Call) -> None:
    """Make a key active or inactive."""
    user = _user(call, "iam:UpdateAccessKey")
    key = _key(user, required(call.form, "AccessKeyId"))
    status = required(call.form, "Status")
    if status not in set(KeyStatus):
        raise validation(
            f"1 validation error detected: Value '{status}' at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Active, Inactive]"
        )
    key.status = KeyStatus(status)


def delete_access_key(call: Call) -> None:
    """Delete a key; every session made from it dies."""
    user = _user(call, "iam:DeleteAccessKey")
    key = _key(user, required(call.form, "AccessKeyId"))
    del user.keys[key.id]


def get_access_key_last_used(call: Call) -> Mapping[str, Xml]:
    """Say when a key was used last, or ``N/A``."""
    caller = _iam_caller(call)
    authorize(caller, "iam:GetAccessKeyLastUsed")
    found = call.world.find_key(required(call.form, "AccessKeyId"))
    if found is None or found[0].account != caller.principal.account:
        raise no_such_entity(f"The Access Key with id {call.form['AccessKeyId']} cannot be found.")
    user, key = found
    use = key.last_use
    last: Mapping[str, Xml] = {
        "LastUsedDate": use.at if use else None,
        "ServiceName": use.service if use else "N/A",
        "Region": use.region if use else "N/A",
    }
    return {"UserName": user.name, "AccessKeyLastUsed": last}


def _iam_caller(call: Call) -> Caller:
    """Refuse sessions that IAM does not take at all.

    A user's session without MFA, and a federated user's, are no identity to IAM: it says
    that the token is invalid, which sends people looking in the wrong place.
    Source: IAM user guide, "Compare AWS STS credentials".
    """
    session = call.caller.session
    if session is None:
        return call.caller
    if session.made_by is Operation.FEDERATION_TOKEN:
        raise invalid_client_token()
    if session.made_by is Operation.GET_SESSION_TOKEN and not session.mfa:
        raise invalid_client_token()
    return call.caller


def _user(call: Call, action: str) -> User:
    """Give the user that a call is about, once the caller may touch it."""
    caller = _iam_caller(call)
    own = caller.principal.user
    name = call.form.get("UserName")
    if name is None and own is None:
        raise validation("Must specify userName when calling with non-User credentials")
    user = own if name is None else call.world.account_of(caller).users.get(name)
    resource = user.arn if user else f"arn:{call.world.partition}:iam::{caller.principal.account}:user/{name}"
    authorize(caller, action, resource)
    if user is None:
        raise no_such_entity(f"The user with name {name} cannot be found.")
    return user


def _key(user: User, access_key_id: str) -> AccessKey:
    if (key := user.keys.get(access_key_id)) is None:
        raise no_such_entity(f"The Access Key with id {access_key_id} cannot be found.")
    return key


def _metadata(user: User, key: AccessKey) -> Mapping[str, Xml]:
    return {"UserName": user.name, "AccessKeyId": key.id, "Status": key.status.value, "CreateDate": key.created}


IAM = QueryApi(
    service="iam",
    version="2010-05-08",
    signed={
        "GetUser": get_user,
        "ListAccessKeys": list_access_keys,
        "CreateAccessKey": create_access_key,
        "UpdateAccessKey": update_access_key,
        "DeleteAccessKey": delete_access_key,
        "ListMFADevices": list_mfa_devices,
        "GetAccessKeyLastUsed": get_access_key_last_used,
    },
    unsigned={},
)
