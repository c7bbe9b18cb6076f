"""As gunicorn with ``preload_app``: the vault is opened and used in threads, and workers are forked from that."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections import Counter

from shop import BUSY, LIMIT, ROLE, ROUNDS, SESSION, Busy, opened, report, work

WORKERS = 2


def serve(number: int) -> None:
    """Be a worker with two threads that serve requests."""
    faulthandler.dump_traceback_later(LIMIT - 5)
    signal.alarm(LIMIT)  # kills: whoever hangs is counted by the parent
    failed = threading.Event()

    def requests(place: int) -> None:
        try:
            work(vault, number + place, refresh=number % 4 == 0)
            session.client("sts").get_caller_identity()
        except BaseException:  # noqa: BLE001 - reported
            traceback.print_exc()
            failed.set()

    threads = [threading.Thread(target=requests, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(failed.is_set())


vault = opened()
session = vault.boto3_session(ROLE)
seen = Counter(rounds=0, hung=0, wrong=0)
with Busy(vault, *BUSY, lambda vault: session.get_credentials().get_frozen_credentials()) as busy:
    for number in range(ROUNDS):
        children = []
        for _ in range(WORKERS):
            pid = os.fork()
            if pid == 0:
                try:
                    serve(number)
                finally:
                    os._exit(3)
            children.append(pid)
        for pid in children:
            status = os.waitpid(pid, 0)[1]
            seen["hung"] += os.WIFSIGNALED(status)
            seen["wrong"] += not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0
        seen["rounds"] += 1
vault.get(SESSION)
sys.stderr.flush()
report(seen, busy.errors)
