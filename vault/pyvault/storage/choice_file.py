"""What pyvault remembers about backends: ``choice.json`` in the state directory.

::

    {"v": 1, "backend": "file", "plugins": {"acme": {"distribution": "acme-vault", "version": "1.2"}}}

``backend`` is the choice of the first ``add``, automatic or by its flag: a built-in one, or a plug-in
that ``plugins`` has too, for a file must not choose what no person ever named. ``plugins`` says who
provided a third party's backend when it first ran: another distribution under
the same name is refused until a person accepts it, because it would be handed
every secret. A new version of the same distribution is normal; it is told of
once, when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvault.errors import AccessDeniedError, ConfigError
from pyvault.files.file_checks import FileChecks, check_state_directory, make_private_directory
from pyvault.files.reading import read_file
from pyvault.interruptions import pass_interruption
from pyvault.json_reader import UnreadableError, read_object
from pyvault.record import Record, field, replace
from pyvault.storage.backend_info import Provider
from pyvault.storage.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pyvault.storage.backend_info import BackendInfo

VERSION = 1
MAX_BYTES = 256 * 1024  # a line for each plug-in that was ever used


class Remembered(Record):
    """The content of choice.json."""

    backend: str | None = None
    plugins: Mapping[str, Provider] = field(default_factory=dict[str, Provider])

    def choice(self, path: Path) -> str | None:
        """Return the backend that was chosen before; a third party's only if a person named it once, and it was let in.

        Args:
            path: of the file, for the message.

        Raises:
            ConfigError: it names a backend that nobody has ever named.
        """
        if self.backend is None or self.backend in BUILT_IN or self.backend in self.plugins:
            return self.backend
        from pyvault.surface import argument

        raise ConfigError(
            f"'{path}' names the backend {self.backend!r}, which was never used here",
            hint=f"to use it, pass {argument('backend', self.backend)}; otherwise delete the file",
        )

    def refusal(self, info: BackendInfo) -> AccessDeniedError | None:
        """Return why a third party's backend must not run: another distribution than before, and nobody agreed."""
        before = self.plugins.get(info.name)
        now = Provider.of(info)
        if before is None or before.distribution == now.distribution:
            return None
        return AccessDeniedError(
            f"the backend {info.name!r} came from '{before.distribution}' and comes from '{now.distribution}' now",
            hint=f"pyvault backends accept {info.name}, if that is what you want",
        )


class ChoiceFile:
    """choice.json: read without a lock, changed under one, replaced as a whole."""

    def __init__(self, path: Path, *, checks: FileChecks | None = None) -> None:
        """Name the file.

        Args:
            path: ``choice.json``.
            checks: of its directory, by default the ordinary ones.
        """
        self._path = path
        self._checks = checks or FileChecks()

    def load(self) -> Remembered:
        """Read it; a missing file remembers nothing.

        Raises:
            ConfigError: no file, or damaged: guessing would open another vault than yesterday.
            InsecurePermissionsError: others could write it.
        """
        check_state_directory(self._path.parent, self._checks)
        try:
            content = read_file(self._path, MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return Remembered()
        except OSError as exc:
            pass_interruption(exc)
            from pyvault.files.owners import foreign_owner_hint

            raise ConfigError(
                f"'{self._path}' can't be read: {exc.strerror}", hint=foreign_owner_hint(self._path)
            ) from None
        try:
            return _parse(content)
        except UnreadableError:
            from pyvault.surface import argument

            raise ConfigError(
                f"'{self._path}' is damaged",
                hint=f"delete it, and name the backend that you used with {argument('backend')}",
            ) from None

    def chosen(self) -> str | None:
        """Return the backend that was chosen before, see :meth:`Remembered.choice`."""
        return self.load().choice(self._path)

    def record_backend(self, name: str) -> None:
        """Fix the automatic choice; the first one stays."""
        self._change(lambda known: known if known.backend else replace(known, backend=name))

    def admit(self, info: BackendInfo, *, accept: bool = False) -> Provider | None:
        """Let a third party's backend run, remembering who it is.

        Args:
            info: what the metadata says now.
            accept: a person agreed to another distribution than before.

        Returns:
            Who it was before: None at the first use.

        Raises:
            AccessDeniedError: another distribution than before, and nobody agreed.
        """
        known = self.load()
        if not accept and (refusal := known.refusal(info)):
            raise refusal
        now, before = Provider.of(info), known.plugins.get(info.name)
        if before != now:
            self._change(lambda known: replace(known, plugins={**known.plugins, info.name: now}))
        return before

    def _change(self, change: Callable[[Remembered], Remembered]) -> None:
        from pyvault.files.atomic import remove_leftovers, replace_file
        from pyvault.files.lock import LockFile

        make_private_directory(self._path.parent, self._checks)
        with LockFile(self._path.with_name(f"{self._path.name}.lock")):
            known = self.load()
            changed = change(known)
            remove_leftovers(self._path)
            if changed != known:
                replace_file(self._path, _format(changed))


def _parse(content: bytes) -> Remembered:
    document = read_object(content, limit=MAX_BYTES)
    document.whole("v", least=VERSION, most=VERSION)
    return Remembered(
        backend=document.optional_text("backend"),
        plugins={
            name: Provider(distribution=who.text("distribution"), version=who.text("version"))
            for name, who in document.items("plugins").items()
        },
    )


def _format(remembered: Remembered) -> bytes:
    import json

    document: dict[str, object] = {
        "v": VERSION,
        "backend": remembered.backend,
        "plugins": {
            name: {"distribution": who.distribution, "version": who.version}
            for name, who in sorted(remembered.plugins.items())
        },
    }
    return json.dumps(document, indent=1).encode() + b"\n"
