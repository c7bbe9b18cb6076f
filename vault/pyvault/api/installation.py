"""boto3 finds pyvault by itself: a provider in the credential chain of botocore's sessions.

It stands behind the keys of the environment, which botocore lets count for a session whose
profile was not given to it as an argument, and before everything else. Explicit keys come
first: botocore does not ask its chain then.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from pathlib import Path  # noqa: TC003 - as above
from typing import TYPE_CHECKING, Final, cast

from pyvault.api.arguments import check_ask, check_texts, check_types
from pyvault.api.session_source import SessionSource, VaultArguments
from pyvault.backend import Ask  # noqa: TC001 - as above
from pyvault.errors import UsageError
from pyvault.record import Record
from pyvault.thread_locks import ModuleLock

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    import botocore.session as botocore_session
    from botocore.session import Session
else:
    from importlib import import_module

    class _Imported:
        """What ``typing.get_type_hints`` finds in place of a module whose import takes a third of a second."""

        def __init__(self, module: str) -> None:
            self._module = module

        @property
        def Session(self) -> object:  # noqa: N802 - the module's name
            return import_module(self._module).Session

    boto3, botocore_session = _Imported("boto3"), _Imported("botocore.session")

COMPONENT: Final = "pyvault"  # of a session: what was installed into it
CHAIN: Final = "credential_provider"  # of a session: botocore's name of its chain


class Installation:
    """What :func:`install` has put into botocore, and the way to take it out again.

    Example:
        >>> installed = install(backend="memory")
        >>> install() is installed  # a second call does nothing
        True
        >>> installed.uninstall()
    """

    def __init__(self, source: SessionSource, take_back: Callable[[], None]) -> None:
        """Take what :func:`install` has put together.

        Args:
            source: of the credentials.
            take_back: does what :meth:`uninstall` says.
        """
        self._source = source
        self._take_back = take_back

    def invalidate(self, profile: str) -> None:
        """Take what was made for a profile for dead, as when AWS refuses keys before their expiry.

        Its sessions fetch new credentials before their next call.

        Args:
            profile: as for :meth:`CredentialVault.invalidate`.

        Raises:
            ConfigError: the profile can't be resolved.

        Example:
            >>> installed = install(backend="memory")
            >>> installed.invalidate("prod")  # nothing was made yet
            >>> installed.uninstall()
        """
        self._source.invalidate(profile)

    def uninstall(self) -> None:
        """Take pyvault out again and close its vault; may be called twice.

        Sessions that have no credentials yet do without pyvault. Those that have keep
        them until they expire, and can't renew them.

        Example:
            >>> installed = install(backend="memory")
            >>> installed.uninstall()
        """
        self._take_back()


class _Installed(Record):
    """What a session knows."""

    source: SessionSource
    installation: Installation


def install(
    session: boto3.Session | botocore_session.Session | None = None,
    *,
    backend: str | None = None,
    options: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    home: str | Path | None = None,
    must_exist: bool = False,
) -> Installation:
    """Let boto3 get its credentials from pyvault: ``boto3.Session(profile_name="prod")`` is enough then.

    A second call does nothing. What fails later leaves boto3's calls as
    ``botocore.exceptions.CredentialRetrievalError``; its ``__cause__`` is an error of pyvault.

    Args:
        session: the only one; by default every session that is made afterwards in this process. ``boto3.client()``
            makes one at its first call.
        backend: as for :func:`pyvault.open_vault`.
        options: as for :func:`pyvault.open_vault`.
        ask: as for :func:`pyvault.open_vault`.
        config: as for :func:`pyvault.open_vault`; by default the file that the session reads.
        environ: as for :func:`pyvault.open_vault`; that of this process counts as it is when credentials are first
            needed.
        home: as for :func:`pyvault.open_vault`.
        must_exist: as for :func:`pyvault.open_vault`; the vault is opened when credentials are first needed.

    Returns:
        The way to take it out again.

    Raises:
        UsageError: it was installed with other arguments, or the session has its credentials already.

    Example:
        >>> import boto3
        >>> installed = install(backend="memory")
        >>> session = boto3.Session(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="mine")
        >>> session.get_credentials().method  # explicit keys win, as ever
        'explicit'
        >>> installed.uninstall()
    """
    check_types(backend=backend, must_exist=must_exist)
    check_texts("options", options)
    check_texts("environ", environ)
    check_types(config=config, home=home)
    check_ask(ask)
    given = VaultArguments(
        backend=backend,
        options=None if options is None else dict(options),  # it is opened later; the program may go on with its own
        ask=ask,
        config=config,
        environ=None if environ is None else dict(environ),
        home=home,
        must_exist=must_exist,
    )
    if session is not None:
        return _install_into(cast("Session", getattr(session, "_session", session)), given)
    with _installing.lock:
        if not _everywhere:
            _everywhere.append(_install_everywhere(given))
        return _same(_everywhere[0], given)


def _install_everywhere(given: VaultArguments) -> _Installed:
    import botocore

    source = SessionSource(given)

    def attach(session: Session) -> None:
        from pyvault.api.botocore_chain import make_resolver

        session.register_component(COMPONENT, installed)
        # Later: a session learns its profile after this.
        session.lazy_register_component(CHAIN, lambda: _insert(make_resolver(session), session, source))

    def take_back() -> None:
        with _installing.lock:
            if installed in _everywhere:
                _everywhere.remove(installed)
                botocore.unregister_initializer(attach)
        source.close()

    installed = _Installed(source=source, installation=Installation(source, take_back))
    botocore.register_initializer(attach)
    return installed


def _install_into(session: Session, given: VaultArguments) -> Installation:
    from pyvault.api.botocore_chain import is_of_a_vault

    if not hasattr(session, "get_component"):
        raise TypeError(f"{type(session).__name__} is no session of boto3 or botocore")
    known = _known_to(session)
    if known is not None and not known.source.is_closed:
        return _same(known, given)
    chain = session.get_component(CHAIN)
    method = getattr(getattr(session, "_credentials", None), "method", None)
    if method not in {None, "explicit"} or (known is None and is_of_a_vault(chain)):
        raise UsageError(
            "this session has its credentials already", hint="install before its first client or get_credentials()"
        )
    source = SessionSource(given)
    installed = _Installed(source=source, installation=Installation(source, source.close))
    session.register_component(COMPONENT, installed)
    _insert(chain, session, source)
    return installed.installation


def _insert(resolver: object, session: Session, source: SessionSource) -> object:
    from pyvault.api.botocore_chain import insert
    from pyvault.boto3_session import Provider

    insert(resolver, Provider(lambda: source.load(session)))
    return resolver


def _known_to(session: Session) -> _Installed | None:
    try:
        known: _Installed = session.get_component(COMPONENT)
    except ValueError:  # it has no such component
        return None
    return known


def _same(known: _Installed, given: VaultArguments) -> Installation:
    if given not in (known.source.arguments, VaultArguments()):
        raise UsageError(
            "pyvault is installed already, with other arguments", hint="call uninstall() of what install() returned"
        )
    return known.installation


def forget_vaults() -> bool:
    """Close what every session's installation has opened, and return whether there is one; it opens it again."""
    for installed in _everywhere:
        installed.source.forget()
    return bool(_everywhere)


_installing = ModuleLock()
_everywhere: list[_Installed] = []  # at most one
