"""As celery's prefork pool: processes that are replaced again and again, by a parent whose threads use the vault."""

from __future__ import annotations

import multiprocessing
import sys
from collections import Counter

from shop import BUSY, LIMIT, ROUNDS, Busy, opened, report, work

METHOD = sys.argv[1]
vault = opened() if METHOD == "fork" or __name__ == "__main__" else None


def job(number: int) -> int:
    global vault  # noqa: PLW0603 - a task of a worker knows nothing else
    if vault is None:
        vault = opened()
    work(vault, number, refresh=number % 4 == 0)
    return number


if __name__ == "__main__":
    assert vault is not None
    seen, errors = Counter(rounds=0, hung=0, wrong=0), []
    with Busy(vault, *BUSY) as busy:
        pool = multiprocessing.get_context(METHOD).Pool(2, maxtasksperchild=2 if METHOD == "fork" else None)
        jobs = [pool.apply_async(job, (number,)) for number in range(ROUNDS)]
        for one in jobs:
            try:
                one.get(2 * LIMIT)
            except multiprocessing.TimeoutError:
                seen["hung"] += 1
                break
            except Exception as error:  # noqa: BLE001 - reported
                errors.append(repr(error))
            seen["rounds"] += 1
        pool.terminate()
    report(seen, errors + busy.errors)
