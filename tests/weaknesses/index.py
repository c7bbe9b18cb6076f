"""The index: the thirty weaknesses of other stores, and the proofs of each.

Read a row, then look for its number in the file of ``checks`` that is named.
Each proof is a check that our store passes and that a store with the weakness
fails: a model of what is known of that store, or the store itself.
"""

from __future__ import annotations

import pytest

from weaknesses.checks import choosing, keys, naming, places, reading, replacing, secrecy, writing
from weaknesses.proof import marks_of

WEAKNESSES = {
    "W1": ("a cheap key derivation", keys),
    "W2": ("unlimited work asked for by a file", keys),
    "W3": ("names and their number in the clear", secrecy),
    "W4": ("items that can be swapped", reading),
    "W5": ("a write that a crash or a full disk cuts in two", writing),
    "W6": ("no lock: an item that is gone while it is renewed", writing),
    "W7": ("names that become paths", naming),
    "W8": ("foreign files listed as items", naming),
    "W9": ("a first write under a mistyped passphrase", keys),
    "W10": ("a path that is no folder or no file", places),
    "W11": ("modes and links that nobody looks at", places),
    "W12": ("names that lose their case", naming),
    "W13": ("a name that the format reserves", naming),
    "W14": ("a wrong key that stays in use", keys),
    "W15": ("writers that lose each other's items", writing),
    "W16": ("parameters that can never be raised", keys),
    "W17": ("a key derivation for each item", keys),
    "W18": ("modes set after the fact", writing),
    "W19": ("secrets in logs", secrecy),
    "W20": ("changes that nobody notices", reading),
    "W21": ("plain text, chosen by itself", choosing),
    "W22": ("an old secret that stays behind", replacing),
    "W23": ("garbage instead of an error", reading),
    "W24": ("replacing by deleting first", replacing),
    "W25": ("an empty answer taken for a value", reading),
    "W26": ("only the first line kept", replacing),
    "W27": ("a collection that is not found again", choosing),
    "W28": ("a store chosen by chance", choosing),
    "W29": ("a default that can't work", choosing),
    "W30": ("a failed read taken for an empty store", reading),
}

PROOFS = [
    proof for weakness, (_, checks) in WEAKNESSES.items() for proof in checks.PROOFS if proof.weakness == weakness
]


def pairs_of(side: str) -> list[object]:
    """Return each proof with each store of a side, ``ours`` or ``weak``, as parameters of a test."""
    return [
        pytest.param(proof, make, marks=marks_of(make), id=f"{proof.weakness}-{proof.name}-{make.__name__}")
        for proof in PROOFS
        for make in getattr(proof, side)
    ]
