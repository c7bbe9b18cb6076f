"""The options of a backend: where they come from, and how it checks them.

Four sources, the later one wins: aws-vault's variables, ``[backend.NAME]`` of
config.toml, our own variables, what was given with the command or by the program.
In the environment an option of any backend is ``PYVAULT_BACKEND_<NAME>__<OPTION>``,
hyphens as underscores; the vault file's options have short names beside that.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pyvault.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

HOUR = 3600  # seconds
#: Short names of the ``file`` backend's options. A passphrase is none of them:
#: it is asked for, and the face knows where an answer may come from.
FILE_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "PYVAULT_FILE": "path",
        "PYVAULT_KEYFILE": "keyfile",
        "PYVAULT_KDF": "kdf",
        "PYVAULT_KMS_KEY": "kms_key",
        "PYVAULT_WEAK_PASSPHRASE": "weak_passphrase",
        "PYVAULT_EXPECT_VAULT_ID": "expect_vault_id",
        "PYVAULT_EXPECT_FINGERPRINT": "expect_fingerprint",
        "PYVAULT_INSECURE_DIRECTORY": "insecure_directory",
        "PYVAULT_MIN_GENERATION": "min_generation",
    }
)


#: aws-vault's variables, and what they mean here: backend and option. Source: aws-vault's usage text.
AWS_VAULT_VARIABLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME": ("secret-service", "collection"),
        "AWS_VAULT_PASS_PASSWORD_STORE_DIR": ("pass", "store"),
        "AWS_VAULT_PASS_CMD": ("pass", "command"),
        "AWS_VAULT_PASS_PREFIX": ("pass", "prefix"),
    }
)


def gather_options(
    backend: str, *, configured: Mapping[str, str], environ: Mapping[str, str], flags: Mapping[str, str]
) -> dict[str, str]:
    """Merge the options of one backend; nothing is checked here, the backend does."""
    return {**_of_aws_vault(backend, environ), **configured, **_from_environ(backend, environ), **flags}


def share_of(
    backend: str, given: Mapping[str, str], *, others: Collection[str], for_any: bool = True
) -> dict[str, str]:
    """Return one backend's share of options that stand as ``KEY``, or as ``NAME.KEY`` for that one alone.

    Args:
        backend: whose share.
        given: on the command line, or by a program.
        others: names of backends that a key may begin with.
        for_any: those without a name are its too.
    """
    options: dict[str, str] = {}
    for key, value in given.items():
        name, dot, rest = key.partition(".")
        if dot and name == backend:
            options[rest] = value
        elif for_any and not (dot and name in others):
            options[key] = value
    return options


def parse_flags(texts: Iterable[str]) -> dict[str, str]:
    """Read the values of ``--backend-option``.

    Raises:
        ConfigError: not of the form ``KEY=VALUE``.
    """
    options: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (equals and key):
            raise ConfigError(f"the backend option {text!r} has no value", hint="--backend-option KEY=VALUE")
        options[key] = value
    return options


def check_options(backend: str, options: Mapping[str, str], *, known: Collection[str]) -> None:
    """Refuse what a backend does not know: a misspelt option would be a silent no.

    Raises:
        ConfigError: an unknown option.
    """
    check_option_names(options, known=known, backend=f"the backend '{backend}'")


def check_option_names(options: Mapping[str, str], *, known: Collection[str], backend: str = "the backend") -> None:
    """Refuse what a backend does not know, as :func:`check_options`, for a class that does not know its own name.

    Raises:
        ConfigError: an unknown option.
    """
    for key in options:
        if key not in known:
            offer = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise ConfigError(f"{backend} has no option '{key}'", hint=offer)


def flag_option(backend: str, options: Mapping[str, str], key: str) -> bool:
    """Read an option that is on or off; off when it is missing.

    Raises:
        ConfigError: neither a yes nor a no.
    """
    value = options.get(key, "false").lower()
    if value not in {"true", "false", "1", "0", "yes", "no"}:
        raise ConfigError(f"the option '{key}' of '{backend}' is {value!r}", hint="true or false")
    return value in {"true", "1", "yes"}


def seconds_option(backend: str, options: Mapping[str, str], key: str, default: float, *, longest: int = HOUR) -> float:
    """Read an option in seconds, up to an hour or *longest*.

    Raises:
        ConfigError: not a number, or out of range.
    """
    try:
        seconds = float(options.get(key, default))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= longest:  # NaN is refused too
        raise ConfigError(f"the option '{key}' of '{backend}' is not a number of seconds from 0 to {longest}")
    return seconds


def _of_aws_vault(backend: str, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        option: environ[variable]
        for variable, (of, option) in AWS_VAULT_VARIABLES.items()
        if of == backend and environ.get(variable)
    }


def _from_environ(backend: str, environ: Mapping[str, str]) -> dict[str, str]:
    options: dict[str, str] = {}
    if backend == "file":
        options = {option: environ[name] for name, option in FILE_ALIASES.items() if environ.get(name)}
    prefix = f"PYVAULT_BACKEND_{_shouted(backend)}__"
    for name, value in environ.items():
        # The upper-cased name on Windows is what the system gives back.
        if name.startswith(prefix) and len(name) > len(prefix):
            options[name.removeprefix(prefix).lower()] = value
    return options


def _shouted(name: str) -> str:
    return name.upper().replace("-", "_").replace(".", "_")
