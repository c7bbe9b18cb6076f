"""What a machine of AWS's finds around itself: EC2's metadata (version 2 alone) and a container's credentials.

The real addresses are 169.254.169.254 and 169.254.170.2; here both are paths on the fake's
own port. ``AWS_EC2_METADATA_SERVICE_ENDPOINT`` and ``AWS_CONTAINER_CREDENTIALS_FULL_URI``
lead clients to them.

Source: EC2 user guide, "Use the Instance Metadata Service"; ECS developer guide, "Task IAM role".
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from . import ids
from .clock import rfc3339
from .errors import AwsError
from .message import Request, Response, json_response
from .model import Operation, Role, Session
from .principals import role_session_principal
from .world import World

TOKEN_TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "x-aws-ec2-metadata-token"
MAX_TOKEN_TTL_S = 21_600
CREDENTIALS_PATH = "/latest/meta-data/iam/security-credentials/"
LIFETIME = timedelta(hours=6)


def new_metadata_token(world: World, request: Request, base_url: str) -> Response:
    """Answer ``PUT /latest/api/token``."""
    if request.header("x-forwarded-for") is not None:
        raise AwsError("Forbidden", "forwarded requests get no token", status=403)
    ttl = request.header(TOKEN_TTL_HEADER) or ""
    if not ttl.isdecimal() or not 1 <= int(ttl) <= MAX_TOKEN_TTL_S:
        raise AwsError("BadRequest", "the TTL is missing or out of bounds", status=400)
    token = ids.bearer(40)
    world.metadata_tokens[token] = world.now() + timedelta(seconds=int(ttl))
    return Response(body=token.encode(), headers=((TOKEN_TTL_HEADER, ttl),))


def instance_credentials(world: World, request: Request, base_url: str) -> Response:
    """Name the instance's role, or hand out its credentials."""
    expires = world.metadata_tokens.get(request.header(TOKEN_HEADER) or "")
    if expires is None or world.now() >= expires:
        raise AwsError("Unauthorized", "", status=401)
    role = _role(world)
    name = request.path.removeprefix(CREDENTIALS_PATH)
    if not name:
        return Response(body=role.name.encode())
    if name != role.name:
        raise AwsError("NotFound", "", status=404)
    facts = {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": rfc3339(world.now())}
    return json_response({**facts, **_credentials(_new_session(world, role, "i-0123456789abcdef0"))})


def container_credentials(world: World, request: Request, base_url: str) -> Response:
    """Hand out the role's credentials as ECS does."""
    given = request.header("authorization") or ""
    if not hmac.compare_digest(given.encode(), world.container_token.encode()):
        raise AwsError("Forbidden", "invalid Authorization token", status=403)
    role = _role(world)
    return json_response({"RoleArn": role.arn, **_credentials(_new_session(world, role, "task"))})


def refuse(error: AwsError) -> Response:
    """Render a refusal."""
    return json_response({"code": error.code, "message": error.message}, status=error.status)


def _role(world: World) -> Role:
    role = world.find_role(world.instance_role or "")
    if role is None:
        raise AwsError("NotFound", "this machine has no role", status=404)
    return role


def _new_session(world: World, role: Role, name: str) -> Session:
    return world.new_session(role_session_principal(role, name), Operation.MACHINE, LIFETIME, source_key_id=None)


def _credentials(session: Session) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": rfc3339(session.expires),
    }
