"""``pyvault sso login``: sign in to IAM Identity Center."""

from __future__ import annotations

import typer

from pyvault.clock import to_rfc3339
from pyvault.errors import InputRequiredError, UsageError
from pyvault.sso.oidc import Flow
from pyvault_cli import console, sso_access
from pyvault_cli.context import context_of


def sso_login(
    ctx: typer.Context,
    session: sso_access.SessionArgument = None,
    device: sso_access.DeviceOption = False,
    no_browser: sso_access.NoBrowserOption = False,
    browser: sso_access.BrowserOption = None,
) -> None:
    """Sign in to SESSION, or to the one of a profile, even if somebody is signed in already."""
    context = context_of(ctx)
    if device + no_browser + (browser is not None) > 1:
        raise UsageError("only one of --device, --no-browser and --browser can be meant")
    portal = sso_access.portal_named(session, context)
    if context.words.has("--no-input"):
        raise InputRequiredError(f"signing in to '{portal.label}' needs a person, and --no-input forbids to ask")
    flow = Flow.DEVICE if device else Flow.BROWSER if browser else None
    sign_in = sso_access.sign_in(context, flow=flow, open_browser=not no_browser, browser=browser, on_purpose=True)
    token = context.sso_login(sign_in).sign_in_anew(portal)
    renewed = ", and renews itself" if token.refresh_token else ""
    console.note(f"signed in to '{portal.label}'; the access token lasts until {to_rfc3339(token.expires)}{renewed}")
