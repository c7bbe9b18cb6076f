"""Short ways to a profile and a plan for tests of what stands on them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyvault.config.clients import ClientSettings
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import inspect_profile, load_profile
from pyvault.config.profile import Flags, Profile
from pyvault.planning.plan import PlanOptions, make_plan
from pyvault.planning.steps import AssumeRoleStep, Plan, Step

CONFIG_PATH = Path("/home/me/.aws/config")
CREDENTIALS_PATH = Path("/home/me/.aws/credentials")


def config_of(text: str) -> ConfigFile:
    """Read a config from its text."""
    return ConfigFile.parse(text.encode(), CONFIG_PATH)


def profile_of(
    text: str,
    name: str = "t",
    *,
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    credentials: str = "",
    stored: tuple[str, ...] = (),
) -> Profile:
    """Resolve a profile of a config text."""
    credentials_file = ConfigFile.parse(credentials.encode(), CREDENTIALS_PATH)
    return load_profile(config_of(text), credentials_file, name, environ or {}, flags or Flags(), stored=stored)


def inspected(text: str, name: str = "t", *, environ: Mapping[str, str] | None = None) -> Profile:
    """Resolve a profile and keep its problem."""
    return inspect_profile(config_of(text), None, name, environ or {}, Flags())


def plan_of(
    text: str,
    name: str = "t",
    *,
    stored: tuple[str, ...] = (),
    environ: Mapping[str, str] | None = None,
    flags: Flags | None = None,
    options: PlanOptions | None = None,
    credentials: str = "",
) -> Plan:
    """Plan for a profile of a config text."""
    profile = profile_of(text, name, environ=environ, flags=flags, credentials=credentials, stored=stored)
    return make_plan(profile, stored=stored, options=options or PlanOptions())


def brief(plan: Plan) -> list[str]:
    """Write each step as ``op profile duration [mfa] [chained] [capped]``."""
    return [_brief(step) for step in plan.steps]


def client_of(step: Step) -> ClientSettings:
    """Give the client settings of a step that makes a call."""
    client = getattr(step, "client", None)
    assert isinstance(client, ClientSettings)
    return client


def _brief(step: Step) -> str:
    words = [step.op.removeprefix("sts."), step.profile]
    if (duration := getattr(step, "duration", None)) is not None:
        words.append(str(int(duration.total_seconds())))
    if getattr(step, "mfa_serial", None):
        words.append("mfa")
    if isinstance(step, AssumeRoleStep):
        words += ["chained"] * step.chained_mfa + ["capped"] * step.capped
    return " ".join(words)
