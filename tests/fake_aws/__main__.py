"""``python -m fake_aws``: start the fake, say where, serve until told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .calllog import CallLog
from .control import Control, new_world
from .faults import Faults
from .listener import Listener
from .service import Service

if TYPE_CHECKING:
    import ssl


def main() -> None:
    """Serve. The readiness line on stdout is one JSON object."""
    arguments = _parse()
    document = json.loads(Path(arguments.world).read_text(encoding="utf-8")) if arguments.world else None
    world = new_world(document, partition=arguments.partition, offset=timedelta(seconds=arguments.clock_offset))
    log, faults = CallLog(), Faults()
    tls, scheme = (_tls(arguments.tls), "https") if arguments.tls else (None, "http")
    service = Service(Control(world, log, faults), log, faults, scheme)
    # Nothing here needs an orderly end, and a thread that hangs on order must not prevent one.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    with Listener((arguments.host, arguments.port), service.answer, tls) as listener:
        host, port = listener.server_address[:2]
        ready = {
            "ready": True,
            "host": str(host),
            "port": port,
            "url": f"{scheme}://{host!s}:{port}",
            "pid": os.getpid(),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        if arguments.end_with_stdin:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        listener.serve_forever(poll_interval=3600)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fake_aws", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; the control door is open to all who reach it"
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--clock-offset", type=float, default=0.0, help="seconds that the world is ahead of the machine"
    )
    parser.add_argument("--partition", default="aws")
    parser.add_argument("--tls", help="PEM file with a certificate and its key: serve https")
    parser.add_argument("--world", help="JSON file with another world than the demo's")
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="stop when stdin ends: no orphans of killed tests"
    )
    return parser.parse_args()


def _tls(pem: str) -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def _end(number: int, frame: object) -> None:
    os._exit(0)


def _end_with_stdin() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
