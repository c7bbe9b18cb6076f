"""Targets: files of ours, and of other programs, that are read by their path.

What decides is refused (exit 5); what is only a cache, a mark or somebody else's is dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from fuzz.records import ALL, LATER, written
from fuzz.target import CANARY, Target, as_text, placed
from pyvault import settings
from pyvault.config.clients import ClientSettings
from pyvault.mfa.used_codes import UsedCodes
from pyvault.process.chain import VARIABLE, running_for
from pyvault.sessions import flight_failure
from pyvault.sessions.session_vault import known_clearing
from pyvault.sso.cli_cache import cache_path, read_aws_cache
from pyvault.sso.session import SsoSession
from pyvault.storage.choice_file import ChoiceFile
from pyvault.vaultfile.file_options import VaultSettings
from pyvault.vaultfile.state.places import find_writer
from pyvault.vaultfile.state.trust_file import format_states, parse_states
from pyvault.vaultfile.state.trust_store import TrustStore
from server.serving import NOON

CONFIGURATION = 5
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
PORTAL = SsoSession(name="corp", start_url="https://corp.awsapps.com/start", client=ClientSettings(region="eu-west-1"))
SEEN = {
    "path": "/home/ann/vault.pyv", "fingerprint": "ab" * 16, "epoch": 1, "generation": 7, "txid": "cd" * 16,
    "places": ["/home/ann/vault.pyv", "/mnt/vault.pyv"], "own": {"generation": 6, "txid": "ef" * 16}, "unproven": 5,
}  # fmt: skip
CONFIG = b"""backend = "file"
[exec]
hide_shared_config = true
[login]
browser = "firefox"
[plugins]
allow = ["acme-vault"]
[prompt]
driver = "zenity"
"""
TABLES = b"""[backend]
name = "file"
[backend.file]
path = "~/vault.pyv"
lock_timeout = 5
kdf = "high"
kdf_memory_limit = 1024
min_generation = "7"
expect_vault_id = "abababababababababababababababab"
expect_fingerprint = "abababababababababababababababab,cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
insecure_directory = true
keyfile = "~/ci.key"
"""


def take_trust(data: bytes) -> None:
    known = TrustStore(placed("trust/trust.json", data)).known_states()
    assert parse_states(format_states(known)) == known


def take_config(data: bytes) -> None:
    """Read our settings, and those of the vault file among them."""
    parsed = settings.load(placed("config/config.toml", data))
    VaultSettings.parse(parsed.backend_options.get("file", {}))


def take_choice(data: bytes) -> None:
    ChoiceFile(placed("choice/choice.json", data)).chosen()


def take_marks(data: bytes) -> None:
    """Read small files that say one thing, and what stands in a variable; what can't be read says nothing."""
    path = placed("marks/mark", data)
    find_writer(path)
    known_clearing(path)
    running_for({VARIABLE: as_text(data)})


def take_claims(data: bytes) -> None:
    record = f"claims/mfa-{hashlib.sha256(DEVICE.encode()).hexdigest()[:32]}.json"
    left = UsedCodes(placed(record, data).parent, lambda: NOON).until_next(DEVICE)
    assert left is None or timedelta(0) < left <= timedelta(seconds=30)


def take_failure(data: bytes) -> None:
    record = placed("failures/one.failed", data)
    flight_failure.mark(record)
    flight_failure.reraise(record)


def take_aws_cache(data: bytes) -> None:
    folder = placed("cache/none", b"").parent
    placed(f"cache/{cache_path(folder, PORTAL).name}", data)
    found = read_aws_cache(folder, PORTAL)
    assert found is None or found.expires.tzinfo is not None


def _state(name: str, run: Callable[[bytes], object], seeds: tuple[bytes, ...]) -> Target:
    return Target(name=name, run=run, seeds=seeds, exits=frozenset({CONFIGURATION}), is_silent=False)


def _cache(name: str, run: Callable[[bytes], object], seeds: tuple[bytes, ...]) -> Target:
    return Target(name=name, run=run, seeds=seeds)


TARGETS = (
    _state("trust", take_trust, written({"00" * 16: SEEN}, {"00" * 16: SEEN, "11" * 16: {**SEEN, "places": []}}, {})),
    _state(
        "choice",
        take_choice,
        written({"v": 1, "backend": "file", "plugins": {"acme": {"distribution": "acme-vault", "version": "1.2"}}}, {"v": 1}),
    ),
    _state("config-toml", take_config, (CONFIG, TABLES)),
    _cache("marks", take_marks, (b"ab" * 16 + b"\n", b"1700000000\n", b'["prod", "dev"]')),
    _cache("mfa-claims", take_claims, written({"ab" * 32: int(NOON.timestamp()) // 30, "cd" * 32: 1})),
    _cache(
        "aws-cache",
        take_aws_cache,
        written(
            {"startUrl": PORTAL.start_url, "region": "eu-west-1", "accessToken": CANARY, "expiresAt": LATER},
            {"startUrl": PORTAL.start_url, "accessToken": CANARY, "expiresAt": "2030-01-01T00:00:00UTC"},
        ),
    ),
    Target(
        name="failure",
        run=take_failure,
        seeds=(*written({"mark": "ab", "type": "AwsError", "message": "no", "code": "Denied", "hint": "x"}),
               json.dumps({"mark": "ab", "type": "KeyError"}).encode()),
        exits=ALL,
    ),
)  # fmt: skip
