"""How a program opens a vault. Here, and only here, the process's environment is the default of an argument."""

from __future__ import annotations

import os
from collections.abc import Mapping  # noqa: TC003 - typing.get_type_hints reads what the annotations name
from pathlib import Path
from typing import TYPE_CHECKING

from pyvault.api.arguments import check_paths, check_texts, check_types, checked_ask
from pyvault.api.credential_vault import CredentialVault
from pyvault.backend import Ask, OpenedLate
from pyvault.errors import ConfigError, UsageError
from pyvault.secret import Secret  # noqa: TC001 - as above

if TYPE_CHECKING:
    from pyvault.backend import Question
    from pyvault.runtime import Runtime


def open_vault(
    backend: str | None = None,
    *,
    options: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    home: str | Path | None = None,
    must_exist: bool = False,
) -> CredentialVault:
    """Open the store of credentials that the command line would open.

    Args:
        backend: its name, as ``pyvault backends list`` shows it; by default the
            one that the command line would use.
        options: of the backend, on top of those of config.toml and the environment;
            ``NAME.KEY`` is for the backend *NAME* alone, such as one that opens the vault file.
        ask: answers questions for a passphrase or an MFA code (``Question.key``
            is ``passphrase``, ``new-passphrase`` or ``mfa-code``). By default
            only the ``PYVAULT_PASSPHRASE*`` variables are read, and no
            human is asked. ``PYVAULT_KEY`` and ``PYVAULT_KEYFILE`` count in any case.
        config: the AWS config file, by default ``AWS_CONFIG_FILE`` or
            ``~/.aws/config``.
        environ: what counts as the environment, by default that of this process. Where it is
            given, nothing of the process's takes the place of what it lacks.
        home: the home directory in place of ``HOME`` (``USERPROFILE`` on Windows); the
            directories of the XDG specification have their usual places in it.
        must_exist: open the store now, and take a vault file that is not there for an error.

    Returns:
        The open vault. The file backend reads its file, and asks for what opens it, at the
        first use or with *must_exist*; without a file the first :meth:`CredentialVault.put` makes one.

    Raises:
        TypeError: an argument has another type.
        ConfigError: a setting is wrong, *config* is not there, or *environ* has no home directory and a path is needed.
        UsageError: two settings can't go together, such as ``PYVAULT_KEY`` and ``PYVAULT_KEYFILE``.
        BackendUnavailableError: the backend can't work here.
        BackendLockedError: the key is wrong, or the store is locked; at the first use of a vault file.
        InputRequiredError: something has to open the vault, and nobody may be asked; as above.
        VaultNotFoundError: *must_exist*, and there is no vault file.

    Example:
        >>> from pyvault import Secret
        >>> key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        >>> with open_vault("memory", options={"name": "team"}) as vault:
        ...     vault.put("ci", access_key_id="AKIAIOSFODNN7EXAMPLE", secret_access_key=key)
        ...     vault.profiles()
        ['ci']
    """
    check_types(backend=backend, must_exist=must_exist)
    check_texts("options", options)
    check_paths(options)
    check_types(config=config, home=home)
    ask = checked_ask(ask)
    runtime = _runtime(backend, options or {}, ask, config=config, environ=environ, home=home)
    vault = CredentialVault(runtime, ask)
    if must_exist:
        try:
            if isinstance(runtime.store.backend, OpenedLate):
                runtime.store.backend.open_now()
            else:
                runtime.store.profiles()
        except BaseException:
            vault.close()
            raise
    return vault


def create_vault(
    path: str | Path,
    *,
    keyfile: str | Path | None = None,
    passphrase: Secret[str] | None = None,
    options: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    environ: Mapping[str, str] | None = None,
    home: str | Path | None = None,
) -> CredentialVault:
    """Make an encrypted vault file, and open it.

    Args:
        path: of the vault; must be free. A missing directory is made.
        keyfile: a key file that opens it; made, with mode 0600, if it is missing.
        passphrase: opens it too. Without both, the key is that of ``PYVAULT_KEYFILE`` or ``PYVAULT_KEY``,
            a passphrase variable, or what *ask* answers.
        options: of the backend ``file``, such as ``weak_passphrase`` and ``kdf``.
        ask: as for :func:`open_vault`.
        environ: as for :func:`open_vault`.
        home: as for :func:`open_vault`.

    Returns:
        The open vault.

    Raises:
        TypeError: an argument has another type.
        VaultExistsError: something is at *path* already.
        UsageError: *options* name what is an argument here, or *keyfile* is *path*.
        InputRequiredError: nothing was given that could open it, or the passphrase is weak.
        InvalidSettingError: the key file is none.
        WriteFailedError: it can't be written.
        InsecurePermissionsError: others could read or replace it.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with create_vault(f"{folder}/team.pyv", keyfile=f"{folder}/team.key") as vault:
        ...         vault.profiles()
        []
    """
    from pyvault.api.creating import make_vault
    from pyvault.surface import argument

    check_types(path=path, keyfile=keyfile, passphrase=passphrase, home=home)
    check_texts("options", options)
    if twice := {"path", "keyfile"} & {*(options or {})}:
        raise UsageError(f"the option {min(twice)!r} is an argument here", hint=f"{argument(min(twice))} names it")
    if keyfile is not None and Path(keyfile).absolute() == Path(path).absolute():
        raise UsageError("a vault and the key file that opens it can't be one file", hint="keep them apart")
    ask = checked_ask(ask)
    named = {**(options or {}), "path": str(path)} | ({"keyfile": str(keyfile)} if keyfile is not None else {})
    answers = ask if passphrase is None else _with_passphrase(passphrase, ask)
    runtime = _runtime("file", named, answers, config=None, environ=environ, home=home)
    make_vault(runtime, keyfile=None if keyfile is None else Path(keyfile), passphrase=passphrase)
    return CredentialVault(runtime, ask)


def _with_passphrase(passphrase: Secret[str], ask: Ask | None) -> Ask:
    from pyvault.vaultfile.unlock.passphrase_sources import EnvironmentAnswers

    others = ask or EnvironmentAnswers({})
    return lambda question: passphrase if question.key == "passphrase" else others(question)


def _runtime(
    backend: str | None,
    options: Mapping[str, str],
    ask: Ask | None,
    *,
    config: str | Path | None,
    environ: Mapping[str, str] | None,
    home: str | Path | None,
) -> Runtime:
    from pyvault.paths import GivenEnvironment, expand_user, moved_home
    from pyvault.runtime import Runtime
    from pyvault.vaultfile.unlock.passphrase_sources import KEY, EnvironmentAnswers

    check_texts("environ", environ)
    environment = dict(os.environ) if environ is None else GivenEnvironment(environ)
    if home is not None:
        environment = GivenEnvironment(moved_home(environment, str(Path(home).absolute() if home else "")))
    if config is not None:
        if not expand_user(
            str(config), environment
        ).exists():  # one that the environment names may be missing, as for the AWS programs
            raise ConfigError(f"there is no config file at '{config}'", hint="config= names an AWS config file")
        environment["AWS_CONFIG_FILE"] = str(config)
    answers = _AskWithKey(ask, environment) if ask and environment.get(KEY) else ask or EnvironmentAnswers(environment)
    given = dict(options)  # the program may go on with its own
    return Runtime(environment, answers, backend=backend, options=lambda: given)


class _AskWithKey:
    """A program's ``ask`` in an environment that has the key of a key file."""

    def __init__(self, ask: Ask, environ: Mapping[str, str]) -> None:
        self._ask = ask
        self._environ = environ

    def __call__(self, question: Question) -> Secret[str]:
        """Return the program's answer."""
        return self._ask(question)

    def key_from_environment(self) -> Secret[bytes] | None:
        """Return the key of the environment."""
        from pyvault.vaultfile.unlock.passphrase_sources import key_from_environment

        return key_from_environment(self._environ)
