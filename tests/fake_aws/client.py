"""The tests' end: starts the fake and speaks with its control door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from .door import Door, FakeAwsError

#: Where ``python -m fake_aws`` finds the package.
TESTS = Path(__file__).resolve().parent.parent
REGION = "eu-west-1"

__all__ = ["REGION", "FakeAws", "FakeAwsError", "KeyPair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A user's long-term pair."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class FakeAws(Door):
    """A running fake. Use it as a context, or call `stop`."""

    def __init__(
        self,
        *,
        world: Mapping[str, object] | None = None,
        partition: str = "aws",
        clock_offset_s: float = 0,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Path | None = None,
    ) -> None:
        """Start a fake and wait until it listens.

        Args:
            world: see `fake_aws.seed`; without one, `fake_aws.demo_world`.
            partition: of all ARNs.
            clock_offset_s: how far its time is ahead of the machine's, in seconds.
            host: address to listen on.
            port: 0 for any free one.
            tls: PEM file with a certificate for *host* and its key, to serve https.

        Raises:
            FakeAwsError: it ended instead of listening.
        """
        # -I would forget where the package lives; -S skips site-packages, which is most of the start.
        words = [sys.executable, "-S", "-m", "fake_aws", "--end-with-stdin", "--partition", partition]
        words += ["--clock-offset", str(clock_offset_s), "--host", host, "--port", str(port)]
        words += [] if tls is None else ["--tls", str(tls)]
        environ = {**os.environ, "PYTHONPATH": str(TESTS)}
        self._process = subprocess.Popen(
            words, cwd=TESTS, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.stop()
            raise FakeAwsError("the fake ended before it was ready")
        ready = json.loads(line)
        super().__init__(str(ready["url"]), str(ready["host"]), int(ready["port"]))
        if world is not None:
            try:
                self.reset(world, partition=partition)
            except FakeAwsError:
                self.stop()
                raise

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    # ------------------------------------------------------------ the world
    def reset(self, world: Mapping[str, object] | None = None, *, partition: str = "aws") -> dict[str, Any]:
        """Begin anew with fresh ids and secrets: world, clock, log, faults."""
        shown: dict[str, Any] = self.order("POST", "reset", {"world": world, "partition": partition})
        return shown

    def enlarge(self, world: Mapping[str, object]) -> dict[str, Any]:
        """Add accounts, users, roles; change settings."""
        shown: dict[str, Any] = self.order("POST", "world", world)
        return shown

    def world(self) -> dict[str, Any]:
        """Show everything, secrets included; see `fake_aws.snapshot`."""
        shown: dict[str, Any] = self.order("GET", "world")
        return shown

    def key(self, user: str, number: int = 0) -> KeyPair:
        """Give a user's long-term pair."""
        key = self.world()["users"][user]["keys"][number]
        return KeyPair(access_key_id=key["access_key_id"], secret_access_key=key["secret_access_key"])

    def demo_key(self) -> KeyPair:
        """Give the pair of the user ``demo``."""
        return self.key("demo")

    def role_arn(self, role: str) -> str:
        """Give a role's ARN."""
        return str(self.world()["roles"][role]["arn"])

    def mfa_serial(self, user: str) -> str:
        """Give the ARN of a user's MFA device."""
        return str(self.world()["users"][user]["mfa_serial"])

    def environ(self, user: str | None = None, region: str = REGION) -> dict[str, str]:
        """Give the variables with which a real client talks to the fake, as *user* if named."""
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        if user is not None:
            key = self.key(user)
            variables["AWS_ACCESS_KEY_ID"] = key.access_key_id
            variables["AWS_SECRET_ACCESS_KEY"] = key.secret_access_key
        return variables

    def machine_environ(self, kind: str) -> dict[str, str]:
        """Give the variables of a machine with a role: *kind* is ``ec2`` or ``ecs``."""
        environ = self.environ()
        if kind == "ec2":
            del environ["AWS_EC2_METADATA_DISABLED"]
            return {**environ, "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{self.url}/"}
        uri = f"{self.url}/container-credentials"
        token = str(self.world()["container_token"])
        return {**environ, "AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}

    # ------------------------------------------------------------ time and codes
    def advance(self, seconds: float) -> None:
        """Move the world's time."""
        self.order("POST", "clock", {"advance_s": seconds})

    def stop_clock(self) -> None:
        """Let the world's time stand still."""
        self.order("POST", "clock", {"stop": True})

    def run_clock(self) -> None:
        """Let it run on."""
        self.order("POST", "clock", {"run": True})

    def skew_wire(self, seconds: float) -> None:
        """Let signatures of the machine's clock look *seconds* too old."""
        self.order("POST", "clock", {"wire_skew_s": seconds})

    def now(self) -> float:
        """Give the world's time in seconds since the epoch."""
        return float(self.order("GET", "clock")["now"])

    def totp(self, user: str) -> str:
        """Give what the user's device shows now, used or not."""
        return str(self.order("GET", f"totp?{urlencode({'user': user})}")["code"])

    def fresh_totp(self, user: str) -> str:
        """Give a code that has not been used, moving the clock on if it must."""
        return str(self.order("POST", f"totp?{urlencode({'user': user})}")["code"])

    def web_identity_token(self, **claims: object) -> str:
        """Issue a token: issuer, subject, audience, lifetime_s (negative: expired)."""
        return str(self.order("POST", "web-identity", claims)["token"])

    def revoke(self, access_key_id: str) -> None:
        """End a key or a session at once."""
        self.order("POST", "revoke", {"access_key_id": access_key_id})

    def change_sso(self, **changes: object) -> dict[str, Any]:
        """Change user, consent, interval_s; or sign_out, forget_clients (both True)."""
        shown: dict[str, Any] = self.order("POST", "sso", changes)
        return shown

    def change_console_login(self, **changes: object) -> dict[str, Any]:
        """Change person, consent, access_token_s, session_s, refuse_codes; or refuse_refresh=KIND, forget=True."""
        shown: dict[str, Any] = self.order("POST", "console-login", changes)
        return shown

    # ------------------------------------------------------------ witness and saboteur
    def calls(self, op: str | None = None, *, since: int = 0) -> list[dict[str, Any]]:
        """Give the log: all calls, or those of ``AssumeRole`` or ``sts.AssumeRole``."""
        entries: list[dict[str, Any]] = self.order("GET", f"calls?since={since}")
        return [e for e in entries if op is None or op in {e["op"], f"{e['service']}.{e['op']}"}]

    def ops(self) -> list[str]:
        """Give the log as names, ``service.Operation``, in order of arrival."""
        return [f"{entry['service']}.{entry['op']}" for entry in self.calls()]

    def wait_for_call(self, op: str, *, count: int = 1, timeout_s: float = 30) -> None:
        """Wait until a call has arrived, answered or not.

        Raises:
            FakeAwsError: it did not come.
        """
        end = time.monotonic() + timeout_s
        while len(self.calls(op)) < count:
            if time.monotonic() > end:
                raise FakeAwsError(f"{op} did not arrive {count} times within {timeout_s} s")
            time.sleep(0.01)

    def clear_calls(self) -> None:
        """Forget the log."""
        self.order("DELETE", "calls")

    def fault(self, op: str, kind: str, **order: object) -> int:
        """Order a fault; see `fake_aws.faults`: where, access_key_id, times, skip, status, delay_ms."""
        return int(self.order("POST", "faults", {"op": op, "kind": kind, **order})["number"])

    def clear_faults(self, number: int | None = None) -> None:
        """Take back one fault, or all; calls that hang are cut."""
        self.order("DELETE", "faults" if number is None else f"faults?number={number}")
