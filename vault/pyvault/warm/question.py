"""What a question consists of: who asks, with which words, and every variable that has a say in the answer.

The tables are the one list of the variables that the ordinary path of ``exec`` and ``export``
may read. What stands here is part of an entry's name, so that another value is another question.
What a store or its programs read is declared by the driver, and kept in the entry; see
:class:`pyvault.backend.Foreseeable`. A test with an environment that spies holds
that nothing else is read.
"""

import os
import sys

from pyvault.version import __version__
from pyvault.warm.box import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: All variables that begin so.
FAMILIES = {
    "AWS_": "settings, credentials and files of AWS; aws-vault's options",
    "PYVAULT_": "our own settings, and options of backends",
    "XDG_": "where our files are",
}

#: Read in whatever case: what a command is told of proxies beside a server.
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy"})

READ = {
    "HOME": "where all files are",
    "USERPROFILE": "where the AWS files are, without HOME",
    "ANDROID_DATA": "whether this is Android, and so where our files are",
    "ANDROID_ROOT": "the same",
    "SHELL": "the same",
    "PREFIX": "the same",
    "BOTO_CONFIG": "what a child may not follow",
    "REQUESTS_CA_BUNDLE": "certificates for our own calls",
    "SSL_CERT_FILE": "certificates for our own calls",
    "SSL_CERT_DIR": "certificates for our own calls",
    "LANG": "the encoding of output",
    "LC_ALL": "the encoding of output",
    "LC_CTYPE": "the encoding of output",
}

#: Read, but without a say in the answer: a warm answer asks and shows nothing, and searches the program anew.
WITHOUT_A_SAY = {
    "PATH": "the program is searched in it each time",
    "TERM": "whether to show colour",
    "DIRENV_IN_ENVRC": "what a shell is told of a failure",
    "TYPER_USE_RICH": "how help looks",
    "NO_COLOR": "whether to show colour",
    "COLUMNS": "how wide help is",
    "LINES": "how long help is",
}

#: A warm answer is never given beside these: a passphrase must be checked each time, and nothing that is
#: quick to compute from one may be kept; an assumed profile has changed what the rest means.
NEVER = frozenset(
    {
        "PYVAULT_PASSPHRASE",
        "PYVAULT_NEW_PASSPHRASE",
        "AWS_VAULT_FILE_PASSPHRASE",
        "PV_NAMES",
    }
)
#: Options of backends in the environment that may be a passphrase.
NEVER_WITHIN = "PYVAULT_BACKEND_"
SECRET_WORDS = ("PASS", "PIN", "SECRET", "TOKEN", "UNLOCK")
SWITCH = "PYVAULT_WARM"


def is_off(environ: "Mapping[str, str]") -> bool:
    """Return whether these variables rule a warm answer out."""
    if environ.get(SWITCH, "").lower() in {"0", "false", "no"}:
        return True
    return any(name in NEVER or (name.startswith(NEVER_WITHIN) and _may_be_secret(name)) for name in environ)


def said(environ: "Mapping[str, str]") -> list[tuple[str, str]]:
    """Return the variables that have a say in the answer, sorted."""
    families = tuple(FAMILIES)
    return sorted(
        (name, value)
        for name, value in environ.items()
        if name in READ or name.startswith(families) or name.lower() in PROXIES
    )


def declared(patterns: "Iterable[str]", environ: "Mapping[str, str]") -> list[tuple[str, str]]:
    """Return the variables that a driver has declared, sorted.

    Args:
        patterns: names, and beginnings of names with an asterisk behind.
        environ: the environment.
    """
    names = frozenset(patterns)
    families = tuple(name[:-1] for name in names if name.endswith("*"))
    return sorted((name, value) for name, value in environ.items() if name in names or name.startswith(families))


def _may_be_secret(name: str) -> bool:
    return any(word in name.partition("__")[2].upper() for word in SECRET_WORDS)


def question_of(words: "Sequence[str]", environ: "Mapping[str, str]") -> bytes:
    """Return everything that the question consists of, as bytes to hash.

    Args:
        words: of the command line that are ours.
        environ: the environment.
    """
    groups = " ".join(map(str, sorted(os.getgroups())))
    who = f"{os.getuid()} {os.geteuid()} {os.getgid()} {os.getegid()} {groups}"
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return pack(
        (
            __version__.encode(),
            who.encode(),
            encoding.encode(),
            pack(map(os.fsencode, words)),
            pack_variables(said(environ)),
        )
    )


def pack_variables(variables: "Iterable[tuple[str, str]]") -> bytes:
    """Write names and values by turns."""
    return pack(os.fsencode(text) for pair in variables for text in pair)


def words_of(argv: "Sequence[str]") -> "Sequence[str] | None":
    """Return our words of a command line that may have a warm answer; None if it may not."""
    if argv[:1] == ["export"]:
        return argv
    if argv[:1] == ["exec"] and "--" in argv[:-1]:
        return argv[: argv.index("--")]
    return None
