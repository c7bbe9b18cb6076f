"""Where an MFA code comes from, and that none is sent twice.

Sources in order: the code given with the command, the ``mfa_process`` of the
profile, a person (or whatever stands behind the prompt). AWS takes each code
once; a second program that sends it within its 30 s is refused, and three of
four tools then tell the person that the code was wrong. So every code is
claimed before it is sent, across processes, and a claimed one means waiting
for the next. A code that AWS refused, or that was never sent, is given back, and a
person who mistyped it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from pyvault.aws.calls import MfaProof
from pyvault.errors import AwsError, InputRequiredError, MfaError, NothingSentError
from pyvault.process.command import ConfiguredCommand, run_text
from pyvault.record import Record
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyvault.errors import PyvaultError
    from pyvault.mfa.used_codes import UsedCodes

    T = TypeVar("T")

CODE_DIGITS = 6  # Source: STS API Reference, TokenCode: [\d]*, fixed length of 6
PROCESS_LIMIT = timedelta(minutes=5)  # it may ask a person to touch a key or type a PIN
MAX_QUESTIONS = 3  # for one code: who mistypes three times has another device in hand
MAX_CLAIMS = 20  # so many others before us in line: ten minutes
WRONG_CODE = "check that it is the right device, and that the clock of this machine is right"

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
#: Refusals of the signature, the rate or the form, which AWS looks at first.
BEFORE_THE_CODE = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "RegionDisabledException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "UnrecognizedClientException",
        "ValidationError",
    }
)


class MfaRequest(Record):
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


class MfaCodes:
    """Hands out proofs of possession of an MFA device, each code once."""

    def __init__(
        self,
        *,
        used_codes: UsedCodes,
        wait: Wait,
        tell: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str],
        given: Secret[str] | None = None,
        prompt: MfaSource | None = None,
    ) -> None:
        """Name the sources.

        Args:
            used_codes: the codes that were sent already.
            wait: called when the next code has to be waited for.
            tell: says why a question comes again.
            environ: for the ``mfa_process``.
            given: with the command itself; used for every MFA call of the run.
            prompt: asks a person; None if nobody may be asked.
        """
        self._used_codes = used_codes
        self._wait = wait
        self._tell = tell
        self._environ = environ
        self._given = given
        self._prompt = prompt

    def prove(self, request: MfaRequest, send: Callable[[MfaProof], T]) -> T:
        """Send a code that nobody has sent yet; where AWS refuses one that was asked for, ask again.

        Args:
            request: what the code is needed for.
            send: makes the call; its other errors pass.

        Raises:
            MfaError: no code, or only ones that were used.
            InputRequiredError: nobody may be asked for one.
            AwsError: AWS refused the last code, or the call.
        """
        refused: list[Secret[str]] = []
        while True:
            proof = self.proof(request)
            if proof.code in refused:  # a device, or somebody who reads the same code again: the next one, once
                self._wait(self._used_codes.left_of_window())
                proof = self._another(request, proof)
            try:
                return send(proof)
            except (AwsError, NothingSentError) as problem:
                if not _was_spent(problem):
                    self._used_codes.release(request.serial, proof.code)
                refused.append(proof.code)
                if not _is_wrong_code(problem) or not self._may_ask_again(request) or len(refused) == MAX_QUESTIONS:
                    raise
                self._tell(f"AWS refused the MFA code of {request.serial!r}; try again")

    def _another(self, request: MfaRequest, proof: MfaProof) -> MfaProof:
        """Return another code than one that AWS has refused already.

        Raises:
            MfaError: the same one again.
        """
        self._used_codes.release(request.serial, proof.code)
        again = self.proof(request)
        if again.code == proof.code:
            self._used_codes.release(request.serial, again.code)
            raise MfaError(f"AWS refused this MFA code of {request.serial!r} already", hint=WRONG_CODE)
        return again

    def _may_ask_again(self, request: MfaRequest) -> bool:
        return self._given is None and request.process is None

    def proof(self, request: MfaRequest) -> MfaProof:
        """Get a code that nobody has sent yet.

        Raises:
            MfaError: no code, or only ones that were used.
            InputRequiredError: nobody may be asked for one.
        """
        for _ in range(MAX_CLAIMS):
            if self._given is None and (showing := self._used_codes.until_next(request.serial)) is not None:
                self._wait(showing)  # first, or a person would type a code in vain
            code = self._checked_code(request)
            left = self._used_codes.claim(request.serial, code)
            if left is None:
                return MfaProof(serial=request.serial, code=code)
            if self._given is not None:  # it won't change however long we wait
                raise MfaError(
                    f"the given MFA code of {request.serial!r} has been used already",
                    hint=f"the next one is due in {left.total_seconds():.0f} s",
                )
            self._wait(left)
        raise MfaError(f"the MFA device {request.serial!r} gave only codes that had been used already")

    def _checked_code(self, request: MfaRequest) -> Secret[str]:
        """Get a code of the right form; a person is asked again for one."""
        for _ in range(MAX_QUESTIONS - 1):
            try:
                return self._read_code(request)
            except MfaError as problem:
                if not self._may_ask_again(request):
                    raise
                self._tell(problem.message)
        return self._read_code(request)

    def _read_code(self, request: MfaRequest) -> Secret[str]:
        answer = self._code(request)
        if self._given is None and request.process is not None:
            return checked(
                answer, request.serial, source=f"what the mfa_process of profile {request.profile!r} printed"
            )
        return checked(answer, request.serial)

    def _code(self, request: MfaRequest) -> Secret[str]:
        if self._given is not None:
            return self._given
        if request.process is not None:
            return run_mfa_process(request.process, request.profile, self._environ)
        if self._prompt is not None:
            return self._prompt(request)
        from pyvault.surface import argument

        raise InputRequiredError(
            f"an MFA code of {request.serial!r} is required for profile {request.profile!r}",
            hint=f"provide it with {argument('mfa_code')}, or set mfa_process in the profile",
        )


def run_mfa_process(command: str, profile: str, environ: Mapping[str, str]) -> Secret[str]:
    """Run an ``mfa_process`` and return what it printed, trimmed.

    Its stdin and stderr are the terminal, where there is one.

    Raises:
        ProcessError: it failed.
    """
    configured = ConfiguredCommand(
        text=command, setting="mfa_process", profile=profile, limit=PROCESS_LIMIT, on_terminal=True
    )
    return run_text(configured, environ)


def _is_wrong_code(problem: PyvaultError) -> bool:
    """Return whether AWS took the request for good but for the code."""
    return isinstance(problem, AwsError) and problem.code in DENIED and "one time pass code" in problem.message


def _was_spent(problem: PyvaultError) -> bool:
    """Return whether AWS may have taken the code; what it refuses before it looks at the code spends none."""
    return isinstance(problem, AwsError) and not (
        "MultiFactorAuthentication" in problem.message or problem.code in BEFORE_THE_CODE
    )


def checked(code: Secret[str], serial: str, *, source: str | None = None) -> Secret[str]:
    """Take the blanks out of a code, as people type them, and check its form.

    Args:
        code: as it came.
        serial: of the device.
        source: what gave it, where that was no person.

    Raises:
        MfaError: it is not six digits.
    """
    digits = Secret("".join(code.reveal().split()))
    if len(digits) != CODE_DIGITS or not (digits.reveal().isascii() and digits.reveal().isdecimal()):
        what = source or f"the MFA code of {serial!r}"
        raise MfaError(f"{what} is not {CODE_DIGITS} digits")
    return digits
