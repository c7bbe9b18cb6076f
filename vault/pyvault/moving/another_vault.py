"""A vault file of another machine: whether what is given can open it, said before anybody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import InputRequiredError
from pyvault.vaultfile.reader import read_header
from pyvault.vaultfile.secretfile import check_there
from pyvault.vaultfile.slots import SlotType

if TYPE_CHECKING:
    from pathlib import Path

    from pyvault.vaultfile.checks import FileChecks


def check_way_in(file: Path, *, keyfile: Path | None, passphrase_file: Path | None, checks: FileChecks) -> None:
    """Refuse what can't come to a good end: a place that is given but not there, or no key file where only one opens.

    Nothing but the header is read, and nothing of it is believed: opening the file checks it.

    Raises:
        ConfigError: the key file or passphrase file is not there, whether a slot asks for it or not.
        InputRequiredError: a key file opens it, and none is given.
        VaultFileError: there is no vault file.
    """
    for given, what in ((keyfile, "key file"), (passphrase_file, "passphrase file")):
        if given is not None:
            check_there(given.expanduser(), what)
    kinds = {slot.slot_type for slot in read_header(file, checks).slots if slot.is_known()}
    if keyfile is None and SlotType.KEY_FILE in kinds and SlotType.PASSPHRASE not in kinds:
        raise InputRequiredError(
            f"'{file}' is opened by a key file, and none is given",
            hint="--keyfile FILE names the one that came with it",
        )
