"""The variables that the ordinary path of ``exec`` and ``export`` may read: the one list of them.

What stands here is part of an entry's name, so that another value is another question.
What a store or its programs read is declared by the driver, and kept in the entry; see
:class:`pyvault.backend.Foreseeable`. A test with an environment that spies holds
that nothing else is read.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: All variables that begin so.
FAMILIES = {
    "AWS_": "settings, credentials and files of AWS; aws-vault's options",
    "PYVAULT_": "our own settings, and options of backends",
    "XDG_": "where our files are",
}

READ = {
    "HOME": "where all files are",
    "USERPROFILE": "where the AWS files are, without HOME",
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
    return sorted((name, value) for name, value in environ.items() if name in READ or name.startswith(families))


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
