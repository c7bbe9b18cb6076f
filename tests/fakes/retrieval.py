"""A retriever over the strict local AWS: real botocore, real session file, a store in memory."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fake_aws.client import REGION, FakeAws
from fakes.tools import Tools, nobody_signs_in
from pyvault.aws.client import BotoCalls
from pyvault.clock import from_epoch
from pyvault.config.config_file import ConfigFile
from pyvault.config.load import load_profile
from pyvault.config.profile import Flags
from pyvault.errors import ItemNotFoundError
from pyvault.mfa.codes import MfaCodes, MfaRequest
from pyvault.mfa.used_codes import UsedCodes
from pyvault.model import Credentials, StoredCredentials
from pyvault.paths import Paths
from pyvault.planning.first_step import PlanOptions
from pyvault.planning.plan import make_plan
from pyvault.planning.steps import Plan
from pyvault.retrieval.walk import Retriever
from pyvault.secret import Secret
from pyvault.sessions.cache import CacheMode, SessionCache, open_session_vault
from pyvault.sessions.single_flight import SingleFlight
from pyvault_backends.memory import MemoryBackend


@dataclass
class Keys:
    """Stored keys in a dict."""

    pairs: dict[str, StoredCredentials] = field(default_factory=dict[str, StoredCredentials])

    def get(self, profile: str) -> StoredCredentials:
        try:
            return self.pairs[profile]
        except KeyError:
            raise ItemNotFoundError(profile) from None

    def access_key_id(self, profile: str) -> str:
        return self.get(profile).access_key_id


class Bench:
    """Everything that carries out plans, in one directory, on the fake's clock."""

    def __init__(self, aws: FakeAws, directory: Path) -> None:
        self.aws = aws
        self.directory = directory
        self.keys = Keys()
        self.backend = MemoryBackend()
        self.environ: dict[str, str] = {"AWS_ENDPOINT_URL": aws.url, "AWS_REGION": REGION, "PATH": "/usr/bin:/bin"}
        self.prompts: list[MfaRequest] = []
        self.waits: list[timedelta] = []
        self.notes: list[str] = []
        self.config = ""
        self.device = "mfa-user"
        self.sessions = self.open_sessions()

    @property
    def paths(self) -> Paths:
        where = self.directory
        return Paths(
            config_file=where / "config.toml", data=where / "data", state=where / "state", find_runtime=lambda: where
        )

    def open_sessions(self) -> SessionCache:
        return open_session_vault(self.paths, "memory", {}, self.backend, note=self.notes.append, clock=self.now)

    def now(self) -> datetime:
        return from_epoch(self.aws.now())

    def store(self, profile: str, user: str) -> None:
        pair = self.aws.key(user)
        self.keys.pairs[profile] = StoredCredentials(
            access_key_id=pair.access_key_id, secret_access_key=Secret(pair.secret_access_key)
        )

    def wait(self, left: timedelta) -> None:
        self.waits.append(left)
        self.aws.advance(left.total_seconds())

    def prompt(self, request: MfaRequest) -> Secret[str]:
        self.prompts.append(request)
        return Secret(self.aws.totp(self.device))

    def tools(self, *, given: str | None = None) -> Tools:
        return Tools(
            store=self.keys,
            calls=BotoCalls(),
            sessions=self.sessions,
            flight=SingleFlight(self.paths.locks),
            mfa=MfaCodes(
                used_codes=UsedCodes(self.paths.locks, self.now),
                wait=self.wait,
                environ=self.environ,
                given=Secret(given) if given else None,
                prompt=self.prompt,
            ),
            sso=nobody_signs_in,
            environ=self.environ,
            clock=self.now,
        )

    def plan(self, profile: str, *, flags: Flags | None = None, options: PlanOptions | None = None) -> Plan:
        config = ConfigFile.parse(textwrap.dedent(self.config).encode(), Path("config"))
        stored = set(self.keys.pairs)
        loaded = load_profile(config, None, profile, self.environ, flags or Flags(), stored=stored)
        return make_plan(loaded, stored=stored, options=options or PlanOptions())

    def get(
        self,
        profile: str,
        *,
        cache: CacheMode = CacheMode.USE,
        given: str | None = None,
        extra: Mapping[str, str] | None = None,
        options: PlanOptions | None = None,
    ) -> Credentials:
        self.environ |= extra or {}
        return Retriever(self.tools(given=given)).retrieve(self.plan(profile, options=options), cache=cache)
