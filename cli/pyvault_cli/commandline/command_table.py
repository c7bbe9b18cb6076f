"""Which commands there are: the name, the module to import for it, and one line of help.

A table, so that ``--help`` imports no command and a command imports no other.
The module below :mod:`pyvault_cli.commands` holds a function called like the command,
``vault_slot_add`` for ``vault slot add``; its signature declares its words.
"""

from __future__ import annotations

COMMANDS: dict[str, tuple[str, str]] = {
    "setup": ("setup", "set up a first profile, step by step"),
    # keys
    "add": ("add", "store the access key of a profile"),
    "remove": ("remove", "remove the stored key of a profile, and its sessions"),
    "list": ("list", "show profiles, stored credentials and sessions"),
    "rotate": ("rotate", "replace the stored key of a profile, and never lose one"),
    # use
    "exec": ("exec", "run a command with credentials of a profile"),
    "export": ("export", "print credentials of a profile"),
    "login": ("login", "open the AWS console in a browser, signed in"),
    "clear": ("clear", "forget cached sessions"),
    "explain": ("explain", "show how a profile would get credentials, without a call"),
    "server": ("server", "serve credentials to programs until stopped"),
    "proxy": ("proxy", "own the metadata address; started by exec --ec2-server"),
    # IAM Identity Center
    "sso login": ("sso.sign_in", "sign in to IAM Identity Center"),
    "sso logout": ("sso.sign_in", "sign out, and revoke the tokens"),
    "sso accounts": ("sso.listing", "list the accounts you can sign in to"),
    "sso roles": ("sso.listing", "list the roles you can use"),
    "sso populate": ("sso.populate", "write a profile for every role into the AWS config file"),
    # console identities
    "login-session": ("login_session", "sign in with your console identity, as aws login does"),
    "logout-session": ("login_session", "end a console sign-in, and revoke it"),
    # the vault file
    "unlock": ("unlocking", "type the passphrase once for the next commands"),
    "lock": ("unlocking", "ask for the passphrase again from now on"),
    "vault init": ("vault.init", "make a new vault"),
    "vault info": ("vault.info", "show what can be known without opening the vault"),
    "vault verify": ("vault.contents", "read everything and name what is damaged"),
    "vault entries": ("vault.contents", "list the entries, without payloads"),
    "vault cat": ("vault.contents", "write the payload of one entry to stdout"),
    "vault passwd": ("vault.secrets", "change the passphrase"),
    "vault slot list": ("vault.slots", "list the ways to open the vault"),
    "vault slot add": ("vault.slots", "add a passphrase, a key file, a recovery code or a KMS key"),
    "vault slot remove": ("vault.slots", "remove a way to open the vault"),
    "vault rekey": ("vault.secrets", "re-encrypt under a new key, which no old secret or copy has"),
    "vault backups": ("vault.backups", "list the backups beside the vault"),
    "vault restore": ("vault.backups", "bring back a backup"),
    "vault accept": ("vault.trust", "trust the vault as it is, after an intended restore or a fork"),
    "vault forget": ("vault.trust", "drop what is remembered of a vault"),
    "vault purge": ("vault.backups", "delete the backups"),
    "vault export": ("vault.copies", "copy the stored keys into a new vault file, for another machine"),
    "vault import": (
        "vault.copies",
        "take the keys out of another file, or merge another state of this vault",
    ),
    # moving in
    "import aws-vault": ("imports.aws_vault", "take over the keys that aws-vault has stored"),
    "import credentials-file": (
        "imports.credentials_file",
        "take over the keys in ~/.aws/credentials",
    ),
    "migrate": ("migrate", "move stored keys from one backend to another"),
    # the rest
    "backends list": ("backends.listing", "list where credentials can be kept"),
    "backends info": ("backends.listing", "show who provides a backend, and whether it works here"),
    "backends accept": ("backends.plugins", "let another distribution provide a backend"),
    "backends new": ("backends.plugins", "write a new plug-in that provides a backend"),
    "doctor": ("doctor", "check the setup, and show how to fix it"),
    "shell-init": ("shell_init", "print pv-assume, pv-unset and completions for a shell"),
    "version": ("version", "print the version"),
    "complete": ("complete", "list the completions at the cursor"),
}

#: Called by programs; the help does not speak of them.
HIDDEN = frozenset({"complete", "proxy"})

#: After these no answer of before is given again; what a command has changed without them is seen in the files.
ENDS_WARM = frozenset(
    {
        "add",
        "clear",
        "import aws-vault",
        "import credentials-file",
        "lock",
        "login-session",
        "logout-session",
        "migrate",
        "remove",
        "rotate",
        "sso login",
        "sso logout",
        "vault accept",
        "vault import",
        "vault passwd",
        "vault rekey",
        "vault restore",
        "vault slot add",
        "vault slot remove",
    }
)

ALIASES = {"ls": "list", "rm": "remove", "migrate-backend": "migrate"}

GLOBAL_HELP: tuple[tuple[str, str], ...] = (
    ("--backend NAME", "where credentials are kept; also PYVAULT_BACKEND"),
    ("--backend-option K=V", "an option of the backend; NAME.K=V of that one; may be repeated"),
    ("--prompt NAME", "how MFA codes are asked for"),
    ("--passphrase-fd N", "read the passphrase from this file descriptor"),
    ("--new-passphrase-fd N", "read a new passphrase from this file descriptor"),
    ("--weak-passphrase", "accept a new passphrase that is short or common; also PYVAULT_WEAK_PASSPHRASE=1"),
    ("--slot SLOT", "open the vault with this slot only: its id, as in vault info, or its kind"),
    ("--no-input", "never ask; fail with exit code 4 instead"),
    ("--config FILE", "pyvault's own config file; also PYVAULT_CONFIG"),
    ("--debug", "log to stderr"),
    ("--version", "print the version"),
)


def help_text(group: str = "", *, width: int = 80) -> str:
    """Write the help of the program, or of a group of commands.

    Args:
        group: of which; empty for all.
        width: of the screen, in characters; no line is longer that can be broken.
    """
    prefix = f"{group} " if group else ""
    rows = [(name, text) for name, (_, text) in COMMANDS.items() if name.startswith(prefix) and name not in HIDDEN]
    lines = [*_broken(f"Usage: pyvault {prefix}COMMAND [OPTIONS] [--] [WORDS...]", width, ""), "", "Commands:"]
    lines += _columns(rows, width)
    lines += ["", "Options, before or after the command:", *_columns(GLOBAL_HELP, width)]
    lines += ["", *_broken("'pyvault COMMAND --help' shows the options of a command.", width, "")]
    return "\n".join(lines) + "\n"


def _columns(rows: list[tuple[str, str]] | tuple[tuple[str, str], ...], width: int) -> list[str]:
    first = max(len(name) for name, _ in rows) + 4
    if first > width // 2:  # no room for a second column: what it says stands below
        return [line for name, text in rows for line in (f"  {name}", *_broken(text, width, " " * 6))]
    return [
        f"{'' if number else f'  {name}':<{first}}{line.strip()}"
        for name, text in rows
        for number, line in enumerate(_broken(text, width, " " * first))
    ]


def _broken(text: str, width: int, indent: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines
