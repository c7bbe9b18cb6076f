"""Read one item with three seconds of processor time: ``attempt.py JOB``, a JSON object.

Prints ``refused`` or ``given``; a process that works on is ended by the kernel.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time

SECONDS = 3

if __name__ == "__main__":
    job = json.loads(sys.argv[1])
    sys.path[:] = job["path"]

    from pyvault.errors import PyvaultError
    from pyvault.names import credential_name
    from pyvault.testing import Subject
    from weaknesses.peer import PeerEndedError

    subject = Subject(**job["subject"])
    subject.load()
    limit = int(time.process_time()) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))  # a peer's process inherits it
    try:
        backend = subject.open()
        backend.get(credential_name("prod"))
    except PyvaultError as exc:
        print(f"refused: {exc}")  # noqa: T201 - a program
    except PeerEndedError as exc:
        os.kill(os.getpid(), exc.signal)
    else:
        print("given")  # noqa: T201 - a program
