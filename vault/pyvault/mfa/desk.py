"""Where an MFA code comes from, and that none is sent twice.

Sources in order: the code given with the command, the ``mfa_process`` of the
profile, a person (or whatever stands behind the prompt). AWS takes each code
once; a second program that sends it within its 30 s is refused, and three of
four tools then tell the person that the code was wrong. So every code is
claimed before it is sent, across processes, and a claimed one means waiting
for the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pyvault.aws.calls import MfaProof
from pyvault.errors import InputRequiredError, MfaError
from pyvault.process.command import ConfiguredCommand, run_text
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.mfa.claims import MfaClaims

CODE_DIGITS = 6  # Source: STS API Reference, TokenCode: [\d]*, fixed length of 6
PROCESS_LIMIT = timedelta(minutes=5)  # it may ask a person to touch a key or type a PIN
MAX_CLAIMS = 20  # so many others before us in line: ten minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaRequest:
    """What a code is needed for.

    Attributes:
        serial: of the device: an ARN, or the number of a hardware token.
        profile: on whose behalf.
        process: the ``mfa_process`` that applies, if any.
    """

    serial: str
    profile: str
    process: str | None = None


#: Gives a code; may ask a human. Raises MfaError when there is none to be had,
#: InputRequiredError when nobody may be asked.
MfaSource = Callable[[MfaRequest], Secret[str]]

#: Sleeps; may draw a countdown meanwhile.
Wait = Callable[[timedelta], None]


class MfaDesk:
    """Hands out proofs of possession of an MFA device, each code once."""

    def __init__(
        self,
        *,
        claims: MfaClaims,
        wait: Wait,
        environ: Mapping[str, str],
        given: Secret[str] | None = None,
        prompt: MfaSource | None = None,
    ) -> None:
        """Name the sources.

        Args:
            claims: the codes that were sent already.
            wait: called when the next code has to be waited for.
            environ: for the ``mfa_process``.
            given: with the command itself; used for every MFA call of the run.
            prompt: asks a person; None if nobody may be asked.
        """
        self._claims = claims
        self._wait = wait
        self._environ = environ
        self._given = given
        self._prompt = prompt

    def proof(self, request: MfaRequest) -> MfaProof:
        """Get a code that nobody has sent yet.

        Raises:
            MfaError: no code, or only ones that were used.
            InputRequiredError: nobody may be asked for one.
        """
        for _ in range(MAX_CLAIMS):
            if self._given is None and (showing := self._claims.until_next(request.serial)) is not None:
                self._wait(showing)  # first, or a person would type a code in vain
            code = checked(self._code(request), request.serial)
            left = self._claims.claim(request.serial, code)
            if left is None:
                return MfaProof(serial=request.serial, code=code)
            if self._given is not None:  # it won't change however long we wait
                raise MfaError(
                    f"the given MFA code of {request.serial!r} has been used already",
                    hint=f"the next one comes in {left.total_seconds():.0f} s",
                )
            self._wait(left)
        raise MfaError(f"the MFA device {request.serial!r} gave only codes that were used already")

    def _code(self, request: MfaRequest) -> Secret[str]:
        if self._given is not None:
            return self._given
        if request.process is not None:
            return run_mfa_process(request.process, request.profile, self._environ)
        if self._prompt is not None:
            return self._prompt(request)
        raise InputRequiredError(
            f"an MFA code of {request.serial!r} is needed for profile {request.profile!r}",
            hint="give it with --mfa-token, or set mfa_process in the profile",
        )


def run_mfa_process(command: str, profile: str, environ: Mapping[str, str]) -> Secret[str]:
    """Run an ``mfa_process`` and give what it printed, trimmed.

    Its stdin and stderr are the terminal, where there is one.

    Raises:
        ProcessError: it failed.
    """
    configured = ConfiguredCommand(
        text=command, setting="mfa_process", profile=profile, limit=PROCESS_LIMIT, on_terminal=True
    )
    return run_text(configured, environ)


def checked(code: Secret[str], serial: str) -> Secret[str]:
    """Take the blanks out of a code, as people type them, and check its form.

    Raises:
        MfaError: it is not six digits.
    """
    digits = Secret("".join(code.reveal().split()))
    if len(digits) != CODE_DIGITS or not (digits.reveal().isascii() and digits.reveal().isdecimal()):
        raise MfaError(f"the MFA code of {serial!r} is not {CODE_DIGITS} digits")
    return digits
