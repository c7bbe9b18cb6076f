"""Which backends there are, and how one is loaded: the only importer of stevedore.

Built-in names come from a table here. That is why no other distribution can
take one, why a frozen build without entry points has them, and why the common
case costs no plug-in machinery. Everything else is an entry point of the group
``pyvault.backends``; its name is the backend's name, its value the class.

Listing reads metadata and imports nothing of others. Loading imports exactly
the one that was named, and only after the metadata said that one distribution,
and only one, provides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, cast

from pyvault.backend import API_VERSION, Availability, Warns
from pyvault.errors import BackendError, BackendUnavailableError, ConfigError, PyvaultError
from pyvault.storage.guard import contract_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint

    from pyvault.backend import Ask, Backend, Examined, Options, Probed

GROUP = "pyvault.backends"
DISTRIBUTION = "pyvault-aws"

#: What this distribution brings, in the order of the list for people.
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "file": "pyvault_backends.file:FileBackend",
        "keychain": "pyvault_backends.keychain:KeychainBackend",
        "wincred": "pyvault_backends.wincred:WincredBackend",
        "secret-service": "pyvault_backends.secret_service:SecretServiceBackend",
        "pass": "pyvault_backends.pass_store:PassBackend",
        "keyring": "pyvault_backends.keyring_backend:KeyringAdapter",
        "memory": "pyvault_backends.memory:MemoryBackend",
    }
)

#: aws-vault's stores by its names for them, as backends that can only be read.
AWS_VAULT_STORES: Mapping[str, str] = MappingProxyType(
    {
        "file": "pyvault_backends.aws_vault_file:AwsVaultFiles",
        "pass": "pyvault_backends.aws_vault_pass:AwsVaultPass",
        "secret-service": "pyvault_backends.aws_vault_secret_service:AwsVaultSecretService",
        "kwallet": "pyvault_backends.aws_vault_kwallet:AwsVaultKWallet",
        "keychain": "pyvault_backends.aws_vault_keychain:AwsVaultKeychain",
        "wincred": "pyvault_backends.aws_vault_wincred:AwsVaultWincred",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendInfo:
    """What the metadata says of a backend.

    Attributes:
        distribution: who provides it; None in a frozen build.
        available: None where saying so would mean running code of others.
        reason: why it is not available.
    """

    name: str
    distribution: str | None
    version: str | None
    available: bool | None = None
    reason: str | None = None
    hint: str | None = None


def list_backends(options: Mapping[str, Options] | None = None) -> list[BackendInfo]:
    """List every backend by metadata; built-in ones say whether they work here.

    Args:
        options: the options of built-in backends by name, for their look around.
    """
    from pyvault.version import __version__

    known = options or {}
    listed = [
        BackendInfo(
            name=name,
            distribution=DISTRIBUTION,
            version=__version__,
            available=seen.available,
            reason=seen.reason,
            hint=seen.hint,
        )
        for name in BUILT_IN
        for seen in [probe_built_in(name, known.get(name, {}))]
    ]
    for name, entries in sorted(_third_parties().items()):
        refusal = _refusal(name, entries)
        listed += [
            BackendInfo(
                name=name,
                distribution=_distribution(entry),
                version=entry.dist.version if entry.dist else None,
                available=False if refusal else None,
                reason=refusal,
                hint="uninstall what you don't need" if refusal else None,
            )
            for entry in sorted(entries, key=lambda entry: _distribution(entry) or "")
        ]
    return listed


def find_backend(name: str) -> BackendInfo:
    """Say who provides a backend, without loading it.

    Raises:
        BackendUnavailableError: nobody does.
        BackendError: more than one distribution does.
    """
    from pyvault.version import __version__

    if name in BUILT_IN:
        return BackendInfo(name=name, distribution=DISTRIBUTION, version=__version__)
    entry = _third_party(name)
    return BackendInfo(name=name, distribution=_distribution(entry), version=entry.dist.version if entry.dist else None)


def probe_built_in(name: str, options: Options) -> Availability:
    """Ask a built-in backend whether it works here, without a prompt or a foreign import."""
    try:
        return probe_class(load_backend(name), options)
    except (BackendError, ConfigError) as exc:
        return Availability(available=False, reason=exc.message, hint=exc.hint)


def probe_class(backend: type[Backend], options: Options) -> Availability:
    """Ask a loaded backend whether it works here; one that can't say is taken to."""
    if not hasattr(backend, "probe"):
        return Availability(available=True)
    with contract_errors("look around"):
        return cast("type[Probed]", backend).probe(options)  # an optional protocol of the class, not of instances


def examine_class(backend: type[Backend], options: Options) -> Availability:
    """Ask a loaded backend to look deeper, where it can; only in a child that may be killed."""
    if not hasattr(backend, "examine"):
        return probe_class(backend, options)
    with contract_errors("look deeper"):
        return cast("type[Examined]", backend).examine(options)  # an optional protocol of the class


def open_backend(
    name: str,
    options: Options,
    ask: Ask,
    *,
    admit: Callable[[BackendInfo], object] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Backend:
    """Load and open a backend; may ask the human.

    Args:
        name: of a built-in one, or of a third party's that a person named.
        options: as the backend knows them; it checks them itself.
        ask: how it asks the human.
        admit: is told who provides a third party's backend before any of its
            code is imported, and raises to refuse; see ``ChoiceFile.admit``.
        warn: is told what the backend has to say that is no error.

    Raises:
        AccessDeniedError: *admit* refused the distribution.
        BackendUnavailableError: there is none of this name, or it can't work here.
        BackendError: more than one distribution offers it, or it failed.
        ConfigError: an option it does not know.
    """
    if admit and name not in BUILT_IN:
        admit(find_backend(name))
    backend = load_backend(name)
    with contract_errors(f"open '{name}'"):
        opened = backend.open(options, ask)
        if warn and isinstance(opened, Warns):
            opened.on_warning(warn)
        return opened


def open_aws_vault_store(kind: str, options: Options, ask: Ask) -> Backend:
    """Open a store of aws-vault for reading; may ask the human.

    Raises:
        BackendUnavailableError: we can't read such a store, or it is not here.
    """
    if kind not in AWS_VAULT_STORES:
        known = ", ".join(AWS_VAULT_STORES)
        raise BackendUnavailableError(f"pyvault can't read aws-vault's {kind!r} store", hint=f"it reads {known}")
    backend = load_class(AWS_VAULT_STORES[kind])
    with contract_errors(f"open aws-vault's {kind!r} store"):
        return backend.open(options, ask)


def load_backend(name: str) -> type[Backend]:
    """Import the class of exactly one backend.

    Raises:
        BackendUnavailableError: there is none, or its import failed.
        BackendError: more than one distribution offers it.
    """
    loaded = _import(BUILT_IN[name]) if name in BUILT_IN else _load_third_party(name)
    return _checked(name, loaded)


def load_class(target: str) -> type[Backend]:
    """Import a class by ``module:Class``: for authors whose backend is not installed yet.

    Raises:
        BackendUnavailableError: its import failed, or it speaks another version.
    """
    try:
        loaded = _import(target)
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # noqa: BLE001 - an import may raise anything
        raise _load_error(target, exc) from None
    return _checked(target, loaded)


def _checked(name: str, loaded: object) -> type[Backend]:
    version = getattr(loaded, "API_VERSION", None)
    if not isinstance(loaded, type) or version != API_VERSION:
        raise BackendUnavailableError(
            f"the backend {name!r} speaks version {version!r} of our interface, and we speak {API_VERSION}"
        )
    return cast("type[Backend]", loaded)  # the version is its word that it keeps the protocol


def _import(target: str) -> object:
    from importlib import import_module

    module, _, attribute = target.partition(":")
    loaded: object = getattr(import_module(module), attribute)
    return loaded


def _load_third_party(name: str) -> object:
    import logging

    from stevedore.driver import DriverManager
    from stevedore.extension import ExtensionManager

    entry = _third_party(name)
    # stevedore's cache file is keyed by times in steps of 128 s, and believed: whoever
    # may write there could name another object. So it gets the one entry that the
    # metadata has, and looks nowhere.
    ExtensionManager.ENTRY_POINT_CACHE[GROUP] = [entry]
    # We say ourselves what went wrong; its log line would reach stderr without a handler.
    logging.getLogger("stevedore").setLevel(logging.CRITICAL)
    try:
        manager = DriverManager[object](GROUP, name, invoke_on_load=False, on_load_failure_callback=_load_failed)
    except (PyvaultError, KeyboardInterrupt):
        raise
    except BaseException as exc:  # noqa: BLE001 - SystemExit and AssertionError, which stevedore lets through
        raise _load_error(name, exc) from None
    finally:
        ExtensionManager.ENTRY_POINT_CACHE.pop(GROUP, None)
    return manager.extensions[0].plugin  # never manager.driver, which mistakes a falsy object for none


def refresh_cache() -> None:
    """Forget what stevedore remembers of installed entry points; for other programs, we don't ask it."""
    from contextlib import suppress
    from pathlib import Path

    from stevedore import _cache  # pyright: ignore[reportPrivateUsage]  # it has no public way to do this

    cache = _cache._c  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
    cache._internal.clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
    for path in Path(cache._dir).glob("[0-9a-f]" * 64):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the same
        with suppress(OSError):  # not ours to write: then metadata still decides
            path.unlink()


def _load_failed(_manager: object, entry: EntryPoint, exc: BaseException) -> NoReturn:
    raise _load_error(entry.name, exc) from None


def _load_error(name: str, exc: BaseException) -> BackendUnavailableError:
    # The text of an ImportError or SyntaxError names modules and lines, no secrets: nothing has been opened yet.
    return BackendUnavailableError(
        f"the backend {name!r} can't be loaded: {type(exc).__name__}: {exc}",
        hint="its installation or its author has to mend that",
    )


def _third_party(name: str) -> EntryPoint:
    entries = _third_parties().get(name, [])
    if not entries:
        raise BackendUnavailableError(f"there is no backend called {name!r}", hint="pyvault backends list shows them")
    if refusal := _refusal(name, entries):
        raise BackendError(refusal, hint="uninstall what you don't need")
    return entries[0]


def _third_parties() -> dict[str, list[EntryPoint]]:
    """Group the entry points by name; those that are just our own table are left out."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        if BUILT_IN.get(entry.name) != entry.value:
            found.setdefault(entry.name, []).append(entry)
    return found


def _refusal(name: str, entries: list[EntryPoint]) -> str | None:
    who = ", ".join(sorted({_distribution(entry) or "an unknown distribution" for entry in entries}))
    if name in BUILT_IN:
        return f"the name {name!r} is built in, and {who} can't take it"
    if len(entries) > 1:
        return f"more than one backend is called {name!r}: {who}"
    return None


def _distribution(entry: EntryPoint) -> str | None:
    return entry.dist.name if entry.dist else None
