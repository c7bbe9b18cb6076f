"""The options that narrow one run, read and checked before anything is asked or called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from pyvault.config.values import parse_tags
from pyvault.errors import ConfigError, InvalidSettingError, UsageError
from pyvault.planning.limits import check_policy, check_policy_arns, check_tag_pairs, check_value
from pyvault.planning.narrowing import Narrowing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Bytes; white space does not count for AWS's limit, as the policy is sent without it.
MAX_FILE: Final = 65_536


def read_narrowing(
    *,
    policy_file: Path | None,
    policy_arns: Sequence[str],
    read_only: bool,
    tags: Sequence[str],
    source_identity: str | None,
) -> Narrowing:
    """Return what the options ask for.

    Raises:
        UsageError: ``--read-only`` beside another policy: AWS would allow what either allows.
        ConfigError: the policy file can't be read, or is no policy.
        InvalidSettingError: AWS would refuse a value.
    """
    if read_only and (policy_file is not None or policy_arns):
        other = "--policy-arn" if policy_arns else "--policy-file"
        raise UsageError(
            f"Can't use {other} with --read-only: AWS allows what either policy allows",
            hint=f"leave out --read-only, and let the policy of {other} allow no more than reading",
        )
    arns = tuple(dict.fromkeys(policy_arns))
    check_policy_arns(arns, "--policy-arn")
    for arn in arns:
        if not arn.startswith("arn:") or ":iam::" not in arn or ":policy/" not in arn:
            raise InvalidSettingError(
                f"--policy-arn: {arn!r} is not the ARN of a managed policy",
                hint="it looks like arn:aws:iam::aws:policy/ReadOnlyAccess",
            )
    pairs = parse_tags(tags, what="--tag")
    check_tag_pairs(pairs, "--tag")
    if source_identity is not None:
        check_value("source_identity", source_identity, "--source-identity")
    return Narrowing(
        policy=None if policy_file is None else read_policy(policy_file),
        policy_arns=arns,
        read_only=read_only,
        tags=pairs,
        source_identity=source_identity,
    )


def read_policy(path: Path) -> str:
    """Return the policy of a file as it is sent: without white space between its parts, in ASCII.

    Raises:
        ConfigError: it can't be read, or is no policy.
        InvalidSettingError: it is longer than AWS takes.
    """
    from codecs import BOM_UTF8
    from json import dumps

    from pyvault.files.reading import read_file
    from pyvault.json_reader import UnreadableError, read_value

    what = f"the policy file '{path}'"
    try:
        # Exact: AWS might understand another one of two values of a key.
        data = read_file(path, MAX_FILE).removeprefix(BOM_UTF8)  # Windows editors put it there
        document = read_value(data, limit=MAX_FILE, exact=True)
    except OSError as exc:
        raise ConfigError(f"{what} can't be read: {exc.strerror}") from exc
    except UnreadableError:
        raise ConfigError(
            f"{what} is not JSON, or a key stands in it twice", hint="write it in UTF-8, and each key once"
        ) from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise ConfigError(f"{what} is no policy: it has no 'Statement'")
    policy = dumps(cast("dict[str, object]", document), separators=(",", ":"))
    check_policy(policy, f"{what}, without white space")
    return policy
