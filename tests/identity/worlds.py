"""Random AWS files, variables and vaults: whatever a person, a tool or a platform may have left there.

Each place names credentials of its own, so that whoever gets some can be told from where.
``@`` in a text stands for the directory that a world is laid out in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hypothesis import strategies as st

from identity.principals import key_of, process_of

PROFILES: Final = ("default", "a", "b", "c")
PORTALS: Final = {"one": "https://one.example/start", "two": "https://two.example/start"}
ROLES: Final = "arn:aws:iam::{account}:role/{who}"
ACCOUNTS: Final = ("111111111111", "222222222222")
TOKENS: Final = ("left", "right")

NAMES = st.sampled_from(PROFILES)
ACCOUNT = st.sampled_from(ACCOUNTS)
SIGN_INS = st.sampled_from(
    [
        *([f"sso_session = {name}"] for name in PORTALS),
        *([f"sso_start_url = {url}", "sso_region = us-east-1"] for url in PORTALS.values()),
    ]
)
SIGN_IN, CHOICE = "sign-in", "choice"


@dataclass(frozen=True, kw_only=True)
class World:
    """What ``pyvault exec`` is started in, and for whom.

    Attributes:
        stored: whose keys are in the vault.
        environ: the variables of the user, apart from what every process has.
        plaintext: keys in the files may be used.
        other: a profile that the program names itself.
    """

    config: str
    credentials: str
    stored: tuple[str, ...]
    environ: tuple[tuple[str, str], ...]
    profile: str
    plaintext: bool
    no_session: bool
    other: str

    def lay_out(self, directory: Path, server: str) -> dict[str, str]:
        """Write the files; return the whole environment."""
        for name, text in (("config", self.config), ("credentials", self.credentials)):
            (directory / name).write_text(text.replace("@", str(directory)), newline="")
        return {
            "HOME": str(directory),
            "PATH": "/usr/bin:/bin",
            "AWS_CONFIG_FILE": str(directory / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{server}/instance",
            **{name: value.replace("@", str(directory)).replace("SERVER", server) for name, value in self.environ},
        }


def _keys_in(place: str) -> list[str]:
    return [f"aws_access_key_id = {key_of(f'the keys in {place}', long_lived=True)}", "aws_secret_access_key = s"]


@st.composite
def sources(draw: st.DrawFn, kind: str, place: str) -> list[str]:  # noqa: PLR0911 - one for each kind
    """Draw the lines of one source, as they stand in *place*."""
    match kind:
        case "keys":
            return _keys_in(place) + draw(st.sampled_from([[], ["aws_session_token = t"]]))
        case "half a pair":
            return _keys_in(place)[:1]
        case "process":
            static, account = draw(st.booleans()), draw(st.none() | ACCOUNT)
            return [f"credential_process = {process_of(f'the process in {place}', static=static, account=account)}"]
        case "surroundings":
            return [
                f"credential_source = {draw(st.sampled_from(['Environment', 'EcsContainer', 'Ec2InstanceMetadata']))}"
            ]
        case "token":
            return [f"web_identity_token_file = @/{draw(st.sampled_from(TOKENS))}"]
        case "sign-in":
            return list(draw(SIGN_INS))
        case "choice":
            return [f"sso_account_id = {draw(ACCOUNT)}", f"sso_role_name = of-{place.replace(' ', '-')}"]
        case "login":
            return [f"login_session = arn:aws:iam::{draw(ACCOUNT)}:user/me"]
        case _:
            return [f"source_profile = {draw(NAMES)}"]


KINDS = st.sampled_from(
    [
        *("keys", "process", "process", "surroundings", "token", "half a pair", "login", SIGN_IN, CHOICE),
        *("source_profile", "source_profile", "source_profile", "an SSO role", "an SSO role"),
    ]
)
EXTRAS = st.sampled_from(
    [
        *("region = us-east-1", "region = eu-west-1", "mfa_serial = arn:aws:iam::111111111111:mfa/me", "output = json"),
        *("external_id = ext", "duration_seconds = 7200", "role_session_name = me", "use_fips_endpoint = true"),
        *("endpoint_url = http://127.0.0.1:9", "services = s", "ignore_configured_endpoint_urls = true"),
        *("aws_account_id = 111111111111", "ec2_metadata_service_endpoint = http://127.0.0.1:9"),
        *(f"include_profile = {name}" for name in PROFILES),
        *(f"include_profile = {name}" for name in PROFILES),
    ]
)
#: What makes a value another one for some readers; most lines have nothing of the kind.
ODDITIES = ("", *[""] * 30, " # mine", " ; mine")


@st.composite
def sections(draw: st.DrawFn, name: str, file: str) -> list[str]:
    """Draw what one file says about a profile."""
    place = f"{name} of {file}"
    lines: list[str] = []
    for kind in dict.fromkeys(draw(KINDS) for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2])))):
        for each in (SIGN_IN, CHOICE) if kind == "an SSO role" else (kind,):
            lines += draw(sources(each, place))
    if draw(st.sampled_from([True, False, False])):
        role = f"of-{place.replace(' ', '-')}"
        lines.append(f"role_arn = {ROLES.format(account=draw(ACCOUNT), who=role)}")
    if draw(st.integers(0, 2)) == 0:
        lines += draw(st.lists(EXTRAS, max_size=2))
    once = {line.partition(" = ")[0]: line for line in draw(st.permutations(lines))}
    spelling = draw(st.sampled_from([str, str, str, str.upper]))
    equals = draw(st.sampled_from([" = ", " = ", "=", " : ", " ="]))
    written = [
        f"{spelling(key)}{equals}{line.partition(' = ')[2]}{draw(st.sampled_from(ODDITIES))}"
        for key, line in once.items()
    ]
    if written and draw(st.integers(0, 19)) == 0:  # deeper than the line before it: one value for some, two for others
        written[-1] = f"  {written[-1]}"
    return written


@st.composite
def files(draw: st.DrawFn, file: str) -> str:
    """Draw one of the two files."""
    config = file == "config"
    lines = [draw(st.sampled_from(["", "# mine", "; mine"]))]
    for name in draw(st.permutations(PROFILES)):
        if draw(st.integers(0, 6 if config else 2)) == 0:
            continue
        plain = f"[{name}]"
        long = draw(st.sampled_from([f"[profile {name}]", f'[profile "{name}"]', f"[ profile {name} ]", f"[ {name} ]"]))
        usual = plain if not config or name == "default" else f"[profile {name}]"
        lines.append(draw(st.sampled_from([usual] * 8 + [long, plain])))
        lines += draw(sections(name, file))
        if draw(st.integers(0, 14)) == 0:
            lines += ["s3 =", "  max_queue_size = 1", "  role_arn = nested"]
    if config:
        for name, url in PORTALS.items():
            lines += [f"[sso-session {name}]", f"sso_start_url = {url}", "sso_region = us-east-1"]
        lines += ["[services s]", "s3 =", "  endpoint_url = http://127.0.0.1:9"]
        if draw(st.integers(0, 9)) == 0:  # where another section of the same meaning stands as well
            lines += [draw(st.sampled_from(["[default]", "[profile default]", "[DEFAULT]", "[profile a]"]))]
            lines += draw(sections("more", file))
    return draw(st.sampled_from(["\n", "\n", "\r\n"])).join([*lines, ""])


#: What a shell, a platform or another tool may have set.
VARIABLES: Final = {
    "AWS_ACCESS_KEY_ID": [key_of("the environment", long_lived=True)],
    "AWS_SECRET_ACCESS_KEY": ["s"],
    "AWS_SESSION_TOKEN": ["old"],
    "AWS_SECURITY_TOKEN": ["old"],
    "AWS_CREDENTIAL_EXPIRATION": ["2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"],
    "AWS_ACCOUNT_ID": ["999999999999"],
    "AWS_PROFILE": [*PROFILES, "gone"],
    "AWS_DEFAULT_PROFILE": [*PROFILES],
    "AWS_ROLE_ARN": [ROLES.format(account="333333333333", who="of-the-platform")],
    "AWS_WEB_IDENTITY_TOKEN_FILE": ["@/platform"],
    "AWS_ROLE_SESSION_NAME": ["platform"],
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": ["SERVER/container"],
    "AWS_CREDENTIAL_FILE": ["@/old-tools"],
    "BOTO_CONFIG": ["@/boto.cfg"],
    "AWS_SDK_LOAD_CONFIG": ["1"],
    "AWS_EC2_METADATA_DISABLED": ["true"],
    "AWS_REGION": ["us-west-2"],
    "AWS_MFA_SERIAL": ["arn:aws:iam::111111111111:mfa/mine"],
    "AWS_ENDPOINT_URL_S3": ["http://127.0.0.1:9"],
    "AWS_ENDPOINT_URL": ["http://127.0.0.1:9"],
    "AWS_BEARER_TOKEN_BEDROCK": ["old"],
}
TOGETHER: Final = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME"),
)


@st.composite
def environs(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    """Draw the user's variables; what a platform sets together mostly comes together."""
    names = set(draw(st.lists(st.sampled_from(sorted(VARIABLES)), max_size=3)))
    for group in TOGETHER:
        if draw(st.sampled_from([True, *[False] * 4])):
            names |= set(group)
    return tuple((name, draw(st.sampled_from(VARIABLES[name]))) for name in sorted(names))


WORLDS = st.builds(
    World,
    config=files("config"),
    credentials=st.just("") | files("credentials"),
    stored=st.sampled_from([(), (), ("a",), ("default", "c"), ("a", "b")]),
    environ=environs(),
    profile=NAMES,
    plaintext=st.booleans(),
    no_session=st.booleans(),
    other=NAMES,
)


def furnish(directory: Path) -> None:
    """Write what stands in the home directory of every world."""
    import hashlib
    import json

    from identity.principals import FAR_TEXT, sso_token

    for name in (*TOKENS, "platform"):
        (directory / name).write_text(f"{name}\n")
    old, boto = (key_of(f"the file of {whose}", long_lived=True) for whose in ("old tools", "boto"))
    (directory / "old-tools").write_text(f"AWSAccessKeyId={old}\nAWSSecretKey=s\n")
    for path in (directory / "boto.cfg", directory / ".boto"):
        path.write_text(f"[Credentials]\naws_access_key_id = {boto}\naws_secret_access_key = s\n")
    cache = directory / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    for name, url in PORTALS.items():
        token = {"startUrl": url, "region": "us-east-1", "accessToken": sso_token(url), "expiresAt": FAR_TEXT}
        for key in (name, url):
            (cache / f"{hashlib.sha1(key.encode()).hexdigest()}.json").write_text(json.dumps(token))  # noqa: S324 - the AWS CLI's names
