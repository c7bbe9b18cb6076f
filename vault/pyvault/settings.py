"""pyvault's own settings: ``config.toml``, which pyvault never writes.

::

    [backend]
    name = "file"            # or, without options: backend = "file" at the top

    [backend.file]           # options of that backend
    path = "~/vault.pyv"

    [exec]
    hide_shared_config = true    # as if each exec had --hide-shared-config

    [login]
    browser = "firefox"

    [unlock]
    ttl = "30m"              # how long a typed passphrase counts without a use; 0: for one command only
    kms_keys = ["arn:aws:kms:eu-central-1:111122223333:key/*"]   # keys that may open a vault
    external_ttl = "10m"     # how long what one of them opened counts; else for one command only

    [warm]
    enabled = false          # no command is answered from what the one before it was answered
    stores = 5               # minutes after which a store that is no file is asked again; 0 for always

An unknown setting is an error: a misspelt one would silently have no effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pyvault.errors import ConfigError
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.record import Record, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_BYTES = 1024 * 1024
WARM_STORES = 5  # minutes
MAX_WHOLE = (1 << 64) - 1  # what a vault's generation can be; TOML itself promises 63 bits
KNOWN = ("backend", "exec", "login", "prompt", "unlock", "warm")


class ToolConfig(Record):
    """The settings in config.toml; all are optional.

    Attributes:
        backend: the name of the backend to use.
        backend_options: options by backend name; TOML's numbers and booleans
            are texts here, as on a command line.
        hide_shared_config: the child of ``exec`` sees a view of the AWS files with an empty ``[default]``.
        browser: the program that opens web pages.
        prompt: the name of the prompt driver.
        unlock_ttl: how long the data key of a vault is kept without a use.
        external_ttl: how long the data key of a vault is kept that a KMS key opened.
        warm: whether a command may be answered from what the one before it was answered.
        warm_stores: for how many minutes, where the store is no file.
        kms_keys: patterns of the ARNs of KMS keys that may be asked to open a vault.
    """

    backend: str | None = None
    backend_options: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    hide_shared_config: bool = False
    browser: str | None = None
    prompt: str | None = None
    unlock_ttl: str | None = None
    external_ttl: str | None = None
    warm: bool = True
    warm_stores: int = WARM_STORES
    kms_keys: tuple[str, ...] = ()

    def options_of(self, backend: str) -> Mapping[str, str]:
        """Return the options of a backend."""
        options = self.backend_options.get(backend, {})
        return {"kms_keys": ",".join(self.kms_keys), **options} if backend == "file" and self.kms_keys else options


def load(path: Path) -> ToolConfig:
    """Return the settings in config.toml; a missing file counts as empty.

    Raises:
        ConfigError: not a file, unreadable, not TOML, an unknown setting, or a wrong type.
    """
    try:
        text = read_file(path, MAX_BYTES).decode()
    except (FileNotFoundError, NotADirectoryError):
        return ToolConfig()
    except (OSError, UnicodeDecodeError) as exc:
        pass_interruption(exc)
        raise ConfigError(f"'{path}' can't be read: {_reason(exc)}") from None
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"'{path}' is not TOML: {exc}") from None
    except (RecursionError, ValueError):
        raise ConfigError(f"'{path}' is nested too deeply, or has a number with too many digits") from None
    return parse(document, where=str(path))


def parse(document: Mapping[str, object], *, where: str) -> ToolConfig:
    """Return the settings in a parsed config file.

    Raises:
        ConfigError: an unknown setting, or a value of the wrong type.
    """
    _check_known(document, KNOWN, "", where)
    name, options = _backend(document.get("backend", {}), where)
    execution = _table(document.get("exec", {}), "exec", where)
    login = _table(document.get("login", {}), "login", where)
    prompt = _table(document.get("prompt", {}), "prompt", where)
    unlock = _table(document.get("unlock", {}), "unlock", where)
    warm = _table(document.get("warm", {}), "warm", where)
    _check_known(warm, ("enabled", "stores"), "warm.", where)
    _check_known(execution, ("hide_shared_config",), "exec.", where)
    _check_known(login, ("browser",), "login.", where)
    _check_known(prompt, ("driver",), "prompt.", where)
    _check_known(unlock, ("ttl", "external_ttl", "kms_keys"), "unlock.", where)
    return ToolConfig(
        backend=name,
        backend_options=options,
        hide_shared_config=_flag(execution.get("hide_shared_config", False), "exec.hide_shared_config", where),
        browser=_text(login.get("browser"), "login.browser", where),
        prompt=_text(prompt.get("driver"), "prompt.driver", where),
        unlock_ttl=_duration(unlock, "ttl", where),
        external_ttl=_duration(unlock, "external_ttl", where),
        warm=_flag(warm.get("enabled", True), "warm.enabled", where),
        warm_stores=_minutes(warm.get("stores", WARM_STORES), "warm.stores", where),
        kms_keys=_texts(unlock.get("kms_keys", []), "unlock.kms_keys", where),
    )


def _backend(value: object, where: str) -> tuple[str | None, dict[str, Mapping[str, str]]]:
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict):
        raise _wrong("backend", "a text or a table", where)
    table = dict(_table(cast("object", value), "backend", where))
    name = _text(table.pop("name", None), "backend.name", where)
    return name, {key: _options(_table(options, f"backend.{key}", where), key, where) for key, options in table.items()}


def _options(table: Mapping[str, object], backend: str, where: str) -> dict[str, str]:
    return {key: _scalar(value, f"backend.{backend}.{key}", where) for key, value in table.items()}


def _scalar(value: object, setting: str, where: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() if -MAX_WHOLE <= value <= MAX_WHOLE:  # a longer one in hex may have more digits than str() writes
            return str(value)
        case _:
            raise _wrong(setting, "a text, a whole number or a boolean", where)


def _text(value: object, setting: str, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _wrong(setting, "a text", where)


def _duration(unlock: Mapping[str, object], key: str, where: str) -> str | None:
    return _scalar(unlock[key], f"unlock.{key}", where) if key in unlock else None


def _texts(value: object, setting: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in cast("list[object]", value)):
        raise _wrong(setting, "a list of texts", where)
    return tuple(cast("list[str]", value))


def _flag(value: object, setting: str, where: str) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(setting, "true or false", where)


def _minutes(value: object, setting: str, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= WARM_STORES:
        return value
    raise _wrong(setting, f"a whole number of minutes, at most {WARM_STORES}", where)


def _table(value: object, setting: str, where: str) -> Mapping[str, object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value)  # TOML keys are texts
    raise _wrong(setting, "a table", where)


def _check_known(table: Mapping[str, object], known: tuple[str, ...], prefix: str, where: str) -> None:
    for key in table:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, known, n=1)
            meant = f"did you mean '{prefix}{near[0]}'? " if near else ""
            settings = ", ".join(prefix + name for name in known)
            message = f"unknown setting '{prefix}{key}' in '{where}'"
            raise ConfigError(message, hint=f"{meant}the settings are {settings}")


def _wrong(setting: str, expected: str, where: str) -> ConfigError:
    return ConfigError(f"'{setting}' in '{where}' must be {expected}")


def _reason(exc: OSError | UnicodeDecodeError) -> str:
    return exc.strerror or "failed" if isinstance(exc, OSError) else "it is not UTF-8"
