"""One row of the manifest, and the file that it names."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from bad_vaults.build import KEY_FILE, PASSPHRASE, RECOVERY_CODE, Plan

#: What each kind of error is, in words that are no implementation's, and the exit code of pyvault.
KINDS = {
    "not-a-vault": ("another kind of file", 7),
    "unsupported": ("a version, suite, critical flag or key derivation that version 1 does not have", 7),
    "wrong-length": ("shorter or longer than the header says", 7),
    "damaged-header": (
        "a field out of its bounds, slots that contradict their lengths, or an HMAC that does not hold",
        7,
    ),
    "kdf-limits": ("a passphrase slot that asks for more than may be spent, or for what Argon2id does not have", 7),
    "wrong-key": ("the key given opens no slot: another key, or a slot that was modified", 4),
    "unusable-key": ("the key given is not what a key of its kind has to be", 5),
    "damaged-index": ("an index that does not open, or breaks a rule of the format", 7),
    "damaged-record": ("a record that does not open; the rest of the vault is good", 7),
    "rollback": ("older than what was seen before", 7),
    "fork": ("not made from what was seen before", 7),
    "foreign": ("another vault or data key than the one that was seen or is expected", 7),
}

#: When a reader must notice.
WITHOUT_KEY = "without-key"
BY_KEY = "by-key"
WITH_KEY = "with-key"
RECORD = "record"
STAGES = {
    WITHOUT_KEY: "from the clear part alone: before a key is asked for, derived or tried",
    BY_KEY: "when the key is tried: nothing is known of the content",
    WITH_KEY: "after the key has opened its slot, and before anything of the content is given out",
    RECORD: "when the record is read: the vault opens and lists",
}

KEY_TEXT = f"pyvault-keyfile-v1:{base64.b64encode(KEY_FILE).decode()}\n"
BY_KEY_FILE = {"key_file": KEY_TEXT}
BY_PASSPHRASE = {"passphrase": PASSPHRASE}
BY_RECOVERY_CODE = {"passphrase": RECOVERY_CODE}


def key_file_bytes(content: bytes) -> dict[str, str]:
    """A key file that is no plain text."""
    return {"key_file_base64": base64.b64encode(content).decode()}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One vault file and what a reader must make of it.

    Attributes:
        name: of the file, without its ending.
        what: exactly what is wrong, or odd.
        section: of the format.
        kind: see :data:`KINDS`; None if it must be accepted.
        stage: see :data:`STAGES`.
        key: what is given to open it.
        seen: the file that the reader has seen at this place before.
        expected: what is known of the vault from elsewhere.
        entries: names of what an accepted file holds.
        of: the name of the file, if another row has it too.
    """

    name: str
    what: str
    section: str
    content: bytes
    kind: str | None = None
    stage: str | None = None
    key: dict[str, Any] = field(default_factory=lambda: BY_KEY_FILE)
    seen: str | None = None
    expected: dict[str, Any] = field(default_factory=dict)
    entries: tuple[str, ...] = ()
    of: str | None = None

    @property
    def file(self) -> str:
        return f"{self.of or self.name}.pyv"

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": self.name,
            "file": self.file,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "size": len(self.content),
            "section": self.section,
            "opened_with": self.key,
        }
        if self.seen is not None:
            told["seen_before"] = f"{self.seen}.pyv"
        if self.expected:
            told["known_beforehand"] = self.expected
        if self.kind is None:
            return {**told, "what": self.what, "entries": list(self.entries)}
        expected = {"error": self.kind, "noticed": self.stage, "exit_code": KINDS[self.kind][1]}
        return {**told, "wrong": self.what, "expected": expected}


def refused(name: str, what: str, kind: str, stage: str, section: str, content: bytes | Plan, **more: Any) -> Row:
    """A file that must be refused."""
    made = content.build(more.get("of", name)) if isinstance(content, Plan) else content
    return Row(name=name, what=what, kind=kind, stage=stage, section=section, content=made, **more)


def accepted(name: str, what: str, section: str, content: bytes | Plan, **more: Any) -> Row:
    """A file that must be opened, however odd it looks."""
    made = content.build(more.get("of", name)) if isinstance(content, Plan) else content
    return Row(name=name, what=what, section=section, content=made, **more)
