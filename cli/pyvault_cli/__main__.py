"""``python -m pyvault_cli``: the same program, for a process that must not look at PATH."""

from pyvault_cli.main import main

raise SystemExit(main())
