"""Where botocore has an opinion on a profile's source, it is ours; what differs on purpose stands in a table."""

import os
from itertools import combinations
from pathlib import Path

import pytest
from botocore.exceptions import (
    BotoCoreError,
    CredentialRetrievalError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    MissingDependencyException,
    PartialCredentialsError,
)
from botocore.session import Session

from aws_profiles import plan_of
from pyvault.errors import PyvaultError
from pyvault.planning.plan import PlanOptions
from pyvault.planning.steps import ProcessStep
from source_matrix import INHERITED, OWN, Row, keys_of

#: How botocore names what it found, and the last step of ours that means the same.
STEP_OF_METHOD = {
    "assume-role": "sts.AssumeRole",
    "assume-role-with-web-identity": "sts.AssumeRoleWithWebIdentity",
    "sso": "sso.GetRoleCredentials",
    "custom-process": "credential_process",
    "shared-credentials-file": "stored",
    "config-file": "stored",
}
#: Errors by which it shows what it would have taken: no awscrt here, no container.
STEP_OF_ERROR: dict[type[BotoCoreError], str] = {
    MissingDependencyException: "login_session",
    CredentialRetrievalError: "sts.AssumeRole",
}

#: By the profile's own source: what botocore says, and why we do otherwise.
WANTED_DIFFERENCES = {
    "none": ("nothing", "[default] hands its source on, as in aws-vault"),
    "role": (PartialCredentialsError, "a role stays on the source that [default] names, as in aws-vault"),
    "self+role": (
        InfiniteLoopConfigError,
        "it says that the keys stand beside it; without any, [default]'s source counts",
    ),
    "source_profile": ("nothing", "without a role it hands on the other profile's credentials, as in aws-vault"),
    "surroundings": ("nothing", "without a role it hands on the surroundings' credentials"),
    "sign-in": ("nothing", "a sign-in without a choice is an error, or takes a choice that [default] has"),
    "choice": (InvalidConfigError, "an account and a role take the sign-in of [default]"),
    "token process": (PartialCredentialsError, "web_identity_token_process is aws-vault's"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def said_by_botocore(home: Path, config: str, credentials: str) -> tuple[str | type[BotoCoreError], str]:
    """Return the step that botocore would end in, or its error, and the key id if it has one without a call."""
    (home / "config").write_text(config)
    (home / "credentials").write_text(credentials)
    try:
        found = Session(profile="p").get_credentials()
    except BotoCoreError as error:
        return STEP_OF_ERROR.get(type(error), type(error)), ""
    if found is None:
        return "nothing", ""
    step = STEP_OF_METHOD[found.method]
    return step, found.access_key if step in {"credential_process", "stored"} else ""


def keys_in_file(*names: str) -> str:
    return "".join(f"[{name}]\naws_access_key_id = AKIA{name}\naws_secret_access_key = s\n" for name in names)


@pytest.mark.parametrize("inherited", INHERITED)
@pytest.mark.parametrize("own", OWN)
def test_a_source_of_its_own(home: Path, own: str, inherited: str) -> None:
    row = Row(own=own, inherited=inherited, layer="default")
    theirs, key = said_by_botocore(home, row.text, keys_in_file(*row.stored))
    if own in WANTED_DIFFERENCES:
        assert theirs == WANTED_DIFFERENCES[own][0]
        return
    options = PlanOptions(allow_plaintext_source=True, no_session=True)
    last = plan_of(row.text, "p", stored=row.stored, options=options).steps[-1]
    assert last.op == theirs
    assert last.profile == "p"
    if isinstance(last, ProcessStep):
        assert key in last.command


PAIRED = ("role+source_profile", "web identity", "sso", "login", "process", "keys", "keys of the credentials file")
KEYS_LAST = "keys in plain text are used only when that is allowed, so they come last"
#: Two sources in one profile: what botocore takes, and why we take the other.
WANTED_ORDER = {
    ("role+source_profile", "web identity"): "source_profile is nearer to a person than a platform's token",
    ("web identity", "sso"): "SSO comes first in aws-vault",
    ("login", "keys of the credentials file"): KEYS_LAST,
    ("process", "keys of the credentials file"): KEYS_LAST,
}


@pytest.mark.parametrize(("one", "other"), list(combinations(PAIRED, 2)))
def test_two_sources_in_one_profile(home: Path, one: str, other: str) -> None:
    texts = [keys_of(source, "own") for source in (one, other) if source != PAIRED[-1]]
    config = f"[profile p]\n{''.join(dict.fromkeys(texts))}[profile ownbase]\n"
    credentials = keys_in_file(*(["p"] if other == PAIRED[-1] else []), "ownbase")
    theirs, _ = said_by_botocore(home, config, credentials)
    options = PlanOptions(allow_plaintext_source=True, no_session=True)
    try:
        plan = plan_of(config, "p", stored=("ownbase",), options=options, credentials=credentials)
    except PyvaultError as error:
        raise AssertionError(error.message) from None
    first_of_p = next(step.op for step in plan.steps if step.profile == "p")
    assert (first_of_p == theirs) is ((one, other) not in WANTED_ORDER)
