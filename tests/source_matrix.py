"""Own source x inherited source x layer, and what the rules make of each, told a second time.

The rules are written down here as people say them, over names of sources instead of
keys and layers, so that a mistake of the resolver is not also one of the expectation.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

ROLE = "arn:aws:iam::{account}:role/{who}"
#: By account: the profile's own and the inherited one.
ACCOUNTS: Final = {"own": "222222222222", "inh": "111111111111"}


def keys_of(source: str, who: str) -> str:
    """Return the lines of a profile that name a source, as *who* would."""
    account = ACCOUNTS[who]
    role = f"role_arn = {ROLE.format(account=account, who=who)}\n"
    choice = f"sso_account_id = {account}\nsso_role_name = {who}\n"
    process = '{"Version":1,"AccessKeyId":"AKIA%s","SecretAccessKey":"s"}'
    return {
        "none": "",
        "stored": "",
        "keys": f"aws_access_key_id = AKIAFILE{who.upper()}\naws_secret_access_key = s\n",
        "source_profile": f"source_profile = {who}base\n",
        "role+source_profile": f"{role}source_profile = {who}base\n",
        "self+role": f"{role}source_profile = p\n",
        "sso": f"sso_start_url = https://{who}.example/start\nsso_region = us-east-1\n{choice}",
        "sso_session": f"sso_session = {who}\n{choice}",
        "sign-in": f"sso_session = {who}\n",
        "choice": choice,
        "web identity": f"{role}web_identity_token_file = /{who}/token\n",
        "token process": f"{role}web_identity_token_process = {who}-token\n",
        "login": f"login_session = arn:aws:iam::{account}:user/{who}\n",
        "process": f"credential_process = printf '{process % who.upper()}'\n",
        "surroundings": "credential_source = {}\n".format({"own": "EcsContainer", "inh": "Environment"}[who]),
        "role+surroundings": role
        + "credential_source = {}\n".format({"own": "EcsContainer", "inh": "Environment"}[who]),
        "role": role,
    }[source]


OWN: Final = (
    *("none", "stored", "keys", "source_profile", "role+source_profile", "self+role", "sso", "sso_session"),
    *("sign-in", "choice", "web identity", "token process", "login", "process"),
    *("surroundings", "role+surroundings", "role"),
)
#: Not "stored": whose keys are in the vault is no matter of a layer.
INHERITED: Final = tuple(source for source in OWN if source not in {"stored", "self+role"})
LAYERS: Final = ("default", "include")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell of the matrix."""

    own: str
    inherited: str
    layer: str

    @property
    def text(self) -> str:
        """The config file."""
        head = "[default]\n" if self.layer == "default" else "[profile common]\n"
        include = "" if self.layer == "default" else "include_profile = common\n"
        return (
            f"{head}{keys_of(self.inherited, 'inh')}"
            f"[profile p]\n{include}{keys_of(self.own, 'own')}"
            "[profile ownbase]\n[profile inhbase]\n"
            "[sso-session own]\nsso_start_url = https://own.example/start\nsso_region = us-east-1\n"
            "[sso-session inh]\nsso_start_url = https://inh.example/start\nsso_region = us-east-1\n"
        )

    @property
    def stored(self) -> tuple[str, ...]:
        """Whose keys are in the vault."""
        return ("ownbase", "inhbase", *(["p"] if self.own == "stored" else []))


ROWS: Final = [
    Row(own=own, inherited=inherited, layer=layer)
    for own, inherited, layer in itertools.product(OWN, INHERITED, LAYERS)
]

#: What stands behind each word: the source in it, and whether a role stands beside it.
WITHOUT_SOURCE: Final = {"none", "role", "self+role"}
WITH_ROLE: Final = {
    *("role+source_profile", "self+role", "web identity", "token process", "role+surroundings", "role"),
}


def expected(row: Row) -> list[str] | str:  # noqa: PLR0911 - one for each rule
    """Return the steps as ``op who`` and ``role who``, or the beginning of the error.

    1. A source of its own wins; else the inherited one. Keys are not inherited.
    2. A role of its own stays. An inherited role comes along with the inherited source;
       without it only from an include, and only onto source_profile or credential_source.
    3. Half an SSO: a choice of its own goes with an inherited sign-in.
    """
    has_own = row.own not in WITHOUT_SOURCE
    has_inherited = row.inherited not in {*WITHOUT_SOURCE, "keys"}
    if row.own == "choice":
        whose = "inh" if row.inherited in {"sso", "sso_session", "sign-in"} else "own"
        if whose == "own":
            return "there is no sso_session or sso_start_url"
        return ["sso inh for own"]
    if row.own == "sign-in":
        return ["sso own for inh"] if row.inherited == "choice" else "has no sso_account_id"
    source, who = (row.own, "own") if has_own else (row.inherited, "inh") if has_inherited else ("none", "")
    if source == "none":
        return "credentials missing"
    if source in {"sign-in", "choice"}:  # inherited, and nobody has the other half
        return "has no sso_account_id" if source == "sign-in" else "there is no sso_session or sso_start_url"
    role = _role(row, source, inherits_source=not has_own)
    first = _first(source, who)
    if first.startswith("web identity"):
        return [f"{first} role {role}"]
    if source == "keys":
        return "plain text"
    return [first, *([f"role {role}"] if role else [])]


def _role(row: Row, source: str, *, inherits_source: bool) -> str:
    if row.own in WITH_ROLE:
        return "own"
    if row.inherited not in WITH_ROLE:
        return ""
    may = inherits_source or (row.layer == "include" and source in {"source_profile", "surroundings"})
    return "inh" if may else ""


def _first(source: str, who: str) -> str:
    match source.removeprefix("role+"):
        case "source_profile":
            return f"stored {who}base"
        case "stored":
            return "stored p"
        case "sso" | "sso_session":
            return f"sso {who} for {who}"
        case "web identity" | "token process":
            return f"web identity {who}"
        case plain:
            return f"{plain} {who}"
