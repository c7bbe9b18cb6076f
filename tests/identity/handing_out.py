"""What ``exec`` and ``export`` do for a world, in this process: the same functions, one after the other."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from fakes.tools import Tools
from identity.principals import KEY_ID, key_of, of_role, of_sso, of_stored, sso_token, who
from identity.stand_in import CONTAINER, INSTANCE, Calls, Codes, Server
from identity.worlds import World
from pyvault import clock
from pyvault.config.config_file import ConfigFile, find_config_path, find_credentials_path
from pyvault.config.load import inspect_profile
from pyvault.config.profile import Flags
from pyvault.config.sources import CredentialSource
from pyvault.errors import InputRequiredError, ItemNotFoundError
from pyvault.loginsession.login_tokens import LoginToken
from pyvault.model import Credentials, StoredCredentials
from pyvault.names import Kind
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import (
    AssumeRoleStep,
    LoginSessionStep,
    PlaintextStep,
    Plan,
    ProcessStep,
    SessionTokenStep,
    SourceStep,
    SsoStep,
    Step,
    StoredStep,
    WebIdentityStep,
)
from pyvault.retrieval.walk import Retriever
from pyvault.secret import Secret
from pyvault.sharedfiles.hidden_default import hide_default
from pyvault.sharedfiles.view_directory import RealFiles, View, open_view_directory
from pyvault.sso.tokens import AccessToken
from pyvault_cli.credentials import shared_config
from pyvault_cli.credentials.child_environment import child_environment, removed_names
from pyvault_cli.credentials.formats import Exported, Format, render
from pyvault_cli.credentials.profile_clients import client_settings, new_settings
from pyvault_cli.servers.listening_server import OTHER_METADATA

#: Of the test that runs: clients read them after they are made.
VIEWS: Final[list[View]] = []


class Vault:
    """Keys that name their profile."""

    def get(self, profile: str) -> StoredCredentials:
        return StoredCredentials(access_key_id=self.access_key_id(profile), secret_access_key=Secret("s"))

    def access_key_id(self, profile: str) -> str:
        return key_of(of_stored(profile), long_lived=True)


@dataclass
class Sessions:
    """What one retrieval keeps for the next."""

    kept: dict[str, Credentials] = field(default_factory=dict[str, Credentials])
    blobs: dict[tuple[Kind, str], Secret[bytes]] = field(default_factory=dict[tuple[Kind, str], Secret[bytes]])

    def get(self, key: str, *, min_ttl: object) -> Credentials:
        try:
            return self.kept[key]
        except KeyError:
            raise ItemNotFoundError(key) from None

    def put(self, key: str, credentials: Credentials, *, profile: str, op: str, root: str | None = None) -> None:
        self.kept[key] = credentials

    def get_blob(self, kind: Kind, name: str) -> Secret[bytes]:
        try:
            return self.blobs[kind, name]
        except KeyError:
            raise ItemNotFoundError(name) from None

    def put_blob(self, kind: Kind, name: str, data: Secret[bytes], *, expires: object = None) -> None:
        self.blobs[kind, name] = data

    def delete_blob(self, kind: Kind, name: str) -> None:
        self.get_blob(kind, name)
        del self.blobs[kind, name]


class Alone:
    """Nobody else fetches, nor waits for a command."""

    def lock_of_waiter(self, key: str, name: str) -> Path:
        return Path(gettempdir(), f"pyvault-alone-{name}.lock")  # gone when the command has ended

    def waiters(self, key: str) -> dict[str, Path]:
        return {}

    def share(self, key: str, *, look_up: object, fetch: object, refresh: bool = False) -> Credentials:
        with suppress(ItemNotFoundError):
            return look_up()  # type: ignore[operator,no-any-return]
        return fetch()  # type: ignore[operator,no-any-return]


def plan_in(world: World, environ: Mapping[str, str]) -> Plan:
    """Plan as ``exec`` does.

    Raises:
        PyvaultError: it would refuse.
    """
    config = ConfigFile.load(find_config_path(environ))
    credentials_file = ConfigFile.load(find_credentials_path(environ))
    profile = inspect_profile(config, credentials_file, world.profile, environ, Flags(), stored=world.stored)
    options = PlanOptions(no_session=world.no_session, allow_plaintext_source=world.plaintext)
    return make_plan(profile, stored=world.stored, options=options)


def console_login(step: LoginSessionStep, *, window: timedelta, refresh: bool = False) -> LoginToken:
    """Return credentials of whoever the profile names."""
    raise InputRequiredError(f"nobody is signed in as {step.session}")


def retrieved(plan: Plan, environ: Mapping[str, str], sessions: Sessions | None = None) -> Credentials:
    """Carry a plan out; only AWS is a stand-in."""
    tools = Tools(
        store=Vault(),
        calls=Calls(),  # type: ignore[arg-type]
        sessions=sessions or Sessions(),
        flight=Alone(),  # type: ignore[arg-type]
        mfa=Codes(),  # type: ignore[arg-type]
        sso=lambda step, rejected=None: AccessToken(
            access_token=Secret(sso_token(step.start_url)), expires=clock.now() + timedelta(hours=1)
        ),
        environ=environ,
        clock=clock.now,
        console=console_login,
    )
    return Retriever(tools).retrieve(plan)


def principal_of(plan: Plan, environ: Mapping[str, str]) -> str:
    """Read off a plan whose credentials it leads to, without carrying it out."""
    principal = ""
    for step in plan.steps:
        match step:
            case SessionTokenStep():
                pass
            case AssumeRoleStep():
                principal = of_role(step.role_arn, principal)
            case WebIdentityStep():
                principal = of_role(step.role_arn, f"the token {Path(step.token_file or '').read_text().strip()}")
            case _:
                principal = _of_source(step, environ)
    return principal


def _of_source(step: Step, environ: Mapping[str, str]) -> str:
    match step:
        case StoredStep():
            return of_stored(step.profile)
        case PlaintextStep():
            return who(step.credentials.access_key_id)
        case ProcessStep():
            return who(KEY_ID.findall(step.command)[0])
        case SourceStep(source=CredentialSource.ENVIRONMENT):
            return who(environ["AWS_ACCESS_KEY_ID"])
        case SourceStep():
            return CONTAINER if step.source is CredentialSource.ECS_CONTAINER else INSTANCE
        case SsoStep():
            return of_sso(step.start_url, step.account_id, step.role_name)
        case _:
            raise AssertionError(step)


def given_the_keys(plan: Plan, environ: Mapping[str, str], credentials: Credentials, *_: object) -> dict[str, str]:
    """Return the environment of ``exec`` as it is used most."""
    settings = client_settings(plan)
    return child_environment(
        environ, profile=plan.profile, region=plan.region, settings=settings, credentials=credentials
    )


def beside_a_server(
    plan: Plan, environ: Mapping[str, str], credentials: Credentials, server: Server, name: str
) -> dict[str, str]:
    """Return the environment of ``exec --ecs-server``."""
    shared_config.refuse_obstacles(environ)
    return _with_a_server(plan, environ, _of_ecs(credentials, server, name))


def beside_a_server_behind_a_view(
    plan: Plan, environ: Mapping[str, str], credentials: Credentials, server: Server, name: str
) -> dict[str, str]:
    """Return the environment of ``exec --ecs-server --hide-shared-config``; the view goes with the test."""
    view = view_in(environ)
    VIEWS.append(view)
    return _with_a_server(plan, environ, _of_ecs(credentials, server, name) | view.variables())


def beside_a_metadata_server(
    plan: Plan, environ: Mapping[str, str], credentials: Credentials, server: Server, name: str
) -> dict[str, str]:
    """Return the environment of ``exec --ec2-server``, with the address of AWS's metadata service on loopback."""
    shared_config.refuse_obstacles(environ)
    address = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.serve(name, credentials)}
    return _with_a_server(plan, environ, {}, removed=OTHER_METADATA) | address


def _of_ecs(credentials: Credentials, server: Server, name: str) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.serve(name, credentials),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t",
    }


def _with_a_server(
    plan: Plan, environ: Mapping[str, str], variables: Mapping[str, str], *, removed: Sequence[str] = ()
) -> dict[str, str]:
    return child_environment(
        environ,
        profile=plan.profile,
        region=plan.region,
        settings=client_settings(plan),
        added={**variables, "BOTO_CONFIG": os.devnull},
        removed=removed,
    )


def view_in(environ: Mapping[str, str]) -> View:
    """Make the view of ``--hide-shared-config``."""
    hidden = hide_default(*shared_config.seen_files(environ))
    real = RealFiles(config=find_config_path(environ), credentials=find_credentials_path(environ))
    return View.make(open_view_directory(Path(environ["HOME"], "room")), hidden, real)


def with_the_profile(plan: Plan, environ: Mapping[str, str], *_: object) -> dict[str, str]:
    """Return the environment of ``exec --profile-env``."""
    shared_config.refuse_rivals(plan, environ, hide=False)
    settings = client_settings(plan, reads_default=False)
    added = shared_config.profile_variables(plan, environ)
    return child_environment(environ, profile=plan.profile, region=plan.region, settings=settings, added=added)


def evaluated(plan: Plan, environ: Mapping[str, str], credentials: Credentials, *_: object) -> dict[str, str]:
    """Return the environment of a shell that has evaluated ``export --format export-env``."""
    exported = Exported(
        profile=plan.profile,
        credentials=credentials,
        region=plan.region,
        settings=new_settings(plan, environ),
        stray=removed_names(environ),
    )
    text = render(Format.EXPORT_ENV, exported)
    ended = subprocess.run(
        ["/bin/sh", "-c", 'eval "$1"; exec env -0', "sh", text], env=dict(environ), capture_output=True, check=True
    )
    pairs = (pair.partition("=") for pair in ended.stdout.decode().split("\0") if pair)
    return {name: value for name, _, value in pairs if name not in {"PWD", "SHLVL", "_"}}


#: How a child may be given credentials; each returns its environment, or refuses. The last two
#: arguments are a server for them and the name that they are to have there.
WAYS: Final[Mapping[str, Callable[[Plan, dict[str, str], Credentials, Server, str], dict[str, str]]]] = {
    "exec": given_the_keys,
    "evaluated export": evaluated,
    "ECS server": beside_a_server,
    "EC2 server": beside_a_metadata_server,
    "ECS server and view": beside_a_server_behind_a_view,
    "--profile-env": with_the_profile,
}
