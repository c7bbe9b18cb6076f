"""Where credentials are kept: our settings, the backends, the vault file and what opens it."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

from pyvault.errors import PyvaultError, VaultNotFoundError, WriteFailedError
from pyvault.vaultfile.disk.local_place import LocalPlace
from pyvault_cli.doctor.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pyvault.vaultfile.place import Place
    from pyvault.vaultfile.state.vault_state import VaultState
    from pyvault_cli.context import Context

TRIAL_SIZE = 4096  # bytes: a few may fit into what the file system has set aside anyway


def config(context: Context) -> Iterator[Finding]:
    """Our own config file."""
    path = context.paths.config_file
    _ = context.tool_config  # raises what is wrong with it
    yield Finding(check="config", ok=True, message=f"'{path}' {'is good' if path.exists() else 'is not there'}")


def state(context: Context) -> Iterator[Finding]:
    """The directory of what pyvault remembers: which store was chosen, who provides a plug-in, how vaults looked."""
    from pyvault.files.atomic import PendingFile
    from pyvault.files.file_checks import check_state_directory, make_private_directory

    directory = context.paths.state
    check_state_directory(directory, context.file_checks)
    try:
        make_private_directory(directory, context.file_checks)
        with PendingFile(directory / "doctor") as trial:  # never committed, so nothing of it stays
            trial.write(bytes(TRIAL_SIZE))
            trial.finish()
    except WriteFailedError as exc:
        number = exc.__cause__.errno if isinstance(exc.__cause__, OSError) else None
        yield Finding(check="state", ok=False, message=exc.message, hint=_way_to_write(directory, number))
    else:
        yield Finding(check="state", ok=True, message=f"'{directory}' can be written")


def _way_to_write(directory: Path, number: int | None) -> str:
    """Return how to make a directory writable, from the number of the system's error."""
    elsewhere = "name another place with XDG_STATE_HOME"
    if number in {errno.ENOSPC, getattr(errno, "EDQUOT", None)}:
        return f"make room there, or {elsewhere}"
    if number in {errno.EACCES, errno.EPERM}:
        from pyvault.files.owners import chmod_hint, current_user, foreign_owner_hint

        return f"{foreign_owner_hint(directory) or chmod_hint('700', directory, current_user())}, or {elsewhere}"
    return elsewhere


def backend(context: Context) -> Iterator[Finding]:
    """The backend that a command would use now."""
    from pyvault.storage.registry import find_backend
    from pyvault_cli.stores.backend_probe import look_at

    choice = context.choice
    seen = look_at(find_backend(choice.name), context, context.backend_options).availability
    for considered in choice.considered:
        yield Finding(check="backend", ok=True, message=f"'{considered.name}' is not used: {considered.reason}")
    message = f"'{choice.name}' is used ({choice.origin})"
    if seen.available:
        yield Finding(check="backend", ok=True, message=message)
    else:
        hint = seen.hint or "'pyvault backends list' shows the others"
        yield Finding(check="backend", ok=False, message=f"{message}, and does not work: {seen.reason}", hint=hint)


def plugins(context: Context) -> Iterator[Finding]:
    """Backends of others, and who provided them before."""
    from pyvault.storage.built_in import BUILT_IN, DISTRIBUTION
    from pyvault.storage.registry import list_backends
    from pyvault_cli.stores.backend_probe import look_at

    known = context.remembered.plugins  # raises what is wrong with the record, also where there is no plug-in
    others = [info for info in list_backends() if info.name not in BUILT_IN or info.distribution != DISTRIBUTION]
    for info in others:
        what = f"'{info.name}' of '{info.distribution}' {info.version}"
        if info.available is False:
            yield Finding(check="plugins", ok=False, message=f"{what}: {info.reason}", hint=info.hint)
            continue
        report = look_at(info, context)
        if report.refused:
            refusal = report.availability
            yield Finding(check="plugins", ok=False, message=refusal.reason or what, hint=refusal.hint)
            continue
        before = known.get(info.name)
        if before is not None and before.version != info.version:
            what += f" (it was {before.version})"
        if report.failure is not None:
            hint = f"uninstall '{info.distribution}', or report it to its author"
            yield Finding(check="plugins", ok=False, message=f"{what} is broken: {report.failure}", hint=hint)
        else:
            yield Finding(check="plugins", ok=True, message=f"{what} can be loaded")
    if not others:
        yield Finding(check="plugins", ok=True, message="no third-party backends")


def vault(context: Context) -> Iterator[Finding]:
    """The vault file as it can be seen without its key, and the memory of it."""
    from pyvault.vaultfile.disk.vault_reader import VaultReader
    from pyvault_cli.vaults.vault_access import VaultAccess

    access = VaultAccess(context)
    try:
        with VaultReader(access.place, access.options.checks, "current"):
            sound = "permissions and header are" if isinstance(access.place, LocalPlace) else "the header is"
            yield Finding(check="vault", ok=True, message=f"'{access.place}': {sound} OK")
    except VaultNotFoundError:
        access.check_not_lost()
        yield Finding(check="vault", ok=True, message=f"there is no vault file at '{access.place}'")
    yield from _bucket(access.place)
    known = access.trust.known_states()  # raises what would stop every command
    yield from _history(access.place.settled(access.options.checks), known)


def _bucket(place: Place) -> Iterator[Finding]:
    """The bucket, where the vault is in one."""
    if isinstance(place, LocalPlace):
        return
    from pyvault.vaultfile.s3.bucket_checks import examine_bucket
    from pyvault.vaultfile.s3.s3_place import S3Place

    if isinstance(place, S3Place):
        for fact in examine_bucket(place.object):
            yield Finding(check="vault", ok=fact.ok, message=fact.message, hint=fact.hint)


def _history(place: Place, known: Mapping[bytes, VaultState]) -> Iterator[Finding]:
    """Other states of the vault beside it, and what could not be proven of the one in place."""
    import shlex

    from pyvault.vaultfile.state.places import vault_at

    seen = vault_at(known, place.identity)
    if seen is None:
        return
    for copy in place.other_states(seen.vault_id):
        message = f"'{copy.path}' is another state of the vault, generation {copy.generation}"
        hint = f"pyvault vault import {shlex.quote(str(copy.path))} merges it; then remove it"
        yield Finding(check="vault", ok=False, message=message, hint=hint)
    if seen.unproven is not None:
        message = (
            f"nothing proves that generation {seen.generation} was made from generation {seen.unproven}, "
            "which was seen here before: an older pyvault wrote to the vault, or there were too many writes between"
        )
        yield Finding(check="vault", ok=True, message=message)


def unlock_store(context: Context) -> Iterator[Finding]:
    """The store that keeps the key of the vault file, where there is one."""
    from pyvault.storage.registry import find_backend
    from pyvault_cli.stores.backend_probe import look_at
    from pyvault_cli.vaults.vault_access import VaultAccess

    if "file" not in _needed(context):
        return
    settings = VaultAccess(context).settings
    name = settings.unlock_store
    if not name:
        return
    opens = f"'{name}' opens the vault file"
    if name == "file":
        message = f"{opens}, which can't keep its own key"
        yield Finding(check="unlock store", ok=False, message=message, hint="name another unlock_store")
        return
    seen = look_at(find_backend(name), context, settings.unlock_store_options).availability
    if seen.available:
        yield Finding(check="unlock store", ok=True, message=opens)
    else:
        hint = seen.hint or "name another unlock_store, or give a key file or passphrase"
        yield Finding(check="unlock store", ok=False, message=f"{opens}, and does not work: {seen.reason}", hint=hint)


def keys(context: Context) -> Iterator[Finding]:
    """The files that open the vault, where credentials are kept there: private, and what they should be."""
    from pathlib import Path

    from pyvault.vaultfile.unlock.key_file import how_to_make, read_key_file
    from pyvault.vaultfile.unlock.passphrase import read_passphrase_file
    from pyvault_cli.vaults.vault_access import VaultAccess

    if "file" not in _needed(context):
        return
    access = VaultAccess(context)
    settings = access.settings
    variable = context.environ.get("PYVAULT_PASSPHRASE_FILE")
    passphrase_file = settings.passphrase_file or (Path(variable).expanduser() if variable else None)
    if settings.key_from_ask(context.ask) is not None:  # raises what is wrong with it
        yield Finding(check="keys", ok=True, message="PYVAULT_KEY holds a key")

    def read_key(path: Path) -> object:
        gone = "restore it, or remove the variable or option; a new key file can't open an existing vault"
        return read_key_file(path, missing_hint=gone if access.place.exists() else how_to_make(path))

    for path, read in ((settings.keyfile, read_key), (passphrase_file, read_passphrase_file)):
        if path is None or (path.exists() and not path.is_file()):
            continue  # a pipe can be read once, and not by us
        read(path)
        yield Finding(check="keys", ok=True, message=f"'{path}' is private and readable")


def unlocking(context: Context) -> Iterator[Finding]:
    """For how long a typed passphrase counts."""
    from pyvault.config.values import format_duration
    from pyvault_cli.vaults.unlocked import OTHER_WAYS, is_turned_off, keeper_name, why_no_cache

    if context.choice.name != "file":
        return
    cache, reason = context.unlock_cache, why_no_cache(context)
    if cache is None or reason is not None:
        message = f"a typed passphrase counts for one command: {reason}"
        yield Finding(check="unlock", ok=True, message=message, hint=None if is_turned_off(context) else OTHER_WAYS)
        return
    counts = f"a typed passphrase counts for {format_duration(cache.idle)} after each use, by the {keeper_name()}"
    if cache.external is not None:
        counts += f"; what a KMS key opened, for {format_duration(cache.external)}"
    yield Finding(check="unlock", ok=True, message=f"{counts}; {_unlocked(context)}")


def _unlocked(context: Context) -> str:
    from pyvault.vaultfile.disk.vault_reader import read_header
    from pyvault_cli.vaults.unlocked import unlocked_state
    from pyvault_cli.vaults.vault_access import VaultAccess

    access = VaultAccess(context)
    if not access.place.exists():
        return "there is no vault"
    state = unlocked_state(context, read_header(access.place, access.options.checks))
    return f"the vault is unlocked until {state['until']}" if state else "the vault is locked"


def session_bus(context: Context) -> Iterator[Finding]:
    """The session bus, which the Secret Service needs."""
    from pyvault.storage.registry import probe_built_in

    if not sys.platform.startswith("linux"):
        return
    seen = probe_built_in("secret-service", context.options_of("secret-service"))
    needed = "secret-service" in _needed(context)
    message = "a session bus answers" if seen.available else (seen.reason or "no session bus answers")
    yield Finding(check="d-bus", ok=seen.available or not needed, message=message, hint=seen.hint if needed else None)


def gpg(context: Context) -> Iterator[Finding]:
    """The program gpg and its keys, which pass needs."""
    from pyvault.storage.probing import probe_in_child
    from pyvault.storage.registry import probe_built_in

    needed = "pass" in _needed(context)
    options = context.options_of("pass")
    seen = probe_built_in("pass", options)
    if needed and seen.available:
        seen = probe_in_child("pass", options, environ=context.environ).availability
    message = "pass has a store, and gpg is there" if seen.available else (seen.reason or "gpg does not answer")
    yield Finding(check="gpg", ok=seen.available or not needed, message=message, hint=seen.hint if needed else None)


def _needed(context: Context) -> set[str]:
    """Name the backends that a command would use now: the chosen one, and the one that opens the vault file."""
    try:
        return {context.choice.name, context.backend_options.get("unlock_store", "")}
    except PyvaultError:  # the check of the backend tells of it
        return set()
