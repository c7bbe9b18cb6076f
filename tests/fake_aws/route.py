"""From a request to the operation that it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from . import browser_pages, console_login, oidc, oidc_errors, portal, s3, signin, surroundings
from .errors import AwsError
from .iam import IAM
from .json_shape import is_list
from .message import Request, Response
from .query import QueryApi
from .sts import STS
from .world import World

RestOperation = Callable[[World, Request, str], Response]
Refuse = Callable[[AwsError], Response]

QUERY_APIS = (STS, IAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An operation about to be carried out."""

    service: str
    op: str
    params: Mapping[str, str]
    run: Callable[[World], Response]  # raises AwsError
    refuse: Refuse
    throttle: AwsError  # how this service says "slow down"

    @property
    def name(self) -> str:
        """Give ``service.Operation``."""
        return f"{self.service}.{self.op}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestService:
    """A service whose operations are told by method and path."""

    name: str
    operations: Mapping[tuple[str, str], tuple[str, RestOperation]]  # by method and shell pattern of the path
    refuse: Refuse
    throttle: AwsError


REST_SERVICES = (
    RestService(
        name="sso-oidc",
        operations={
            ("POST", "/client/register"): ("RegisterClient", oidc.register_client),
            ("POST", "/device_authorization"): ("StartDeviceAuthorization", oidc.start_device_authorization),
            ("POST", "/token"): ("CreateToken", oidc.create_token),
        },
        refuse=oidc_errors.refuse,
        throttle=AwsError("TooManyRequestsException", "Rate exceeded", status=429),
    ),
    RestService(
        name="sso-pages",
        operations={
            ("GET", "/authorize"): ("Authorize", browser_pages.authorize),
            ("GET", "/authorize/allow"): ("AllowAuthorization", browser_pages.answer_authorization),
            ("GET", "/authorize/deny"): ("DenyAuthorization", browser_pages.answer_authorization),
            ("GET", "/device"): ("Device", browser_pages.device),
            ("GET", "/device/allow"): ("AllowDevice", browser_pages.answer_device),
            ("GET", "/device/deny"): ("DenyDevice", browser_pages.answer_device),
        },
        refuse=browser_pages.refuse,
        throttle=AwsError("TooManyRequests", "Rate exceeded", status=429),
    ),
    RestService(
        name="sso",
        operations={
            ("GET", "/assignment/accounts"): ("ListAccounts", portal.list_accounts),
            ("GET", "/assignment/roles"): ("ListAccountRoles", portal.list_account_roles),
            ("GET", "/federation/credentials"): ("GetRoleCredentials", portal.get_role_credentials),
            ("POST", "/logout"): ("Logout", portal.logout),
        },
        refuse=portal.refuse,
        throttle=AwsError("TooManyRequestsException", "Rate exceeded", status=429),
    ),
    RestService(
        name="signin",
        operations={
            ("GET", "/federation"): ("Federation", signin.federation),
            ("POST", "/federation"): ("Federation", signin.federation),
            ("GET", "/oauth"): ("Logout", signin.logout),
            ("GET", "/console/home"): ("Console", signin.console),
        },
        refuse=signin.refuse,
        throttle=AwsError("TooManyRequests", "Rate exceeded", status=429),
    ),
    RestService(
        name="console-login",
        operations={
            ("POST", "/v1/token"): ("CreateOAuth2Token", console_login.create_token),
            ("POST", "/v1/revoke"): ("RevokeOAuth2TokenWithIAM", console_login.revoke),
        },
        refuse=console_login.refuse,
        throttle=AwsError("TooManyRequestsError", "Rate exceeded", status=429),
    ),
    RestService(
        name="console-login-pages",
        operations={
            ("GET", "/v1/authorize"): ("ConsoleAuthorize", console_login.authorize),
            ("GET", "/v1/authorize/allow"): ("AllowConsoleLogin", console_login.answer),
            ("GET", "/v1/authorize/deny"): ("DenyConsoleLogin", console_login.answer),
            ("GET", console_login.CONFIRMATION): ("Confirmation", console_login.confirmation),
        },
        refuse=console_login.refuse_page,
        throttle=AwsError("TooManyRequests", "Rate exceeded", status=429),
    ),
    RestService(
        name="machine",
        operations={
            ("PUT", "/latest/api/token"): ("MetadataToken", surroundings.new_metadata_token),
            ("GET", f"{surroundings.CREDENTIALS_PATH}*"): ("InstanceCredentials", surroundings.instance_credentials),
            ("GET", "/container-credentials"): ("ContainerCredentials", surroundings.container_credentials),
        },
        refuse=surroundings.refuse,
        throttle=AwsError("TooManyRequests", "Rate exceeded", status=429),
    ),
)


def find_route(request: Request, base_url: str) -> Route:
    """Say what a request means; whatever nobody else claims is S3's."""
    for service in REST_SERVICES:
        for (method, path), (op, operation) in service.operations.items():
            if method == request.method and fnmatchcase(request.path, path):
                return _rest_route(service, op, operation, request, base_url)
    form = request.form_fields() if request.path == "/" else {}
    if "Action" in form:
        return _query_route(request, form)
    listing = (request.method, request.path) == ("GET", "/")
    bucket_operation = s3.list_buckets if listing else s3.anything_else
    return Route(
        service="s3",
        op="ListBuckets" if listing else f"{request.method} {request.path}",
        params=request.query_fields(),
        run=lambda world: bucket_operation(world, request),
        refuse=s3.refuse,
        throttle=AwsError("SlowDown", "Please reduce your request rate.", status=503),
    )


def _query_route(request: Request, form: Mapping[str, str]) -> Route:
    api = next((api for api in QUERY_APIS if api.knows(form["Action"])), _by_version(form))
    return Route(
        service=api.service,
        op=form["Action"],
        params={name: value for name, value in form.items() if name not in {"Action", "Version"}},
        run=lambda world: api.carry_out(world, request, form),
        refuse=api.refuse,
        throttle=AwsError("Throttling", "Rate exceeded", status=400),
    )


def _by_version(form: Mapping[str, str]) -> QueryApi:
    return next((api for api in QUERY_APIS if api.version == form.get("Version")), STS)


def _rest_route(service: RestService, op: str, operation: RestOperation, request: Request, base_url: str) -> Route:
    params = request.form_fields() if service.name == "signin" else request.query_fields()
    if service.name in {"sso-oidc", "console-login"}:
        params = _json_params(request)
    return Route(
        service=service.name,
        op=params.get("Action", op) if op == "Federation" else op,
        params=params,
        run=lambda world: operation(world, request, base_url),
        refuse=service.refuse,
        throttle=service.throttle,
    )


def _json_params(request: Request) -> dict[str, str]:
    try:
        body = oidc.read_json(request)
    except AwsError:
        return {}
    return {name: " ".join(map(str, value)) if is_list(value) else str(value) for name, value in body.items()}
