"""AWS's page in the person's browser, opened by way of a page of ours."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError
from pyvault.secret import Secret
from pyvault.sso.flow import choose_flow
from pyvault_cli.terminal import output
from pyvault_cli.terminal.redirect_page import RedirectPage, can_be_read_by

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.sso.oidc import Flow


class SignInPage:
    """Opens a page in the browser that was asked for.

    Args:
        runtime: a directory of ours that ends with the login; None where there is none.
        open_browser: False opens nothing.
        browser: the program to open it with; None for the desktop's choice.
    """

    def __init__(
        self, environ: Mapping[str, str], *, runtime: Path | None, open_browser: bool, browser: str | None
    ) -> None:
        self._environ = environ
        self._open_browser = open_browser
        self._browser = browser
        self._page = RedirectPage(runtime)

    def choose_flow(self, asked: Flow | None) -> Flow:
        """Return which kind of sign-in works here; see :func:`pyvault.sso.flow.choose_flow`.

        Args:
            asked: the kind that was asked for; None chooses by where this is.
        """
        choice = choose_flow(
            asked=asked,
            print_only=not self._open_browser,
            environ=self._environ,
            platform=sys.platform,
            exists=os.path.exists,
        )
        return choice.flow

    def show(self, url: str, *, where: str) -> None:
        """Open the authorization page by way of a page of ours; its address is shown in any case.

        Args:
            url: of AWS's page.
            where: what the person signs in to.
        """
        if self.opened(Secret(url), plain=None):
            output.note(f"signing in to {where} in a browser; Ctrl-C cancels. If none opened:")
        else:
            output.note(f"to sign in to {where}, open this page in a browser on this machine:")
        output.note(url)

    def opened(self, link: Secret[str], *, plain: Secret[str] | None) -> bool:
        """Open a link by a page of ours, or where the browser could not read it, the plain one instead.

        Args:
            link: whoever has it can end the sign-in, so it stands in no argument.
            plain: an address that says nothing; None where nothing else can be opened.
        """
        from pyvault_cli.terminal.browser import browser_command, open_page

        if not self._open_browser:
            return False
        try:
            command = browser_command(command=self._browser, environ=self._environ)
            if can_be_read_by(command, self._environ):
                shown: Secret[str] | None = Secret(self._page.leave(link))
            else:
                shown = plain
            if shown is None:
                return False
            open_page(shown, command=self._browser, environ=self._environ)
        except PyvaultError as problem:
            output.warn(problem.message)
            return False
        except OSError as exc:
            output.warn(f"the page for the browser can't be written: {exc.strerror}")
            return False
        return True

    def remove(self) -> None:
        """Take the page away that led to AWS's."""
        self._page.remove()
