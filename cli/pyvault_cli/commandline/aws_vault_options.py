"""What the global options say of backends, aws-vault's names for them included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import UsageError

if TYPE_CHECKING:
    from pyvault_cli.commandline.arguments import CommandLine

#: aws-vault's flag, and what it means here. Source: aws-vault's usage text.
FLAGS = {
    "--secret-service-collection": "secret-service.collection",
    "--pass-dir": "pass.store",
    "--pass-cmd": "pass.command",
    "--pass-prefix": "pass.prefix",
}


def options_from_flags(line: CommandLine) -> dict[str, str]:
    """Return the options of backends that a line gives, as ``KEY`` or ``NAME.KEY``.

    Raises:
        UsageError: ``--file-dir``; its files have another format. ``--keychain``;
            keyring can't name one.
        ConfigError: a ``--backend-option`` without a value.
    """
    from pyvault.storage.backend_options import parse_flags

    if line.last("--file-dir") is not None:
        raise UsageError(
            "'--file-dir' names files of aws-vault, which pyvault does not write",
            hint="'pyvault import aws-vault' takes the keys out of them",
        )
    if line.last("--keychain") is not None:
        raise UsageError(
            "'--keychain' names a keychain, and pyvault uses the default one",
            hint="'pyvault import aws-vault' takes the keys out of another",
        )
    named = {option: value for flag, option in FLAGS.items() if (value := line.last(flag))}
    if line.has("--weak-passphrase"):
        named["file.weak_passphrase"] = "true"  # noqa: S105 - a switch
    slot = line.last("--slot")
    return {**named, **parse_flags(line.every("--backend-option")), **({"file.slot": slot} if slot else {})}
