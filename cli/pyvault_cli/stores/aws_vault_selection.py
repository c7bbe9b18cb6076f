"""Which entries of aws-vault's stores are taken: those named, else all, but not everybody's passwords unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import ProfileNotFoundError
from pyvault.record import MutableRecord, Record, field

if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvault.migration.aws_vault_names import LeftOut, Listing
    from pyvault_cli.context import Context


class Chosen(Record):
    """One store's entries, each in one of three lists.

    Attributes:
        profiles: to be read.
        left_out: no keys of ours.
        not_read: entries of a shared store that nothing says are aws-vault's.
    """

    profiles: list[str]
    left_out: list[LeftOut]
    not_read: list[str]


class Selection(MutableRecord):
    """What to take of all stores.

    Attributes:
        requested: names given with ``--profile``; none for all.
        known: profiles of the AWS config file.
        named: the store was named, so all of it is read.
        seen: names that some store had.
    """

    requested: tuple[str, ...]
    known: Collection[str]
    named: bool
    seen: set[str] = field(default_factory=set[str])

    def choose(self, listing: Listing, *, shared: bool) -> Chosen:
        """Return what to do with the entries of a store.

        A password store that nobody named may hold anything; there only what is
        called like a profile, in whatever folder, is decrypted.
        """
        self.seen |= {*listing.keys, *(entry.name for entry in listing.left_out)}
        if self.requested:
            left = [entry for entry in listing.left_out if entry.name in self.requested]
            return Chosen(
                profiles=[name for name in self.requested if name in listing.keys], left_out=left, not_read=[]
            )
        profiles, not_read = list(listing.keys), list[str]()
        if shared and not self.named:
            profiles = [name for name in listing.keys if self._is_known(name)]
            not_read = [name for name in listing.keys if name not in profiles]
        return Chosen(profiles=profiles, left_out=list(listing.left_out), not_read=not_read)

    def check(self) -> None:
        """Check that everything requested was found, or that there was something at all.

        Raises:
            ProfileNotFoundError: a requested profile is in no store, or all stores are empty.
        """
        for name in self.requested:
            if name not in self.seen:
                raise ProfileNotFoundError(f"aws-vault has no credentials for profile '{name}' here")
        if not self.seen:
            raise ProfileNotFoundError("aws-vault's stores here are empty")

    def _is_known(self, name: str) -> bool:
        parts = name.split("/")
        return any("/".join(parts[start:]) in self.known for start in range(len(parts)))


def select(context: Context, requested: tuple[str, ...], *, named: bool) -> Selection:
    """Return what the line asks for.

    Args:
        context: with the AWS config file.
        requested: of ``--profile``.
        named: whether a store is named.
    """
    return Selection(requested=requested, known=frozenset(context.aws_config.profiles()), named=named)
