"""The AWS SSO portal: accounts, roles and role credentials for a bearer token.

Source: IAM Identity Center portal API reference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from . import ids
from .errors import AwsError
from .message import Request, Response, json_response
from .model import Operation
from .principals import role_session_principal
from .sso_state import ACCOUNT_SCOPE, AssignedAccount, Login, SsoState
from .world import World

TOKEN_HEADER = "x-amz-sso_bearer_token"


def list_accounts(world: World, request: Request, base_url: str) -> Response:
    """Answer ListAccounts."""
    sso, _ = _signed_in(world, request)
    accounts = [{"accountId": a.id, "accountName": a.name, "emailAddress": a.email} for a in sso.accounts.values()]
    return _page("accountList", accounts, request, sso)


def list_account_roles(world: World, request: Request, base_url: str) -> Response:
    """Answer ListAccountRoles.

    Raises:
        AwsError: the token is no good, or the account's roles are not for the person to see.
    """
    sso, _ = _signed_in(world, request)
    account = _account(sso, request)
    if account.forbidden:
        raise AwsError("ForbiddenException", "No access", status=403)
    roles = [{"roleName": name, "accountId": account.id} for name in account.roles]
    return _page("roleList", roles, request, sso)


def get_role_credentials(world: World, request: Request, base_url: str) -> Response:
    """Answer GetRoleCredentials.

    Raises:
        AwsError: the token is no good, or the role is not the person's.
    """
    sso, login = _signed_in(world, request)
    role = _account(sso, request).roles.get(request.query_fields().get("role_name", ""))
    if role is None:
        raise AwsError("ForbiddenException", "No access", status=403)
    session = world.new_session(
        role_session_principal(role, login.user),
        Operation.SSO,
        timedelta(seconds=sso.credentials_s),
        source_key_id=None,
    )
    answer = {
        "roleCredentials": {
            "accessKeyId": session.access_key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
            "expiration": int(session.expires.timestamp() * 1000),
        }
    }
    return json_response(answer)


def logout(world: World, request: Request, base_url: str) -> Response:
    """Answer Logout: the access token dies, and the refresh token with it."""
    sso, login = _signed_in(world, request)
    del sso.logins[login.access_token]
    return Response(content_type="application/json")


def refuse(error: AwsError) -> Response:
    """Render a refusal."""
    headers = (("x-amzn-ErrorType", error.code), ("x-amzn-RequestId", ids.request_id()))
    return json_response({"message": error.message}, status=error.status, headers=headers)


def _signed_in(world: World, request: Request) -> tuple[SsoState, Login]:
    token = request.header(TOKEN_HEADER) or ""
    login = world.sso.logins.get(token) if world.sso else None
    if world.sso is None or login is None or world.now() >= login.expires:
        raise AwsError("UnauthorizedException", "Session token not found or invalid", status=401)
    if login.scopes and ACCOUNT_SCOPE not in login.scopes:
        raise AwsError("UnauthorizedException", "Session token not found or invalid", status=401)
    return world.sso, login


def _account(sso: SsoState, request: Request) -> AssignedAccount:
    number = request.query_fields().get("account_id", "")
    if not re.fullmatch(r"\d{12}", number):
        raise AwsError("InvalidRequestException", "Account ID must be 12 digits")
    if (account := sso.accounts.get(number)) is None:
        raise AwsError("ForbiddenException", "No access", status=403)
    return account


def _page(name: str, items: Sequence[object], request: Request, sso: SsoState) -> Response:
    """Cut a list into pages; the token of the next one is its first index."""
    fields = request.query_fields()
    start, size = fields.get("next_token", "0"), fields.get("max_result", str(sso.page_size))
    if not start.isdecimal() or not size.isdecimal() or not 1 <= int(size) <= 1000:
        raise AwsError("InvalidRequestException", "bad paging parameters")
    end = int(start) + min(int(size), sso.page_size)
    answer: dict[str, object] = {name: list(items[int(start) : end])}
    if end < len(items):
        answer["nextToken"] = str(end)
    return json_response(answer)
