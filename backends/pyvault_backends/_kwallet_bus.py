"""One open wallet of KWallet, read over the session bus with a time limit on everything.

Imports D-Bus libraries, so it is imported only when a driver speaks.
Source: the D-Bus interface ``org.kde.KWallet`` of KDE Frameworks 5.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# jeepney has no types.

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from jeepney import DBusAddress, DBusErrorResponse, new_method_call
from jeepney.wrappers import unwrap_msg

from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    UserCancelledError,
)
from pyvault.secret import Secret
from pyvault_backends._desktop import CALL_LIMIT, PROMPT_LIMIT, bus_address, is_desktop, no_bus_reason
from pyvault_backends._session_bus import TimedConnection

if TYPE_CHECKING:
    from collections.abc import Generator

#: Plasma 6 answers to the name of its predecessor too.
KWALLET = DBusAddress("/modules/kwalletd5", bus_name="org.kde.kwalletd5", interface="org.kde.KWallet")
NO_WINDOW = 0  # that a prompt would belong to
NO_DAEMON_HINT = "run it in the desktop session where aws-vault kept its keys"


class OpenWallet:
    """A wallet that is open for one application.

    KWallet knows applications by the name they give; it asks its owner once for
    each new name.
    """

    def __init__(self, connection: TimedConnection, handle: int, app: str) -> None:
        self._connection = connection
        self._handle = handle
        self._app = app

    @classmethod
    def find(cls, wallet: str, *, app: str) -> Self:
        """Open a wallet that exists; KWallet may show a prompt for its password.

        Raises:
            BackendUnavailableError: no bus, no KWallet, or no such wallet.
            BackendLockedError: closed, and nobody before a screen.
            UserCancelledError: the prompt was dismissed.
        """
        address = bus_address()
        if address is None:
            reason, hint = no_bus_reason()
            raise BackendUnavailableError(reason, hint=hint or NO_DAEMON_HINT)
        with _mapped("open the wallet"):
            connection = TimedConnection(address, limit=CALL_LIMIT, prompt_limit=PROMPT_LIMIT)
            try:
                return cls(connection, _open(connection, wallet, app), app)
            except BaseException:
                connection.close()
                raise

    def entries(self, folder: str) -> list[str]:
        """List the names in a folder; none if there is no such folder."""
        with _mapped("list its entries"):
            return list(_call(self._connection, "entryList", "iss", self._handle, folder, self._app))

    def read(self, folder: str, entry: str) -> Secret[bytes]:
        """Return an entry's bytes, none if there is no such entry."""
        with _mapped("read an entry"):
            return Secret(bytes(_call(self._connection, "readEntry", "isss", self._handle, folder, entry, self._app)))

    def close(self) -> None:
        """Leave the bus; the wallet stays open for others."""
        self._connection.close()


def _open(connection: TimedConnection, wallet: str, app: str) -> int:
    # Opening a wallet that does not exist would offer to make it.
    if wallet not in _call(connection, "wallets"):
        raise BackendUnavailableError(f"KWallet has no wallet '{wallet}'")
    # Without a screen its prompt would be waited for in vain.
    if not _call(connection, "isOpen", "s", wallet) and not is_desktop():
        raise BackendLockedError(f"the wallet '{wallet}' is closed, and there is no desktop to ask at")
    handle = int(_call(connection, "open", "sxs", wallet, NO_WINDOW, app, limit=PROMPT_LIMIT))
    if handle < 0:
        raise UserCancelledError(f"KWallet did not open the wallet '{wallet}'")
    return handle


def _call(
    connection: TimedConnection, method: str, signature: str | None = None, *body: object, limit: float = CALL_LIMIT
) -> Any:
    message = new_method_call(KWALLET, method, signature, body)
    return unwrap_msg(connection.send_and_get_reply(message, timeout=limit))[0]


@contextmanager
def _mapped(doing: str) -> Generator[None]:
    try:
        yield
    except TimeoutError:  # an OSError too, so before it
        raise BackendTimeoutError(f"KWallet gave no answer to '{doing}' in time") from None
    except DBusErrorResponse as exc:  # its text may quote anything and is left out
        if exc.name.rpartition(".")[2] in {"ServiceUnknown", "NameHasNoOwner", "Disconnected"}:
            raise BackendUnavailableError("no KWallet answers on the session bus", hint=NO_DAEMON_HINT) from None
        raise BackendError(f"KWallet failed to {doing}: {exc.name}") from None
    except (OSError, ValueError) as exc:  # a stale socket; an odd address
        raise BackendUnavailableError(
            f"the session bus can't be reached: {type(exc).__name__}", hint=NO_DAEMON_HINT
        ) from None
