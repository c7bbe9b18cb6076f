"""Which source of credentials a profile has: its own, else that of the nearest layer with one. Pure.

All sources are one group. A profile with its own source inherits none from a farther
layer (``include_profile``, ``[default]``): whoever writes ``credential_process`` into a
profile never gets the SSO role that ``[default]`` names. What belongs together is
inherited together:

* The sign-in of SSO (``sso_session``, or ``sso_start_url`` with its region) and the choice
  there (account, role). A layer that has only the choice uses the nearest farther
  sign-in, and nothing of another sign-in.
* ``role_arn`` is not a source. A role applies to a source in a farther layer. A role in a
  layer farther than the source applies to ``source_profile`` and ``credential_source``
  only, and one of ``[default]`` only to ``[default]``'s source.
* Keys, stored or in the files, belong to the very profile and are not inherited.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from pyvault.config.config_file import nfc
from pyvault.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pyvault.config.layers import Layer


class Source(IntEnum):
    """The kinds of sources, in the order of precedence within one profile."""

    STORED = 1
    SOURCE_PROFILE = 2
    SSO = 3
    WEB_IDENTITY = 4
    LOGIN = 5
    PROCESS = 6
    CREDENTIAL_SOURCE = 7
    PLAINTEXT = 8


class CredentialSource(StrEnum):
    """Where ``credential_source`` finds credentials.

    Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
    """

    ENVIRONMENT = "Environment"
    EC2_INSTANCE_METADATA = "Ec2InstanceMetadata"
    ECS_CONTAINER = "EcsContainer"


#: The keys that give a layer a source. SSO's choice is one too, if the layer has no other.
SOURCE_KEYS: Final[Mapping[Source, tuple[str, ...]]] = {
    Source.SOURCE_PROFILE: ("source_profile",),
    Source.SSO: ("sso_session", "sso_start_url"),
    Source.WEB_IDENTITY: ("web_identity_token_file", "web_identity_token_process"),
    Source.LOGIN: ("login_session",),
    Source.PROCESS: ("credential_process",),
    Source.CREDENTIAL_SOURCE: ("credential_source",),
}
SSO_SIGN_IN: Final[tuple[str, ...]] = SOURCE_KEYS[Source.SSO]
SSO_CHOICE: Final[tuple[str, ...]] = ("sso_account_id", "sso_role_name")
SSO_DETAILS: Final[tuple[str, ...]] = ("sso_region", "sso_registration_scopes")
KEY_PAIR: Final[tuple[str, ...]] = ("aws_access_key_id", "aws_secret_access_key")
#: Sources that a role of an included profile applies to. Source: AWS SDKs and Tools
#: Reference Guide, "Assume role credential provider": role_arn goes with one of these.
TAKES_A_ROLE: Final = frozenset({Source.SOURCE_PROFILE, Source.CREDENTIAL_SOURCE})
#: Endpoints are not inherited from ``[default]``.
NOT_OF_DEFAULT: Final[tuple[str, ...]] = ("endpoint_url", "services", "ignore_configured_endpoint_urls")


class PassedOver(Record):
    """A setting in a file that is not used, and why.

    Attributes:
        origin: as ``explain`` calls the layer.
        label: file, line, key and section.
    """

    profile: str
    setting: str
    origin: str
    label: str
    why: str


class Sources(Record):
    """The source of a profile.

    Attributes:
        kind: the one with precedence; None if there is none.
        reach: the farthest layer that a key may be taken from; the last one, if the key is not here.
    """

    kind: Source | None
    reach: Mapping[str, int]
    passed_over: tuple[PassedOver, ...]


def find_sources(layers: Sequence[Layer], name: str, stored: Collection[str]) -> Sources:
    """Return the source of a profile, and the settings that are not used because of it.

    Args:
        layers: of the profile, nearest first; the first is its own.
        name: the profile.
        stored: names of the profiles whose keys are in the vault.
    """
    end = len(layers) - 1
    fallback = next((rank for rank, layer in enumerate(layers) if layer.fallback), len(layers))
    found = [_kinds(layer, name, is_own=rank == 0, stored=stored) for rank, layer in enumerate(layers)]
    winner = next((rank for rank, kinds in enumerate(found) if kinds), None)
    reach: dict[str, int] = dict.fromkeys(NOT_OF_DEFAULT, fallback - 1)
    if winner is None:
        reach["role_arn"] = fallback - 1
        return Sources(kind=None, reach=reach, passed_over=tuple(_roles(layers, name, reach["role_arn"], None)))
    kind = min(found[winner])
    for keys in SOURCE_KEYS.values():
        reach |= dict.fromkeys(keys, winner)
    reach |= _reach_of_sso(layers, winner, kind)
    if kind in TAKES_A_ROLE:
        reach["role_arn"] = fallback - 1 if winner < fallback else end
    else:
        reach["role_arn"] = winner
    passed_over = [
        *_lower(layers[winner], name, kind, found[winner]),
        *_farther(layers, name, winner, kind, found, reach),
        *_roles(layers, name, reach["role_arn"], kind),
    ]
    return Sources(kind=kind, reach=reach, passed_over=tuple(passed_over))


def has_sign_in(layer: Layer) -> bool:
    """Return whether a layer names an SSO sign-in."""
    return any(layer.text(key) for key in SSO_SIGN_IN)


def _kinds(layer: Layer, name: str, *, is_own: bool, stored: Collection[str]) -> frozenset[Source]:
    """Return the kinds of sources that one layer has for a profile."""
    kinds = {kind for kind, keys in SOURCE_KEYS.items() if any(layer.text(key) for key in keys)}
    if nfc(layer.text("source_profile")) == name:  # the usual way to say "my own keys"
        kinds.discard(Source.SOURCE_PROFILE)
    if is_own and name in stored:
        kinds.add(Source.STORED)
    if is_own and any(layer.text(key) for key in KEY_PAIR):
        kinds.add(Source.PLAINTEXT)
    if not kinds and any(layer.text(key) for key in SSO_CHOICE):
        kinds.add(Source.SSO)
    return frozenset(kinds)


def _reach_of_sso(layers: Sequence[Layer], winner: int, kind: Source) -> dict[str, int]:
    """Return the farthest layer for each setting of SSO: the last before another sign-in."""
    sign_in = end = winner  # for another kind of source: the winner's own settings are shown, though not used
    if kind is Source.SSO:
        sign_ins = [rank for rank in range(winner, len(layers)) if has_sign_in(layers[rank])]
        sign_in = sign_ins[0] if sign_ins else winner
        end = sign_ins[1] - 1 if len(sign_ins) > 1 else len(layers) - 1
    return {key: sign_in if key in SSO_SIGN_IN else end for key in (*SSO_SIGN_IN, *SSO_CHOICE, *SSO_DETAILS)}


def _lower(layer: Layer, name: str, kind: Source, kinds: Collection[Source]) -> Iterator[PassedOver]:
    """Yield the further sources of the layer that wins."""
    for other in sorted(kinds):
        if other is not kind and other in SOURCE_KEYS:
            yield from _passed_over(
                layer, name, SOURCE_KEYS[other], f"it has lower precedence than {_named(kind, name)}"
            )


def _farther(
    layers: Sequence[Layer],
    name: str,
    winner: int,
    kind: Source,
    found: Sequence[Collection[Source]],
    reach: Mapping[str, int],
) -> Iterator[PassedOver]:
    """Yield the sources of the layers behind the one that wins."""
    where = f"profile {name!r} has" if winner == 0 else f"{layers[winner].origin} is nearer and has"
    for rank in range(winner + 1, len(layers)):
        for other in sorted(found[rank]):
            keys = SSO_CHOICE if other is Source.SSO and not has_sign_in(layers[rank]) else SOURCE_KEYS.get(other, ())
            keys = tuple(key for key in keys if rank > reach[key])
            yield from _passed_over(layers[rank], name, keys, f"{where} its own source: {_named(kind, name)}")


def _roles(layers: Sequence[Layer], name: str, reach: int, kind: Source | None) -> Iterator[PassedOver]:
    """Yield the role that would have been inherited."""
    if any(layer.text("role_arn") for layer in layers[: reach + 1]):
        return
    for layer in layers[reach + 1 :]:
        if layer.text("role_arn"):
            if layer.fallback:
                why = "a role of [default] applies only to the source of [default]"
            else:
                why = f"an included role applies to source_profile and credential_source, not to {_named(kind, name)}"
            yield from _passed_over(layer, name, ("role_arn",), why)
            return


def _passed_over(layer: Layer, name: str, keys: Sequence[str], why: str) -> Iterator[PassedOver]:
    for key in keys:
        if layer.text(key):
            yield PassedOver(profile=name, setting=key, origin=layer.origin, label=layer.label(key), why=why)


def _named(kind: Source | None, name: str) -> str:
    match kind:
        case Source.STORED:
            return f"the keys of {name!r} in the vault"
        case Source.PLAINTEXT:
            return f"the keys of {name!r} in the files"
        case Source.SSO:
            return "the SSO sign-in"
        case Source.WEB_IDENTITY:
            return "the web identity token"
        case None:
            return "no source"
        case _:
            return SOURCE_KEYS[kind][0]


class Skip(Record):
    """A step that one might expect, and why it is not taken."""

    op: str
    profile: str
    why: str
