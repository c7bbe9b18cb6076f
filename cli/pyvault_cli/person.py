"""The person in front of this terminal, as a sign-in sees them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError
from pyvault.secret import Secret
from pyvault.sso.flow import choose_flow
from pyvault_cli import console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.sso.oidc import DeviceAuthorization, Flow
    from pyvault.sso.session import SsoSession


class TerminalPerson:
    """Says on stderr what to do, and opens the browser.

    Args:
        flow: how to sign in; None chooses by where this is.
        open_browser: False shows the address only.
        browser: the program to open it with; None for the desktop's choice.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        flow: Flow | None = None,
        open_browser: bool = True,
        browser: str | None = None,
    ) -> None:
        self._environ = environ
        self._flow = flow
        self._open_browser = open_browser
        self._browser = browser

    def choose_flow(self) -> Flow:
        """Say which kind of sign-in works here; see :func:`pyvault.sso.flow.choose_flow`."""
        choice = choose_flow(
            asked=self._flow,
            print_only=not self._open_browser,
            environ=self._environ,
            platform=sys.platform,
            exists=os.path.exists,
        )
        return choice.flow

    def open_page(self, session: SsoSession, url: str) -> None:
        """Open the authorization page; its address is shown in any case."""
        if self._open_browser and self._opened(url):
            console.note(f"signing in to '{session.label}' in a browser; Ctrl-C gives up. If none opened:")
        else:
            console.note(f"to sign in to '{session.label}', open this page in a browser on this machine:")
        console.note(url)

    def show_code(self, session: SsoSession, authorization: DeviceAuthorization) -> None:
        """Show the code and the page for it; any machine's browser will do."""
        console.note(f"to sign in to '{session.label}', open this page in a browser on any machine:")
        console.note(authorization.verification_uri_complete)
        console.note(f"and check that it shows the code {authorization.user_code}")

    def _opened(self, url: str) -> bool:
        from pyvault_cli.browser import open_page

        try:
            open_page(Secret(url), command=self._browser, environ=self._environ)
        except PyvaultError as problem:
            console.warn(problem.message)
            return False
        return True
