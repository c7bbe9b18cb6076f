"""What finding the class of a built-in backend costs: by our table, and by stevedore.

Usage: python benchmarks/backends.py [rounds]
"""

from __future__ import annotations

import sys
import tempfile

from measure import Case, ratios, show
from scene import clean_environ

#: Of all drivers the lightest, so that little else is measured.
NAME = "memory"
DRIVER = "import pyvault_backends.memory"
TABLE = f"from pyvault.storage.registry import load_backend; load_backend({NAME!r})"
METADATA = f"from pyvault.storage.plugins import list_plugins; list_plugins(); {DRIVER}"
STEVEDORE = (
    f"from stevedore.driver import DriverManager; DriverManager('pyvault.backends', {NAME!r}, invoke_on_load=False)"
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 31
    with tempfile.TemporaryDirectory(prefix="pyvault-bench-") as home:
        env = clean_environ(home)
        cases = [
            Case(name="import of the driver alone", argv=[sys.executable, "-c", DRIVER], env=env),
            Case(name="by the table", argv=[sys.executable, "-c", TABLE], env=env),
            Case(name="by the metadata of what is installed", argv=[sys.executable, "-c", METADATA], env=env),
            Case(name="by stevedore, its cache warm", argv=[sys.executable, "-c", STEVEDORE], env=env),
        ]
        show(cases, ratios(cases, pairs=rounds))


if __name__ == "__main__":
    main()
