"""Amazon S3, as far as ``aws s3 ls`` goes: the buckets of the caller's account."""

from __future__ import annotations

from . import ids
from .authenticate import authenticate
from .errors import AwsError
from .message import Request, Response
from .permissions import authorize
from .world import World
from .xml_text import Xml, element

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

#: S3 has words of its own for what the other services say about credentials: code, status, message.
OWN_WORDS = {
    "InvalidClientTokenId": (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "ExpiredToken": ("ExpiredToken", 400, "The provided token has expired."),
    "MissingAuthenticationToken": ("AccessDenied", 403, "Access Denied"),
    "AccessDenied": ("AccessDenied", 403, "Access Denied"),
}


def list_buckets(world: World, request: Request) -> Response:
    """Answer ``GET /``.

    Raises:
        AwsError: as S3 would refuse it.
    """
    caller = authenticate(world, request, "s3")
    authorize(caller, "s3:ListAllMyBuckets")
    account = world.account_of(caller)
    created = next((user.created for user in account.users.values()), world.now())
    buckets = "".join(element("Bucket", {"Name": name, "CreationDate": created}) for name in account.buckets)
    owner: Xml = {"ID": account.id, "DisplayName": account.name}
    body = f'<ListAllMyBucketsResult xmlns="{NAMESPACE}">{element("Owner", owner)}<Buckets>{buckets}</Buckets></ListAllMyBucketsResult>'
    return Response(content_type="application/xml", body=body.encode())


def anything_else(world: World, request: Request) -> Response:
    """Refuse whatever goes beyond the list of buckets.

    Raises:
        AwsError: always.
    """
    authenticate(world, request, "s3")
    raise AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)


def refuse(error: AwsError) -> Response:
    """Render a refusal in S3's words."""
    code, status, message = OWN_WORDS.get(error.code, (error.code, error.status, error.message))
    body = element("Error", {"Code": code, "Message": message, "RequestId": ids.request_id(), "HostId": "fake"})
    return Response(status=status, content_type="application/xml", body=body.encode())
