"""The console script, and ``python -m pyvault_cli``: what is known is answered at once, for all else there is main."""

import os
import sys


def main() -> int:
    """Run pyvault with the arguments of this process; end it, or return its exit code."""
    if sys.platform == "linux" and sys.argv[1:2] in (["exec"], ["export"]) and os.environ.get("PYVAULT_WARM") != "0":
        from pyvault_cli.credentials import warm_start

        warm_start.answer(sys.argv[1:])
    from pyvault_cli.main import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
