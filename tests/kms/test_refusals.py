"""A KMS that refuses: the slot is skipped, the refusal is named, another slot still opens."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from fake_kms import KEY, OTHER_KEY, SECRET, TOKEN, FakeKms
from kms_vaults import by_kms, expecting, kms_slot, shared_vault
from pyvault.errors import AwsError, ConfigError, InputRequiredError, UnusableAnswerError, WrongKeyError
from pyvault.record import replace
from pyvault.secret import Secret
from pyvault.vaultfile.unlock.new_slot import PassphraseSlot
from pyvault.vaultfile.vault import Vault
from vaults import CHEAP, WEAK, by_passphrase, contents, make_vault, open_again

REFUSALS = [
    ("AccessDeniedException", "do not allow it"),  # a policy, or a grant that was revoked
    ("DisabledException", "is disabled"),
    ("KMSInvalidStateException", "waits for its deletion"),
    ("NotFoundException", "no such key in this account and region"),
    ("ThrottlingException", "too many requests"),
    ("InvalidSignatureException", "this machine's clock is wrong"),
    ("ExpiredTokenException", "have expired"),
]


def assert_no_secret(text: str) -> None:
    for secret in (SECRET, TOKEN):
        assert secret not in text


@pytest.mark.parametrize(("code", "told"), REFUSALS)
def test_a_refusal_is_named_if_nothing_else_opens(tmp_path: Path, kms: FakeKms, code: str, told: str) -> None:
    vault = shared_vault(tmp_path, kms)
    kms.refusals[KEY] = code
    with pytest.raises(WrongKeyError) as caught:
        Vault.open(vault.path, by_kms(kms), options=expecting(vault))
    for part in (f"the KMS key '{KEY}' was skipped", f"AWS refused kms:Decrypt: {code}", told):
        assert part in caught.value.message
    assert_no_secret(caught.value.message + repr(caught.value) + str(caught.value.hint))
    assert kms.calls[-1].operation == "Decrypt"


def test_the_slot_of_another_key_still_opens(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms, KEY, OTHER_KEY)
    kms.refusals[KEY] = "DisabledException"
    with Vault.open(vault.path, by_kms(kms, KEY, OTHER_KEY), options=expecting(vault)) as opened:
        assert contents(opened) == {"prod": b"ours"}
        assert [slot.kms_key for slot in opened.slots() if slot.unlocked_this] == [OTHER_KEY]


def test_another_kind_of_slot_still_opens(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    kms.refusals[KEY] = "AccessDeniedException"
    asked = replace(by_kms(kms), keyfile=tmp_path / "ci.key")
    with Vault.open(vault.path, asked, options=expecting(vault)) as opened:
        assert contents(opened) == {"prod": b"ours"}
    assert [call.operation for call in kms.calls] == ["Encrypt"], "the key file comes first, and costs no request"


def test_who_is_asked_next_learns_why_from_the_error(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    kms.refusals[KEY] = "DisabledException"

    def nobody() -> Secret[str]:
        raise InputRequiredError("input required: passphrase", hint="type it")

    vault.add_slot(PassphraseSlot(passphrase=Secret("a passphrase"), cost=CHEAP))
    with pytest.raises(
        InputRequiredError, match=r"input required: passphrase; the slot .* DisabledException"
    ) as caught:
        Vault.open(vault.path, replace(by_kms(kms), passphrase_prompt=nobody), options=expecting(vault))
    assert caught.value.hint == "type it"


@pytest.mark.parametrize("elsewhere", ["wrong region", "wrong account"])
def test_the_key_of_another_region_or_account_is_not_this_one(tmp_path: Path, kms: FakeKms, elsewhere: str) -> None:
    vault = shared_vault(tmp_path, kms)
    there = KEY.replace("eu-central-1", "us-east-1") if elsewhere == "wrong region" else KEY.replace("1111", "9999")
    with pytest.raises(WrongKeyError, match="neither PYVAULT_KMS_KEY nor kms_keys"):
        Vault.open(vault.path, by_kms(kms, there), options=expecting(vault))
    kms.answers_as = there
    with pytest.raises(WrongKeyError, match="from another key than"):
        Vault.open(vault.path, by_kms(kms), options=expecting(vault))


def test_a_slot_that_was_copied_into_another_vault_is_refused_by_its_context(tmp_path: Path, kms: FakeKms) -> None:
    ours = shared_vault(tmp_path, kms)
    calls = by_kms(kms).external
    assert calls is not None
    from pyvault.vaultfile.disk.vault_reader import read_header
    from pyvault.vaultfile.format.external_key import parse_external
    from pyvault.vaultfile.unlock.external_keys import encryption_context

    slot = read_header(ours.path).slots[1]
    held = parse_external(slot.params)
    assert held is not None
    with pytest.raises(AwsError) as caught:
        calls.calls().decrypt(KEY, encryption_context(bytes(16), slot.slot_id), held.ciphertext)
    assert caught.value.code == "InvalidCiphertextException"


def test_a_page_of_a_captive_portal_opens_nothing(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    kms.html = True
    with pytest.raises(WrongKeyError, match="the answer to kms:Decrypt is") as caught:
        Vault.open(vault.path, by_kms(kms), options=expecting(vault))
    assert "sign in" not in caught.value.message


@pytest.mark.parametrize(
    "status", [200, 301, 302, 307, 401, 403, 404, 407, 500, 503], ids=lambda status: f"status {status}"
)
def test_somebody_else_who_answers_opens_nothing(tmp_path: Path, kms: FakeKms, status: int) -> None:
    vault = shared_vault(tmp_path, kms)
    other = FakeKms()
    with other:
        asked = len(other.calls)
        kms.html, kms.html_status, kms.html_location = True, status, f"{other.url}/"
        with pytest.raises(WrongKeyError, match="was skipped: ") as caught:
            Vault.open(vault.path, by_kms(kms), options=expecting(vault))
        assert len(other.calls) == asked, "no redirect was followed"
    assert_no_secret(caught.value.message)
    assert "sign in" not in caught.value.message
    kms.html = False
    Vault.open(vault.path, by_kms(kms), options=expecting(vault)).close()


def test_nobody_answers(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    environ = {**kms.environ(), "AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:9"}
    with pytest.raises(WrongKeyError, match="kms:Decrypt got no answer: no connection"):
        Vault.open(vault.path, by_kms(kms, environ=environ), options=expecting(vault))


def test_a_machine_without_credentials(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    environ = {"AWS_ENDPOINT_URL_KMS": kms.url, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "prod"}
    with pytest.raises(WrongKeyError, match="the machine's own credentials were not found"):
        Vault.open(vault.path, by_kms(kms, environ=environ), options=expecting(vault))


def test_a_key_that_may_not_encrypt_makes_no_slot(tmp_path: Path, kms: FakeKms) -> None:
    vault = make_vault(tmp_path)
    before = vault.path.read_bytes()
    kms.refusals[KEY] = "AccessDeniedException"
    with pytest.raises(AwsError, match="AWS refused kms:Encrypt: AccessDeniedException") as caught:
        vault.add_slot(kms_slot(kms))
    assert_no_secret(str(caught.value))
    assert caught.value.message.endswith("AccessDeniedException"), "an endpoint may send back the key it was sent"
    kms.refusals.clear()
    kms.answers_as = OTHER_KEY
    with pytest.raises(UnusableAnswerError, match="from another key"):
        vault.add_slot(kms_slot(kms))
    assert vault.path.read_bytes() == before


def test_an_answer_that_nobody_could_decrypt_makes_no_slot(
    tmp_path: Path, kms: FakeKms, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make_vault(tmp_path)
    before = vault.path.read_bytes()
    answer = kms.answer
    too_long = base64.b64encode(bytes(70_000)).decode()
    monkeypatch.setattr(kms, "answer", lambda *asked: (200, {**answer(*asked)[1], "CiphertextBlob": too_long}))
    with pytest.raises(UnusableAnswerError, match="longer than what kms:Decrypt takes"):
        vault.add_slot(kms_slot(kms))
    assert vault.path.read_bytes() == before


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL"])
def test_a_key_goes_nowhere_in_plain_http(tmp_path: Path, kms: FakeKms, variable: str) -> None:
    vault = shared_vault(tmp_path, kms)
    environ = {**kms.environ(), "AWS_ENDPOINT_URL_KMS": "", variable: "http://kms.example.test"}
    with pytest.raises(ConfigError, match=f"{variable}: a key of the vault would be sent to"):
        Vault.open(vault.path, by_kms(kms, environ=environ), options=expecting(vault))


def test_rekey_keeps_the_slots_of_all_keys_that_answer(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms, KEY, OTHER_KEY)
    named = by_kms(kms, KEY, OTHER_KEY)
    assert open_again(vault).rekey(named) == []
    for key in (KEY, OTHER_KEY):
        assert Vault.open(vault.path, by_kms(kms, key), options=expecting(open_again(vault))).key_epoch == 2
    kms.refusals[KEY] = "DisabledException"
    lost = open_again(vault).rekey(named, drop_slots=lambda _: True)
    assert [slot.kms_key for slot in lost] == [KEY]


def test_a_new_passphrase_leaves_the_slot_that_opened_it(tmp_path: Path, kms: FakeKms) -> None:
    vault = shared_vault(tmp_path, kms)
    vault.add_slot(PassphraseSlot(passphrase=Secret("the old passphrase"), cost=CHEAP))
    with Vault.open(vault.path, by_kms(kms), options=expecting(vault)) as opened:
        opened.change_passphrase(PassphraseSlot(passphrase=Secret("the new passphrase"), cost=CHEAP))
        assert [slot.kind for slot in opened.slots()] == ["key-file", "kms", "passphrase"]
    assert contents(Vault.open(vault.path, by_kms(kms), options=expecting(vault))) == {"prod": b"ours"}
    assert contents(Vault.open(vault.path, by_passphrase("the new passphrase"), options=WEAK)) == {"prod": b"ours"}
