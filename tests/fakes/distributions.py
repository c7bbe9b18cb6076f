"""Installed distributions, as the import system sees them: files on ``sys.path``, no installer."""

from __future__ import annotations

import importlib
from pathlib import Path


def install(
    site: Path,
    distribution: str,
    *,
    version: str = "1.0",
    backends: dict[str, str],
    modules: dict[str, str] | None = None,
) -> None:
    """Write the metadata of a distribution that offers backends, and its modules.

    Args:
        site: a directory on ``sys.path``.
        distribution: its name.
        version: its version.
        backends: entry points, name to ``module:Class``.
        modules: source text by module name.
    """
    info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    lines = "".join(f"{name} = {value}\n" for name, value in backends.items())
    (info / "entry_points.txt").write_text(f"[pyvault.backends]\n{lines}")
    for module, text in (modules or {}).items():
        (site / f"{module}.py").write_text(text)
    importlib.invalidate_caches()  # within one tick of the file system's clock a new file is not seen
