"""The person in front of this terminal, as a console sign-in sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError
from pyvault.sso.oidc import Flow
from pyvault_cli.terminal import output, prompt
from pyvault_cli.terminal.sign_in_page import SignInPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyvault.secret import Secret


class TerminalConsolePrompt:
    """Shows on stderr what to do, opens the browser, and takes what is pasted.

    Args:
        runtime: a directory of ours that ends with the login; None where there is none.
        remote: the browser is on another machine; False finds out by where this is.
        open_browser: False shows the address only.
        browser: the program to open it with; None for the desktop's choice.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        runtime: Path | None = None,
        remote: bool = False,
        open_browser: bool = True,
        browser: str | None = None,
    ) -> None:
        self._flow = Flow.DEVICE if remote else Flow.BROWSER if browser else None
        self._page = SignInPage(environ, runtime=runtime, open_browser=open_browser, browser=browser)

    def is_remote(self) -> bool:
        """Return whether the browser is on another machine; see :func:`pyvault.sso.flow.choose_flow`."""
        return self._page.choose_flow(self._flow) is Flow.DEVICE

    def open_page(self, url: str) -> None:
        """Open the authorization page by way of a page of ours; its address is shown in any case."""
        self._page.show(url, where="AWS")

    def pasted(self, url: str) -> Secret[str]:
        """Show the address for any browser, and ask for the text; it is not seen.

        Raises:
            InputRequiredError: there is no terminal.
        """
        try:
            terminal = prompt.open_terminal()
        except InputRequiredError:
            raise InputRequiredError(
                "the text of the sign-in page has to be pasted, and there is no terminal to ask at"
            ) from None
        output.note("to sign in to AWS, open this page in a browser on any machine:")
        output.note(url)
        return terminal.hidden("paste the text that the page ends with")

    def fall_back(self, reason: str) -> None:
        """Tell the person why a text has to be pasted."""
        output.note(f"can't listen on 127.0.0.1 ({reason}); going on as with --remote")

    def tell(self, reason: str) -> None:
        """Tell the person why they have to sign in again."""
        output.note(reason)

    def done(self) -> None:
        """Take the page away that led to AWS's."""
        self._page.remove()
