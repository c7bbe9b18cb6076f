"""What ``add`` asks at a terminal: no more than it has to, and the secret is never seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from command_line import PYVAULT, Environ, Pyvault, clean_environ
from fake_aws.client import FakeAws, KeyPair

Asked = Callable[..., str]
TITLE = "Access key ID,Secret access key"


@pytest.fixture
def pair(fake_aws: FakeAws) -> KeyPair:
    return fake_aws.demo_key()


@pytest.fixture
def add(tmp_path: Path, keyed: dict[str, str], fake_aws: FakeAws) -> Asked:
    """Run ``add`` at a terminal and type at its questions, each text at once; return all that was seen."""

    def run(*typed: str, words: tuple[str, ...] = (), width: int = 80, line: tuple[str, ...] = ("add", "work")) -> str:
        network = {name: value for name, value in fake_aws.environ().items() if "REGION" not in name}
        environ = {**clean_environ(tmp_path), **keyed, **network}
        child = pexpect.spawn(
            str(PYVAULT), [*line, *words], env=environ, encoding="utf-8", timeout=60, dimensions=(24, width), echo=True
        )
        child.delaybeforesend = 0.05
        seen = ""
        for text in typed:
            child.expect(r"(ID[^:]*|Key|blank[^:\n]*\)|\(1\)|default\)|\(y\|N\)): ")
            seen += f"{child.before}{child.after}"
            child.sendline(text)
        seen += child.read()
        child.close()
        return f"{seen}[{child.exitstatus}]"

    return run


@pytest.mark.parametrize(
    "typed",
    [
        ["{id}", "{secret}"],
        ["  {id}\t{secret} "],
        ["{id},{secret}"],
        ["{id}\n{secret}"],
        ["{id}\n\n{secret}"],
        [TITLE + "\n{id},{secret}"],
        [TITLE, "{id}", "{secret}"],
        ["AKIX\x7f{id}\x15{id}", "{secret}"],
    ],
)
def test_both_parts_may_be_pasted_at_once_and_the_secret_is_never_seen(
    add: Asked, pyvault: Pyvault, keyed: Environ, pair: KeyPair, typed: list[str]
) -> None:
    seen = add(*(text.format(id=pair.access_key_id, secret=pair.secret_access_key) for text in typed))
    assert seen.endswith("[0]"), seen
    assert (pair.access_key_id in seen, pair.secret_access_key[:4] in seen) == (True, False), seen
    assert "MFA" not in seen, "AWS says that there is no device"
    assert pyvault("exec", "-n", "work", "--", "printenv", "AWS_SECRET_ACCESS_KEY", env=keyed).out.strip() == (
        pair.secret_access_key
    )


def test_a_secret_in_the_place_of_the_id_is_seen_in_part_at_most(add: Asked, pair: KeyPair) -> None:
    seen = add(pair.secret_access_key, pair.access_key_id)
    assert ("are they swapped?" in seen, seen.endswith("[2]")) == (True, True), seen
    assert pair.secret_access_key[:21] not in seen


def test_setup_with_a_key_asks_for_a_name_only_where_the_usual_one_is_taken(
    add: Asked, pair: KeyPair, tmp_path: Path
) -> None:
    both = f"{pair.access_key_id} {pair.secret_access_key}"
    seen = add("3", "key", "2", "eu-west-1", both, line=("setup",))
    assert "[0]" in seen, seen
    assert ("neither a number from 1 to 2" in seen, "Profile" in seen) == (True, False)
    assert (tmp_path / ".aws/config").read_text() == "[default]\nregion = eu-west-1\n"
    seen = add("2", "other", both, line=("setup",))
    assert ("[0]" in seen, "pyvault exec other" in seen) == (True, True), seen


@pytest.mark.parametrize("width", [40, 80])
def test_questions_are_broken_between_words(add: Asked, pair: KeyPair, width: int) -> None:
    both = f"{pair.access_key_id} {pair.secret_access_key}"
    wrong = "arn:aws:iam::1:user/me"
    seen = add(both, wrong, "", words=("--no-verify",), width=width)
    assert "[0]" in seen, seen
    lines = seen.replace(wrong, "").replace(pair.access_key_id, "").splitlines()
    assert all(len(line) <= width for line in lines if " " in line.strip()), lines
    told = (
        "that one is the ARN of a user, not of an MFA device; use the ARN that has ':mfa/' instead of ':user/'; Enter"
    )
    assert told in " ".join(seen.split())


class TestTheDevice:
    def test_aws_tells_it_and_nobody_is_asked(self, add: Asked, fake_aws: FakeAws, tmp_path: Path) -> None:
        pair, device = fake_aws.key("mfa-user"), fake_aws.mfa_serial("mfa-user")
        seen = add(f"{pair.access_key_id} {pair.secret_access_key}")
        assert f"codes of the MFA device {device}" in " ".join(seen.split())
        assert f"mfa_serial = {device}" in (tmp_path / ".aws/config").read_text()

    @pytest.mark.parametrize("words", [(), ("--no-verify",)])
    def test_where_aws_may_not_tell_or_is_not_asked_the_person_is(
        self, add: Asked, fake_aws: FakeAws, tmp_path: Path, words: tuple[str, ...]
    ) -> None:
        fake_aws.enlarge({"accounts": {"123456789012": {"users": {"shy": {"mfa": True, "deny": ["iam:*"]}}}}})
        pair, device = fake_aws.key("shy"), fake_aws.mfa_serial("shy")
        seen = add(
            f"{pair.access_key_id} {pair.secret_access_key}", device.replace(":mfa/", ":user/"), device, words=words
        )
        assert "that one is the ARN of a user" in " ".join(seen.split())
        assert f"mfa_serial = {device}" in (tmp_path / ".aws/config").read_text()
        assert bool(fake_aws.calls("ListMFADevices")) is not bool(words)

    def test_an_option_ends_the_question(self, add: Asked, pair: KeyPair, fake_aws: FakeAws) -> None:
        seen = add(
            pair.access_key_id, pair.secret_access_key, words=("--mfa-serial", "arn:aws:iam::123456789012:mfa/x")
        )
        assert "[0]" in seen, seen
        assert fake_aws.calls("ListMFADevices") == []
