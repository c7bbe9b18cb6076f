"""docs/configuration.md, made from ``settings_tables.py``: ``make pages``."""

from __future__ import annotations

from docs.settings_tables import CONFIG_KEYS, OPTIONS, PROFILE_KEYS, PROMPTS, VARIABLES, Table

HEAD = """\
# Configuration

pyvault needs no configuration. What there is, from the strongest to the weakest: options of the command line, variables, `config.toml`, the AWS config file; for the store also what the first `add` chose and recorded.

## config.toml

`~/.config/pyvault/config.toml` on Linux, `~/Library/Application Support/pyvault/config.toml` on macOS, `%LOCALAPPDATA%\\pyvault\\config.toml` on Windows; `PYVAULT_CONFIG` or `--config` names another. pyvault reads it and never writes it. An unknown key is an error, since a misspelt one would silently have no effect.

```toml
[backend]
name = "file"

[backend.file]
path = "~/vault.pyv"
keyfile = "~/vault.key"

[exec]
hide_shared_config = true

[login]
browser = "firefox -P work"

[prompt]
driver = "terminal"

[unlock]
ttl = "30m"

[warm]
enabled = false
```
"""
OPTIONS_HEAD = """\
## Options of backends

An option stands in `[backend.NAME]` of config.toml, on the command line as `--backend-option OPTION=VALUE` (`NAME.OPTION=VALUE` for that backend alone), or in a variable `PYVAULT_BACKEND_<NAME>__<OPTION>`: in capitals, hyphens as underscores. So `PYVAULT_BACKEND_PASS__PREFIX=work` is `prefix = "work"` in `[backend.pass]`. What opens a vault is taken out of the environment of the commands that pyvault runs.
"""
VARIABLES_HEAD = """\
## Variables

All that pyvault itself reads or sets. [What the program gets](child-environment.md) tells which of them reach the command of `exec`. An empty variable counts as one that is not set.
"""
PROFILES_HEAD = """\
## Keys of a profile

In `~/.aws/config`. [Whose credentials a profile has](profiles.md) tells which of them win. Keys that pyvault does not know are left to other programs.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, _table("key", CONFIG_KEYS), "### Prompts\n", _table("name", PROMPTS), OPTIONS_HEAD]
    for backend, options in OPTIONS.items():
        parts += [f"### {backend}\n", _table("option", options) if options else "It has no options.\n"]
    parts.append(VARIABLES_HEAD)
    for title, variables in VARIABLES.items():
        parts += [f"### {title}\n", _table("variable", variables)]
    return "\n".join([*parts, PROFILES_HEAD, _table("key", PROFILE_KEYS)])


def _table(what: str, table: Table) -> str:
    return "\n".join([f"| {what} | |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in table.items())]) + "\n"
