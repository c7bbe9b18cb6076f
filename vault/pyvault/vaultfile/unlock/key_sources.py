"""What opens a vault: sources of keys, asked in a fixed order.

A source that isn't provided is skipped, and so is one whose kind of slot the vault
lacks. One that is provided and wrong ends the search: falling through to another
source would hide the mistake. Only the user, who may mistype, is asked again.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError, InvalidSettingError, WrongKeyError
from pyvault.record import Record, replace
from pyvault.sealing import BrokenSealError
from pyvault.vaultfile.format.kdf import KdfCost, KdfLimits, KeyDerivation, parse_params
from pyvault.vaultfile.format.slots import ParentVault, Slot, SlotType, child_params
from pyvault.vaultfile.unlock.key_file import read_key_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pyvault.secret import Secret
    from pyvault.vaultfile.format.header import Header
    from pyvault.vaultfile.unlock.external_keys import ExternalKeys

PROMPT_TRIES = 3  # as login programs do
MAX_TRIES = 4  # passphrase slots per passphrase: a file with 32 of them must not cost 32 KDF calls

#: What opens a slot of each kind, and how to provide it.
KEY_DESCRIPTIONS = {
    SlotType.PASSPHRASE: "a passphrase ({ways})",
    SlotType.KEY_FILE: "a key file ({files})",
    SlotType.STORE_KEY: "a key in another store (unlock_store)",
    SlotType.EXTERNAL: "a KMS key (PYVAULT_KMS_KEY, or kms_keys in the section [unlock])",
    SlotType.CHILD: "its parent vault",
}

Costs = dict[bytes, tuple[KdfCost, bytes]]  # cost and salt by slot id


class UnlockSources(Record):
    """Where keys come from, in the order in which they are tried.

    Attributes:
        passphrase: from an option of this command, such as ``--passphrase-fd``.
        keyfile: path of a key file.
        key: the content of a key file, without the file.
        passphrase_from_environment: a variable or a passphrase file.
        cached_data_key: an unlock cache; returns the data key of a vault or None.
            One that no longer fits counts as none.
        keep_data_key: takes the data key that the user's answer opened, or an external provider.
        wrapping_key: a store; takes slot id and vault id, returns the key of a
            slot of type 4 or None.
        parent: the vault whose child this is.
        external: a provider such as AWS KMS, which may refuse; a slot that it does not open is skipped.
        passphrase_prompt: asks the user, last.
        passphrase_again: asks the user again after a wrong one; None for a source
            that would only repeat its answer.
        undisturbed: the context in which the user is asked: what is typed while a
            key is derived is not shown.
    """

    passphrase: Callable[[], Secret[str]] | None = None
    keyfile: Path | None = None
    key: Secret[bytes] | None = None
    passphrase_from_environment: Callable[[], Secret[str]] | None = None
    cached_data_key: Callable[[Header], Secret[bytes] | None] | None = None
    keep_data_key: Callable[[Header, Unlocked], None] | None = None
    wrapping_key: Callable[[bytes, bytes], Secret[bytes] | None] | None = None
    parent: ParentVault | None = None
    external: ExternalKeys | None = None
    passphrase_prompt: Callable[[], Secret[str]] | None = None
    passphrase_again: Callable[[], Secret[str]] | None = None
    undisturbed: Callable[[], AbstractContextManager[None]] = nullcontext

    def is_empty(self) -> bool:
        """Return whether no source was provided at all; a cache is nothing that somebody provides."""
        return replace(self, undisturbed=nullcontext, cached_data_key=None, keep_data_key=None) == UnlockSources()


class Unlocked(Record):
    """The data key of an open vault, and what opened it.

    Attributes:
        slot_id: None if the data key came from the unlock cache.
        wrapping_key: the key of that slot, to wrap the next data key with.
        by_prompt: the user typed what opened it.
        external: the slot is of type 7: whoever may encrypt with its key can have made it.
    """

    data_key: Secret[bytes]
    slot_id: bytes | None = None
    wrapping_key: Secret[bytes] | None = None
    by_prompt: bool = False
    external: bool = False


class Unlocking(Record):
    """Unlocks one vault, of which it needs only the header.

    Attributes:
        path: names the vault in errors.
        only: the one slot to try: its id, the beginning of its id, or its kind; None for all.
        fits: returns whether a data key verifies the header; for the unlock cache.
    """

    header: Header
    path: object
    limits: KdfLimits
    derive: KeyDerivation
    fits: Callable[[Secret[bytes]], bool]
    only: str | None = None

    def unlock(self, sources: UnlockSources) -> Unlocked:
        """Return what the first source that opens the vault gives.

        May read a key file and may ask the user, each only if the vault has such a slot.

        Raises:
            KdfLimitsError: a passphrase slot asks for too much; nothing was tried.
            InputRequiredError: there is no source at all, or none for the slots of the vault.
            WrongKeyError: none opens it.
        """
        costs = self.passphrase_costs()
        if sources.is_empty() and sources.cached_data_key is None:
            raise InputRequiredError(f"a passphrase or key is required to open '{self.path}'")
        skipped: list[str] = []
        try:
            for attempt in self._attempts(sources, costs, skipped):
                unlocked = attempt()
                if unlocked is not None:
                    return unlocked
            raise self._unopened(sources)
        except (InputRequiredError, WrongKeyError) as problem:
            if not skipped:
                raise
            raise type(problem)("; ".join((problem.message, *skipped)), hint=problem.hint) from None

    def _unopened(self, sources: UnlockSources) -> InputRequiredError | WrongKeyError:
        hint = f"provide {self._keys()}"
        # The user could be asked, but no slot takes a passphrase.
        if replace(sources, passphrase_prompt=None, passphrase_again=None).is_empty():
            return InputRequiredError(f"no key was supplied that could open '{self.path}'", hint=hint)
        return WrongKeyError(f"none of the supplied keys opens the vault '{self.path}'", hint=hint)

    def unlock_all(self, sources: UnlockSources) -> list[Unlocked]:
        """Return what every source with a slot gives, to wrap another data key.

        Raises:
            KdfLimitsError, WrongKeyError: as :meth:`unlock`.
        """
        skipped: list[str] = []
        others = replace(sources, external=None)
        attempts = self._attempts(others, self.passphrase_costs(), skipped)
        opened = [unlocked for attempt in attempts if (unlocked := attempt()) is not None]
        return [*opened, *self._by_external(sources.external, skipped)]

    def _attempts(
        self, sources: UnlockSources, costs: Costs, skipped: list[str]
    ) -> tuple[Callable[[], Unlocked | None], ...]:
        return (
            lambda: self._by_passphrase(sources.passphrase, costs),
            lambda: self._by_key_file(sources),
            lambda: self._by_passphrase(sources.passphrase_from_environment, costs),
            lambda: self._by_cache(sources),
            lambda: self._by_store(sources),
            lambda: self._by_parent(sources.parent),
            lambda: next(self._by_external(sources.external, skipped), None),
            lambda: self._by_prompt(sources, costs),
        )

    def passphrase_costs(self) -> Costs:
        """Return the checked cost and salt of every passphrase slot, by slot id.

        Raises:
            KdfLimitsError: one of them asks for too much.
        """
        slots = self._slots(SlotType.PASSPHRASE)
        return {slot.slot_id: parse_params(slot.params, self.limits, self.path) for slot in slots}

    def _keys(self) -> str:
        """Return what opens the vault, by the kinds of its slots."""
        from pyvault import errors
        from pyvault.surface import argument, option

        files = ["PYVAULT_KEYFILE", *([] if errors.wording else [argument("options", {"keyfile": "..."})])]
        ways = [option("passphrase_fd"), "PYVAULT_PASSPHRASE_FILE", "PYVAULT_PASSPHRASE", argument("ask")]
        kinds = {slot.slot_type for slot in self.header.slots if slot.is_known()}
        return (
            " or ".join(
                text.format(
                    ways=", ".join(filter(None, ways)), files=f"{', '.join(files)}, or PYVAULT_KEY with its content"
                )
                for kind, text in KEY_DESCRIPTIONS.items()
                if kind in kinds
            )
            or "a newer pyvault: this version knows none of its slots"
        )

    def _slots(self, slot_type: SlotType) -> list[Slot]:
        slots = self.header.slots
        if self.only is not None:
            from pyvault.vaultfile.unlock.kdf_budget import chosen_slots

            slots = chosen_slots(slots, self.only, self.path)
        return [slot for slot in slots if slot.slot_type == slot_type and slot.is_known()]

    def _by_passphrase(self, source: Callable[[], Secret[str]] | None, costs: Costs) -> Unlocked | None:
        slots = sorted(self._slots(SlotType.PASSPHRASE), key=lambda slot: costs[slot.slot_id][0].work)
        if source is None or not slots:
            return None
        from pyvault.vaultfile.unlock.kdf_budget import Budget
        from pyvault.vaultfile.unlock.new_slot import parse_recovery_code
        from pyvault.vaultfile.unlock.passphrase import normalise

        entered = source()
        code = parse_recovery_code(entered)
        budget = Budget(tries=MAX_TRIES if code is None else MAX_TRIES + 1)
        for slot, passphrase in _candidates(slots, entered, code):
            cost, salt = costs[slot.slot_id]
            if not budget.affords(slot, cost):
                continue
            unlocked = self._try(slot, self.derive(normalise(passphrase), salt, cost))
            if unlocked is not None:
                return unlocked
        raise budget.wrong_passphrase(self.path)

    def _by_prompt(self, sources: UnlockSources, costs: Costs) -> Unlocked | None:
        prompt = sources.passphrase_prompt
        if prompt is None or not costs:
            return None
        with sources.undisturbed():
            for _ in range(PROMPT_TRIES - 1 if sources.passphrase_again else 0):
                try:
                    return self._typed(prompt, costs)
                except (WrongKeyError, InvalidSettingError):  # an invalid passphrase is a typo, too
                    prompt = sources.passphrase_again
            return self._typed(prompt, costs)

    def _typed(self, prompt: Callable[[], Secret[str]] | None, costs: Costs) -> Unlocked | None:
        unlocked = self._by_passphrase(prompt, costs)
        return None if unlocked is None else replace(unlocked, by_prompt=True)

    def _by_key_file(self, sources: UnlockSources) -> Unlocked | None:
        slots = self._slots(SlotType.KEY_FILE)
        if not slots:
            return None
        if sources.keyfile is not None:
            what = f"the key file '{sources.keyfile}'"
            is_there = os.path.exists(sources.keyfile)  # noqa: PTH110 - Path's raises where a directory can't be read
            hint = None if is_there else f"to open '{self.path}', provide {self._keys()}"
            key = read_key_file(sources.keyfile, missing_hint=hint)
        elif sources.key is not None:
            what, key = "the key of PYVAULT_KEY", sources.key
        else:
            return None
        for slot in slots:
            unlocked = self._try(slot, key)
            if unlocked is not None:
                return unlocked
        raise WrongKeyError(f"{what} does not open '{self.path}', or the slot was modified")

    def _by_cache(self, sources: UnlockSources) -> Unlocked | None:
        if sources.cached_data_key is None or self.only is not None:  # one slot is wanted, and that is none
            return None
        data_key = sources.cached_data_key(self.header)
        if data_key is None or not self.fits(data_key):
            return None
        return Unlocked(data_key=data_key)

    def _by_store(self, sources: UnlockSources) -> Unlocked | None:
        slots = self._slots(SlotType.STORE_KEY)
        if sources.wrapping_key is None:
            return None
        found = False
        for slot in slots:
            key = sources.wrapping_key(slot.slot_id, self.header.vault_id)
            if key is None:
                continue
            found = True
            unlocked = self._try(slot, key)
            if unlocked is not None:
                return unlocked
        if found:
            raise WrongKeyError(f"the key in the store for '{self.path}' does not open it, or the slot was modified")
        return None

    def _by_parent(self, parent: ParentVault | None) -> Unlocked | None:
        slots = self._slots(SlotType.CHILD)
        if parent is None or not slots:
            return None
        for slot in slots:
            if slot.params == child_params(parent):
                unlocked = self._try(slot, parent.child_key(self.header.vault_id))
                if unlocked is not None:
                    return unlocked
        raise WrongKeyError(f"'{self.path}' belongs to another vault or an earlier data key, or was modified")

    def _by_external(self, keys: ExternalKeys | None, skipped: list[str]) -> Iterator[Unlocked]:
        slots = self._slots(SlotType.EXTERNAL)
        if not slots:
            return
        from pyvault.vaultfile.unlock.external_keys import ExternalSlots

        yield from ExternalSlots(vault_id=self.header.vault_id, keys=keys, skipped=skipped).opened(slots)

    def _try(self, slot: Slot, key: Secret[bytes]) -> Unlocked | None:
        try:
            data_key = slot.open(key, self.header.vault_id)
        except BrokenSealError:
            return None
        return Unlocked(data_key=data_key, slot_id=slot.slot_id, wrapping_key=key)


def _candidates(
    slots: list[Slot], entered: Secret[str], code: Secret[str] | None
) -> Iterator[tuple[Slot, Secret[str]]]:
    # A recovery code is tried first, and only if the input looks like one: then it is
    # not a passphrase, and no other input pays for the extra KDF call.
    if code is not None:
        for slot in [slot for slot in slots if slot.is_recovery]:
            yield slot, code
    for slot in [slot for slot in slots if not slot.is_recovery]:
        yield slot, entered
