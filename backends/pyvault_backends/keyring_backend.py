"""Keep items in any backend of the ``keyring`` library that is named by its class.

For stores that have no driver of their own: KWallet, libsecret, those of third
parties. Never one that the library chose.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from pyvault.backend import Ask, Availability, Options
from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ConfigError,
    PyvaultError,
)
from pyvault.storage.backend_options import check_options
from pyvault.storage.how_to_add import how_to_add
from pyvault.surface import argument
from pyvault_backends._keyring import KeyringStore, lock_for, pinned

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from keyring.backend import KeyringBackend

NAME = "keyring"
KNOWN = frozenset({"class", "prefix"})

SHORT_NAMES: Mapping[str, str] = MappingProxyType(
    {"kwallet": "keyring.backends.kwallet.DBusKeyring", "libsecret": "keyring.backends.libsecret.Keyring"}
)

#: What modules of keyring need beside it: the module to find, and the distribution that brings it. Without it
#: they can be imported, and fail in the middle of the first call.
LIBRARIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"keyring.backends.kwallet": ("dbus", "dbus-python"), "keyring.backends.libsecret": ("gi", "PyGObject")}
)

#: Modules whose classes keep nothing, keep plain text, choose for themselves, or are ourselves.
REFUSED = (
    "keyring.backends.chainer",
    "keyring.backends.fail",
    "keyring.backends.null",
    "pyvault_backends.keyring_bridge",
)
PLAIN_TEXT = "Plaintext"


class KeyringAdapter(KeyringStore):
    """One backend of keyring.

    Options:
        class: ``module.Class``, or ``kwallet`` or ``libsecret``.
        prefix: of the service names, ``pyvault:`` by default.
    """

    def __init__(self, keyring: KeyringBackend, prefix: str, lock: Path, target: str) -> None:
        super().__init__(keyring, prefix, lock)
        self._target = target

    @classmethod
    def reads(cls, options: Options) -> tuple[str, ...] | None:
        """Return what the keyrings that come with the library read; others may read anything."""
        if not _target(options).startswith("keyring.backends."):
            return None
        return ("KEYRING_*", "PYTHON_KEYRING_BACKEND", "DBUS_*", "DISPLAY", "WAYLAND_DISPLAY")

    @classmethod
    def open(cls, options: Options, ask: Ask) -> Self:
        """Import and make the keyring; it may show a prompt of its own when it is used."""
        del ask
        probed = cls.probe(options)
        if not probed.available:
            raise BackendUnavailableError(probed.reason or "it does not work here", hint=probed.hint)
        target = _target(options)
        with cls.library_errors(f"open '{target}'"):
            keyring = pinned(_load(target))
        prefix = options.get("prefix", "pyvault:")
        return cls(keyring, prefix, lock_for(NAME, f"{target} {prefix}"), target)

    @classmethod
    def probe(cls, options: Options) -> Availability:
        """Return whether a class is named and the library installed; imports neither."""
        check_options(NAME, options, known=KNOWN)
        if find_spec("keyring") is None:
            return Availability(
                available=False, reason="the library 'keyring' is not installed", hint=how_to_add("keyring")
            )
        if "class" not in options:
            return Availability(
                available=False,
                reason="no backend of keyring is named",
                hint=f"{argument('options', {'class': 'MODULE.CLASS'})}, or {', '.join(SHORT_NAMES)}",
            )
        needed, distribution = LIBRARIES.get(_target(options).rpartition(".")[0], ("", ""))
        if needed and find_spec(needed) is None:
            return Availability(
                available=False,
                reason=f"the library '{distribution}' is not installed",
                hint=how_to_add(distribution or ""),
            )
        return Availability(available=True)

    def describe(self) -> dict[str, str]:
        """Name the class."""
        return {"class": self._target}

    @staticmethod
    @contextmanager
    def library_errors(doing: str) -> Generator[None]:
        """Map the library's errors, and whatever else a backend of it raises."""
        from keyring.errors import InitError, KeyringLocked, NoKeyringError

        try:
            yield
        except (PyvaultError, KeyboardInterrupt):
            raise
        except KeyringLocked:
            raise BackendLockedError("the keyring is locked, or its prompt was dismissed") from None
        except InitError as exc:
            if "NoReply" in str(exc) or "Did not receive a reply" in str(exc):
                raise BackendTimeoutError(f"the keyring gave no answer to '{doing}' in time") from None
            raise BackendUnavailableError("the keyring can't be opened") from None
        except NoKeyringError:
            raise BackendUnavailableError("the keyring does not work here") from None
        except Exception as exc:  # noqa: BLE001 - any library may be behind it, and its text may quote the secret
            raise BackendError(f"the keyring failed to {doing}: {type(exc).__name__}") from None


def _target(options: Options) -> str:
    target = SHORT_NAMES.get(options["class"].lower(), options["class"])
    module, dot, attribute = target.rpartition(".")
    if not dot or not all(part.isidentifier() for part in target.split(".")):
        raise ConfigError(f"the option 'class' of 'keyring' is {target!r}", hint="MODULE.CLASS")
    if module in REFUSED or PLAIN_TEXT in attribute:
        raise BackendUnavailableError(f"'{target}' does not keep secrets safe, or does not keep them itself")
    return target


def _load(target: str) -> type[KeyringBackend]:
    from importlib import import_module

    from keyring.backend import KeyringBackend

    module, _, attribute = target.rpartition(".")
    try:
        loaded = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as exc:
        raise BackendUnavailableError(f"'{target}' can't be loaded: {exc}") from None
    if not (isinstance(loaded, type) and issubclass(loaded, KeyringBackend)):
        raise ConfigError(f"'{target}' is not a backend of keyring")
    return loaded
