"""A rotation at the strict local AWS: MFA once, propagation, lost answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fake_aws.client import FakeAws, KeyPair
from pyvault.aws.calls import MfaProof
from pyvault.aws.client import BotoCalls
from pyvault.clock import now
from pyvault.config.clients import ClientSettings, Endpoints
from pyvault.errors import AwsError, AwsUnreachableError
from pyvault.model import Credentials, StoredCredentials
from pyvault.planning.steps import SessionTokenStep
from pyvault.rotation.rotate import Rotation, as_signer
from pyvault.secret import Secret
from pyvault.storage.typed_store import CredentialStore
from pyvault_backends.memory import MemoryBackend


def store_with(pair: KeyPair) -> CredentialStore:
    store = CredentialStore(MemoryBackend())
    secret = Secret(pair.secret_access_key)
    store.put("me", StoredCredentials(access_key_id=pair.access_key_id, secret_access_key=secret))
    return store


class Person:
    """Rotates the key of one user of the world, and counts what she was asked."""

    def __init__(self, aws: FakeAws, user: str) -> None:
        self.aws = aws
        self.user = user
        self.store = store_with(aws.key(user))
        self.calls = BotoCalls()
        self.settings = ClientSettings(region="eu-west-1", endpoints=Endpoints(sts=aws.url, iam=aws.url))
        self.asked = 0

    def authenticate(self, pair: StoredCredentials) -> Credentials:
        if self.user == "demo":
            return as_signer(pair)
        self.asked += 1
        serial = self.aws.mfa_serial(self.user)
        step = SessionTokenStep(
            profile="me", mfa_serial=serial, duration=timedelta(minutes=15), client=self.settings, why="test"
        )
        proof = MfaProof(serial=serial, code=Secret(self.aws.fresh_totp(self.user)))
        return self.calls.sts(self.settings, as_signer(pair)).get_session_token(step, proof)

    def rotate(self) -> None:
        Rotation(
            "me",
            self.store,
            iam=lambda signer: self.calls.iam(self.settings, signer),
            identity=lambda signer: self.calls.sts(self.settings, signer).get_caller_identity(),
            authenticate=self.authenticate,
            confirm=lambda question: False,
            report=lambda line: None,
            clock=now,
            wait=lambda duration: self.aws.advance(duration.total_seconds()),
        ).run()

    def assert_settled(self) -> None:
        keys = self.aws.world()["users"][self.user]["keys"]
        stored = self.store.get("me")
        assert [key["access_key_id"] for key in keys] == [stored.access_key_id]
        assert keys[0]["secret_access_key"] == stored.secret_access_key.reveal()


@pytest.mark.parametrize("user", ["demo", "mfa-user"])
def test_one_prompt_at_most_and_one_key_left(fake_aws: FakeAws, user: str) -> None:
    person = Person(fake_aws, user)
    before = person.store.get("me").access_key_id
    person.rotate()
    person.assert_settled()
    assert person.store.get("me").access_key_id != before
    assert person.asked <= 1


def test_a_lost_answer_leaves_no_unknown_key(fake_aws: FakeAws) -> None:
    person = Person(fake_aws, "demo")
    fake_aws.fault("iam.CreateAccessKey", "drop-after", times=1)
    with pytest.raises(AwsUnreachableError):
        person.rotate()
    assert len(fake_aws.world()["users"]["demo"]["keys"]) == 2
    person.rotate()
    person.assert_settled()
    assert len(fake_aws.calls("iam.CreateAccessKey")) == 2


def test_it_waits_while_the_new_key_spreads(fake_aws: FakeAws) -> None:
    fake_aws.enlarge({"settings": {"key_propagation_s": 15}})
    person = Person(fake_aws, "demo")
    person.rotate()
    person.assert_settled()


@pytest.mark.parametrize("call", ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"])
def test_throttling_costs_no_key(fake_aws: FakeAws, call: str) -> None:
    person = Person(fake_aws, "demo")
    fake_aws.fault(f"iam.{call}", "throttle", times=9)  # more than a client repeats by itself
    with pytest.raises(AwsError, match="Throttling"):
        person.rotate()
    fake_aws.clear_faults()
    person.rotate()
    person.assert_settled()
