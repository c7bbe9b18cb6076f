"""Running ``pass``, which runs gpg: time limits, a terminal, what went wrong, and gpg's own reason for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pyvault.errors import (
    BackendError,
    BackendLockedError,
    BackendTimeoutError,
    BackendUnavailableError,
    ItemCorruptError,
    UserCancelledError,
)
from pyvault.files.owners import foreign_owner, ownership_hint
from pyvault.interruptions import suppressing
from pyvault.paths import current_environment
from pyvault.process.group import running_group
from pyvault.process.scrub_environment import without_vault_secrets
from pyvault.record import Record, field
from pyvault.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GPG_PROGRAMS = ("gpg2", "gpg")  # in the order in which pass looks for them
LOOPBACK = "--pinentry-mode loopback"
DECRYPTION_CODES = (2, 11)  # of gpg, which pass passes on; of gopass
WITHOUT_KEY = "gpg has no secret key here"
KEY_HINT = "import the key of the password store"

#: gpg's own texts in the C locale, which is the only thing that tells these apart.
LOCKED_TEXTS = ("No secret key", "Bad passphrase", "No pinentry", "Inappropriate ioctl", "No passphrase given")
CANCELLED_TEXTS = ("Operation cancelled",)


class Outcome(Record):
    """How a run ended.

    Attributes:
        errors: stderr; gpg's messages, which name keys and files.
    """

    code: int
    output: Secret[bytes]
    errors: str


class Gpg(Record, unshown=("environ",)):
    """The program, and how it is run.

    Attributes:
        environ: of its processes; by default what counts where this is made.
        command: ``pass`` or a program with its interface.
        limit: seconds.
        passphrase: asks for the key's passphrase; None leaves it to gpg-agent.
    """

    command: str
    store: Path
    limit: float
    passphrase: Callable[[], Secret[str]] | None = None
    environ: Mapping[str, str] = field(default_factory=current_environment)

    def run(self, arguments: list[str], *, stdin: Secret[bytes] | None = None) -> Outcome:
        """Run pass with *arguments*, with *stdin* as its input.

        Raises:
            BackendUnavailableError: it can't be started.
            BackendTimeoutError: it took longer than the limit.
        """
        pipe = self._passphrase_pipe()

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [self.command, *arguments],
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ(pipe),
                pass_fds=() if pipe is None else (pipe,),
                process_group=0,  # gpg is pass's child; both have to end when one of them hangs
            )

        try:
            with running_group(start) as child:
                output, errors = child.communicate(None if stdin is None else stdin.reveal(), timeout=self.limit)
        except subprocess.TimeoutExpired:
            raise BackendTimeoutError(f"'{self.command}' gave no answer in {self.limit:g} s") from None
        except OSError as exc:
            raise BackendUnavailableError(f"'{self.command}' can't be started: {exc.strerror}") from None
        finally:
            if pipe is not None:
                os.close(pipe)
        return Outcome(code=child.returncode, output=Secret(output), errors=errors.decode(errors="replace"))

    def has_secret_key(self) -> bool:
        """Return whether gpg has any secret key: without one its messages are those of a locked one.

        Raises:
            BackendUnavailableError: gpg can't be started.
            BackendTimeoutError: it took longer than the limit.
        """
        listing = self._ask_gpg("--list-secret-keys", "--with-colons")
        return any(line.startswith("sec:") for line in listing.stdout.splitlines())

    def find_trouble(self, recipients: list[str]) -> BackendUnavailableError | None:
        """Return why gpg can't encrypt to *recipients* or has no agent; shows no prompt and keeps nothing.

        Raises:
            BackendUnavailableError: gpg can't be started.
            BackendTimeoutError: it took longer than the limit.
        """
        environ = self._environ(None)
        owned = place_trouble(environ)  # first: gpg makes files in its directory, whosever it is
        if owned is not None:
            return owned
        listing = self._ask_gpg("--list-secret-keys", "--with-colons")
        if trouble := refusal(listing.stderr, environ):
            return trouble
        if not any(line.startswith("sec:") for line in listing.stdout.splitlines()):
            return BackendUnavailableError(WITHOUT_KEY, hint=KEY_HINT)
        to = [argument for recipient in recipients for argument in ("--recipient", recipient)]
        return refusal(self._ask_gpg("--quiet", "--encrypt", *to).stderr, environ) if to else None

    def _ask_gpg(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = next(
            (name for name in GPG_PROGRAMS if shutil.which(name, path=self.environ.get("PATH"))), GPG_PROGRAMS[-1]
        )
        try:
            return subprocess.run(
                [program, *STATUS_OPTIONS.split(), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                env=self._environ(None),
                check=False,
                timeout=self.limit,
            )
        except subprocess.TimeoutExpired:
            raise BackendTimeoutError(f"'{program}' gave no answer in {self.limit:g} s") from None
        except OSError as exc:
            raise BackendUnavailableError(f"'{program}' can't be started: {exc.strerror}") from None

    def gpg_refusal(self, outcome: Outcome) -> BackendUnavailableError | None:
        """Return why gpg refused to work with its keys; None if it did not."""
        return refusal(outcome.errors, self._environ(None))

    def _passphrase_pipe(self) -> int | None:
        """Return the end of a pipe from which gpg reads the passphrase."""
        if self.passphrase is None:
            return None
        reading, writing = os.pipe()
        try:
            os.write(writing, f"{self.passphrase().reveal()}\n".encode())  # far less than a pipe holds
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return reading

    def _environ(self, pipe: int | None) -> dict[str, str]:
        environ = without_vault_secrets(self.environ) | {"LC_ALL": "C", "PASSWORD_STORE_DIR": str(self.store)}
        terminal = _terminal_name()
        if terminal is not None:
            environ.setdefault("GPG_TTY", terminal)  # where pinentry asks
        loopback = "" if pipe is None else f"{LOOPBACK} --passphrase-fd {pipe}"
        options = environ.get("PASSWORD_STORE_GPG_OPTS", "")
        environ["PASSWORD_STORE_GPG_OPTS"] = f"{options} {STATUS_OPTIONS} {loopback}".strip()
        return environ


def _terminal_name() -> str | None:
    for descriptor in range(3):
        if os.isatty(descriptor):
            with suppressing(OSError):  # in a container the terminal may have no name
                return os.ttyname(descriptor)
    return None


def gpg_error(outcome: Outcome, gpg: Gpg, *, of: str) -> Exception:
    """Return the error that a failed run means."""
    if any(text in outcome.errors for text in CANCELLED_TEXTS):
        return UserCancelledError("the passphrase prompt of gpg was dismissed")
    if refused := gpg.gpg_refusal(outcome):
        return refused
    if any(text in outcome.errors for text in LOCKED_TEXTS):
        if gpg.has_secret_key():
            from pyvault.surface import argument

            loopback = argument("options", {"pinentry": "loopback"})
            return BackendLockedError(
                f"gpg can't unlock the key for {of}",
                hint=f"unlock the key (gpg-agent), set GPG_TTY, or use {loopback}",
            )
        return BackendUnavailableError(WITHOUT_KEY, hint=KEY_HINT)
    if outcome.code in DECRYPTION_CODES:
        return ItemCorruptError(f"{of} is damaged")
    return BackendError(f"'{gpg.command}' failed with status {outcome.code}: {_last_line(outcome.errors)}")


def _last_line(errors: str) -> str:
    """Return pass's own message; gpg's warnings come before it."""
    lines = [line.strip() for line in errors.splitlines() if line.strip() and not line.startswith(MARK)]
    return "".join(char for char in lines[-1] if char.isprintable()) if lines else "no message"


#: A question becomes an answer that we can read and never a prompt, and no key is fetched from elsewhere.
STATUS_OPTIONS = "--batch --no-auto-key-locate --status-fd 2"
MARK = "[GNUPG:] "
ANOTHER_KEY = "choose another key with pass init"
UNUSABLE = ("can't be used", "gpg --list-keys shows its state")

#: The first word after INV_RECP: what is wrong with the key, and what to do.
RECIPIENT_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "1": (
            "is unknown to gpg, or revoked",
            f"import the public key with gpg --import FILE, or {ANOTHER_KEY}",
        ),
        "2": ("is ambiguous", "name the key by its fingerprint: pass init FINGERPRINT"),
        "3": ("can't encrypt", ANOTHER_KEY),
        "4": ("is revoked, or has no subkey that encrypts", ANOTHER_KEY),
        "5": ("has expired", f"gpg --quick-set-expire FINGERPRINT 1y, or {ANOTHER_KEY}"),
        "10": ("is not trusted by gpg", "gpg --edit-key KEY trust, or gpg --lsign-key KEY, if it is the right one"),
        "13": ("is disabled", "gpg --edit-key KEY enable"),
    }
)
NO_REASON = frozenset({"0", "1"})  # no reason, and "not found", which gpg says of an address whose key has expired too
#: Status lines that name the state of a key before its INV_RECP.
KEY_STATES: Mapping[str, str] = MappingProxyType({"KEYEXPIRED": "5", "KEYREVOKED": "4"})
ALL_UNUSABLE = "3"  # flags of KEY_CONSIDERED: not selected, and all of its subkeys are expired or revoked

#: In the C locale, of an agent or a directory that gpg can't use.
PLACE_TEXTS = ("can't connect to the agent", "no gpg-agent running", "can't create lock", "Fatal: can't open")
PLACE_STATES = frozenset({"add_keyblock_resource"})
SOCKET_PATH = 103 if sys.platform == "darwin" else 107  # bytes. Source: sun_path in sys/un.h, without its NUL
SHOWN = 80  # characters of a recipient


def refusal(errors: str, environ: Mapping[str, str]) -> BackendUnavailableError | None:
    """Return why gpg can't work with its keys, by its stderr; None if it does not say so."""
    statuses = list(_status_lines(errors))
    broken = any(line[0] == "ERROR" and line[1:2] and line[1] in PLACE_STATES for line in statuses)
    if broken or any(text in errors for text in PLACE_TEXTS):
        return place_trouble(environ) or BackendUnavailableError(
            "gpg can't read its keys" if broken else "gpg can't reach its gpg-agent, and can't start one",
            hint="gpg --list-secret-keys and gpg-agent --daemon show the reason",
        )
    return _recipient_refused(statuses)


def place_trouble(environ: Mapping[str, str]) -> BackendUnavailableError | None:
    """Return what is wrong with gpg's directory, as far as it can be seen; None if nothing is."""
    home = gpg_home(environ)
    owner = foreign_owner(home)
    if owner is not None:
        return BackendUnavailableError(
            f"gpg's directory '{home}' belongs to user {owner}", hint=f"{ownership_hint(owner, home)}; or set GNUPGHOME"
        )
    if home.exists() and not os.access(home, os.W_OK | os.X_OK):
        return BackendUnavailableError(
            f"gpg can't write to its directory '{home}'", hint="make it writable, or set GNUPGHOME to another directory"
        )
    size = len(_agent_socket(environ))
    if size > SOCKET_PATH:
        return BackendUnavailableError(
            f"gpg-agent can't start: the path of its socket has {size} bytes, more than the {SOCKET_PATH} allowed",
            hint="set GNUPGHOME to a shorter path",
        )
    return None


def gpg_home(environ: Mapping[str, str]) -> Path:
    """Return gpg's directory."""
    return Path(environ.get("GNUPGHOME") or Path(environ.get("HOME") or Path.home(), ".gnupg"))


def _recipient_refused(statuses: list[list[str]]) -> BackendUnavailableError | None:
    key_state = "0"  # by the status lines before INV_RECP, as one of its reasons
    for keyword, *fields in statuses:
        key_state = KEY_STATES.get(keyword, key_state)
        if keyword == "KEY_CONSIDERED" and fields[1:2] == [ALL_UNUSABLE] and key_state == "0":
            key_state = "4"
        if keyword == "INV_RECP" and fields:
            reason = key_state if key_state != "0" and fields[0] in NO_REASON else fields[0]
            problem, hint = RECIPIENT_REASONS.get(reason, UNUSABLE)
            name = "".join(char for char in " ".join(fields[1:]) if char.isprintable())[:SHOWN]
            return BackendUnavailableError(f"the key '{name}' of the password store {problem}", hint=hint)
    return None


def _status_lines(errors: str) -> Iterator[list[str]]:
    """Return the status lines as fields; the first one is the keyword."""
    for line in errors.splitlines():
        if line.startswith(MARK) and (fields := line.removeprefix(MARK).split()):
            yield fields


def _agent_socket(environ: Mapping[str, str]) -> bytes:
    """Return where gpg's agent would listen; empty if gpg's own tool does not tell."""
    try:
        result = subprocess.run(
            ["gpgconf", "--list-dirs", "agent-socket"],  # noqa: S607 - from PATH, as gpg itself
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=dict(environ),
            check=False,
            timeout=2,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(result.stdout.strip())
