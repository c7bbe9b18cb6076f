"""A backend of the ``keyring`` library, used directly and pinned.

Never ``keyring.get_keyring()``: it would read ``PYTHON_KEYRING_BACKEND`` and
``keyringrc.cfg``, import every installed backend, and may end in one that
keeps plain text or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

ACCOUNT = "pyvault"  # constant: some backends lose the case of a user name


def pinned(backend: type[KeyringBackend]) -> KeyringBackend:
    """Make an instance that ``KEYRING_PROPERTY_*`` has not changed.

    Those variables set any attribute, methods included; with the wrong collection
    or scheme every item would seem to be gone.
    """
    keyring = backend.__new__(backend)
    keyring.set_properties_from_env = lambda: None  # type: ignore[method-assign]  # called by __init__
    keyring.__init__()  # type: ignore[misc]  # now it is
    return keyring


class KeyringTexts:
    """Texts in a keyring, each as a service of its own, so that no backend renames one for another."""

    def __init__(self, keyring: KeyringBackend, prefix: str) -> None:
        self._keyring = keyring
        self._prefix = prefix

    def read(self, key: str) -> Secret[str] | None:
        """Return a text; None if there is none."""
        text = self._keyring.get_password(self._prefix + key, ACCOUNT)
        return None if text is None else Secret(text)

    def write(self, key: str, text: Secret[str]) -> None:
        """Store a text."""
        self._keyring.set_password(self._prefix + key, ACCOUNT, text.reveal())  # pyright: ignore[reportUnknownMemberType]  # wrapped by keyring

    def remove(self, key: str) -> None:
        """Remove a text."""
        self._keyring.delete_password(self._prefix + key, ACCOUNT)
