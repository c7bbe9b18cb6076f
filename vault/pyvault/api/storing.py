"""Storing a pair without destroying one: checked first, then put in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault import clock
from pyvault.access_keys import check_pair, stripped_pair
from pyvault.api.planning import Planner
from pyvault.errors import ItemExistsError
from pyvault.model import StoredCredentials
from pyvault.names import Kind, parse_profile_name
from pyvault.storage.unended_rotation import unended
from pyvault.surface import argument
from pyvault.thread_locks import ModuleLock, holding

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pyvault.runtime import Runtime
    from pyvault.secret import Secret

_threads = ModuleLock()


def store_pair(
    runtime: Runtime,
    profile: str,
    access_key_id: str,
    secret_access_key: Secret[str],
    *,
    overwrite: bool,
    verify: bool,
    trust_endpoints: Sequence[str],
) -> None:
    """Store a pair, if it is one.

    Raises:
        PyvaultError: it is none, AWS does not know it, or another is there that is to stay.
    """
    name = parse_profile_name(profile)
    key_id, secret = stripped_pair(access_key_id, secret_access_key, source=f"profile {name!r}")
    if verify:
        _verify(runtime, name, key_id, secret, trust_endpoints)
    pair = StoredCredentials(access_key_id=key_id, secret_access_key=secret, created=clock.now().replace(microsecond=0))
    with _alone(runtime):
        if name in runtime.store.profiles(kind=Kind.PENDING):  # it would put its own key over this one
            raise unended(name)
        is_known = name in runtime.store.profiles()
        if is_known and not overwrite:
            raise ItemExistsError(
                f"a pair is stored for {name!r} already", hint=f"{argument('overwrite', value=True)} replaces it"
            )
        runtime.store.put(name, pair)
    runtime.record_choice()
    if is_known:
        runtime.sessions.clear(root=name)  # those of the pair before


def _verify(runtime: Runtime, name: str, key_id: str, secret: Secret[str], trusted: Sequence[str]) -> None:
    from pyvault.config.client_settings import home_partition
    from pyvault.config.trusted_endpoints import check_endpoints
    from pyvault.retrieval.verified_pair import identify, may_have_any_id

    loaded = Planner(runtime, stored=(name,)).load(name)
    check_endpoints(loaded, home_partition([loaded]), ("sts",), trusted)
    check_pair(key_id, secret, source=f"profile {name!r}", any_id=may_have_any_id(loaded))
    identify(loaded, key_id, secret)


@holding
def _alone(runtime: Runtime) -> Generator[None]:
    """Let no other put of pyvault's come between looking and storing.

    A store with transactions keeps other processes away by itself, whoever they are.
    """
    from pyvault.backend import Transactional
    from pyvault.files.atomic import writing
    from pyvault.files.lock import LockFile
    from pyvault.files.modes import make_directory

    if isinstance(runtime.store.backend, Transactional):
        with _threads.lock, runtime.store.transaction():
            yield
        return
    with writing(runtime.paths.locks):
        make_directory(runtime.paths.locks)
    with LockFile(runtime.paths.locks / f"put-{runtime.choice.name}.lock"):
        yield
