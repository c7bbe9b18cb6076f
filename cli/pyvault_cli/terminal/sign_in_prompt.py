"""The person in front of this terminal, as a sign-in sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.secret import Secret
from pyvault_cli.terminal import output
from pyvault_cli.terminal.sign_in_page import SignInPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.sso.oidc import DeviceAuthorization, Flow
    from pyvault.sso.session import SsoSession


class TerminalSignInPrompt:
    """Shows on stderr what to do, and opens the browser.

    Args:
        runtime: a directory of ours that ends with the login; None where there is none.
        flow: how to sign in; None chooses by where this is.
        open_browser: False shows the address only.
        browser: the program to open it with; None for the desktop's choice.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        runtime: Path | None = None,
        flow: Flow | None = None,
        open_browser: bool = True,
        browser: str | None = None,
    ) -> None:
        self._environ = environ
        self._flow = flow
        self._browser = browser
        self._page = SignInPage(environ, runtime=runtime, open_browser=open_browser, browser=browser)

    def choose_flow(self) -> Flow:
        """Return which kind of sign-in works here; see :func:`pyvault.sso.flow.choose_flow`."""
        return self._page.choose_flow(self._flow)

    def open_page(self, session: SsoSession, url: str, *, known_client: bool) -> None:
        """Open the authorization page by way of a page of ours; its address is shown in any case."""
        self._page.show(url, where=f"'{session.label}'")
        if known_client:
            output.hint("if the page shows 'invalid_client', press Ctrl-C and run the command again to register again")

    def show_code(self, session: SsoSession, authorization: DeviceAuthorization) -> None:
        """Show the code and the page for it; a browser that was named is opened, any other will do as well."""
        output.note(f"to sign in to '{session.label}', open this page in a browser on any machine:")
        output.note(authorization.verification_uri_complete)
        output.note(f"and check that it shows the code {authorization.user_code}")
        if self._browser or self._environ.get("BROWSER"):
            whole = Secret(authorization.verification_uri_complete)
            self._page.opened(whole, plain=Secret(authorization.verification_uri))

    def fall_back(self, reason: str) -> None:
        """Tell the person why a code is used instead of a redirect to this machine."""
        output.note(f"can't listen on 127.0.0.1 ({reason}); using a code instead, as with --device")

    def done(self) -> None:
        """Take the page away that led to AWS's."""
        self._page.remove()
