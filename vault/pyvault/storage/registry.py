"""Which backends there are, and how one is opened: the built-in ones and those of others alike."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from pyvault.backend import API_VERSION, Availability, Backend, Warns
from pyvault.errors import BackendError, BackendUnavailableError, ConfigError
from pyvault.storage.backend_info import BackendInfo
from pyvault.storage.built_in import AWS_VAULT_STORES, BUILT_IN, DISTRIBUTION
from pyvault.storage.fence import contract_errors
from pyvault.trace import warn as log_warning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvault.backend import Ask, Examined, Options, Probed
    from pyvault.storage.backend_info import Provider

#: What every driver has, and a class that lacks one is none.
METHODS = ("open", "get", "put", "delete", "names", "close")


def list_backends(options: Mapping[str, Options] | None = None) -> list[BackendInfo]:
    """List every backend by metadata; built-in ones say whether they work here.

    Args:
        options: the options of built-in backends by name, for their look around.
    """
    from pyvault.storage.plugins import distribution_of, list_plugins, refusal_of
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
    for name, entries in sorted(list_plugins().items()):
        refusal = refusal_of(name, entries)
        listed += [
            BackendInfo(
                name=name,
                distribution=distribution_of(entry),
                version=entry.dist.version if entry.dist else None,
                available=False if refusal else None,
                reason=refusal,
                hint="uninstall what you don't need" if refusal else None,
                refused=refusal is not None,
            )
            for entry in sorted(entries, key=lambda entry: distribution_of(entry) or "")
        ]
    return listed


def find_backend(name: str) -> BackendInfo:
    """Return who provides a backend, without loading it.

    Raises:
        BackendUnavailableError: nobody does.
        BackendError: more than one distribution does.
    """
    from pyvault.storage.plugins import distribution_of, find_plugin
    from pyvault.version import __version__

    if name in BUILT_IN:
        return BackendInfo(name=name, distribution=DISTRIBUTION, version=__version__)

    entry = find_plugin(name)
    return BackendInfo(
        name=name, distribution=distribution_of(entry), version=entry.dist.version if entry.dist else None
    )


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
        seen = cast("type[Probed]", backend).probe(options)  # an optional protocol of the class, not of instances
    return _answer(seen)


def examine_class(backend: type[Backend], options: Options) -> Availability:
    """Ask a loaded backend to look deeper, where it can; only in a child that may be killed."""
    if not hasattr(backend, "examine"):
        return probe_class(backend, options)
    with contract_errors("look deeper"):
        seen = cast("type[Examined]", backend).examine(options)  # an optional protocol of the class
    return _answer(seen)


def _answer(seen: Availability) -> Availability:
    from pyvault.storage.fence import checked_availability

    return checked_availability(seen, "it")


def open_backend(
    name: str,
    options: Options,
    ask: Ask,
    *,
    admit: Callable[[BackendInfo], Provider | None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Backend:
    """Load and open a backend; may ask the human.

    Args:
        name: of a built-in one, or of a third party's that a person named.
        options: as the backend knows them; it checks them itself.
        ask: how it asks the human.
        admit: is told who provides a third party's backend before any of its
            code is imported, and raises to refuse; see ``ChoiceFile.admit``.
        warn: is told what the backend has to say that is no error, and of
            another version than before; that goes to the log where it is None.

    Raises:
        AccessDeniedError: *admit* refused the distribution.
        BackendUnavailableError: there is none of this name, or it can't work here.
        BackendError: more than one distribution offers it, or it failed.
        ConfigError: an option it does not know.
    """
    if admit and name not in BUILT_IN:
        info = find_backend(name)
        before = admit(info)
        if before and (change := _version_change(info, before)):
            warn(change) if warn else log_warning(__name__, change)
    backend = load_backend(name)
    with contract_errors(f"open '{name}'" if name in BUILT_IN else "open", who=_who(name)):
        opened: Backend = backend.open(options, ask)
    if name not in BUILT_IN:
        from pyvault.storage.fence import fence

        opened = fence(opened, _who(name))
    if warn and isinstance(opened, Warns):
        with contract_errors("take a listener", who=_who(name)):
            opened.on_warning(warn)
    return opened


def _who(name: str) -> str:
    """Return whose backend it is, for errors."""
    if name in BUILT_IN:
        return "the backend"
    info = find_backend(name)
    return f"the backend {name!r} of {info.distribution!r} {info.version}"


def _version_change(info: BackendInfo, before: Provider) -> str | None:
    if info.distribution != before.distribution or info.version == before.version:
        return None
    return f"the backend {info.name!r} is '{info.distribution}' {info.version} now; it was {before.version}"


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
        BackendUnavailableError: there is none, its import failed, or it is no backend of this version.
        BackendError: more than one distribution offers it.
    """
    if name in BUILT_IN:
        return _checked(name, _built_in(name))
    from pyvault.storage.plugins import find_plugin, load_plugin

    return _checked(name, load_plugin(find_plugin(name)))


def load_class(target: str) -> type[Backend]:
    """Import a class by ``module:Class``: for authors whose backend is not installed yet.

    Raises:
        BackendUnavailableError: its import failed, or it is no backend of this version.
    """
    try:
        loaded = _import(target)
    except KeyboardInterrupt:
        raise
    except BaseException as exc:  # noqa: BLE001 - an import may raise anything
        from pyvault.storage.plugins import load_error

        raise load_error(target, exc) from None
    return _checked(target, loaded)


def _checked(name: str, loaded: object) -> type[Backend]:
    version = getattr(loaded, "API_VERSION", None)
    if not isinstance(loaded, type) or version != API_VERSION:
        raise BackendUnavailableError(
            f"the backend {name!r} implements version {version!r} of the interface, not {API_VERSION}"
        )
    if missing := [method for method in METHODS if not _has_own(loaded, method)]:
        raise BackendUnavailableError(
            f"the backend {name!r} has no {', '.join(missing)}",
            hint="report it to its author: pyvault.backend says what a backend has",
        )
    return cast("type[Backend]", loaded)  # it has the methods, and the version is its word that they do as they should


def _has_own(backend: type, method: str) -> bool:
    """Return whether a class can do this by itself; what it inherits from the protocol does nothing."""
    where = next((ancestor for ancestor in backend.__mro__ if method in vars(ancestor)), None)
    return where not in {None, Backend} and callable(getattr(backend, method))


def _built_in(name: str) -> object:
    try:
        return _import(BUILT_IN[name])
    except ModuleNotFoundError as exc:  # a frozen program brings what its maker's tool has seen
        raise BackendUnavailableError(
            f"the backend {name!r} can't be loaded: there is no module '{exc.name}'",
            hint="docs/python.md says what a frozen program has to bring"
            if getattr(sys, "frozen", False)
            else "reinstall pyvault-aws",
        ) from None


def _import(target: str) -> object:
    from importlib import import_module

    module, _, attribute = target.partition(":")
    loaded: object = getattr(import_module(module), attribute)
    return loaded
