"""A job of a pool that ends with an error of ours: the error arrives, and nobody waits for ever."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pyvault.errors import AwsError, LockTimeoutError

LIMIT = 60  # seconds


def refused(number: int) -> int:
    raise AwsError(f"AWS refused call {number}", code="AccessDenied", hint="ask your administrator")


def locked(number: int) -> int:
    raise LockTimeoutError(f"the vault is locked for {number}", hint="wait")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_executor_of_processes_passes_it_on(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system can't")
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        jobs = [pool.submit(refused, number) for number in range(3)]
        for number, job in enumerate(jobs):
            with pytest.raises(AwsError) as caught:
                job.result(LIMIT)
            error = caught.value
            assert (error.message, error.code) == (f"AWS refused call {number}", "AccessDenied")
            assert error.hint == "ask your administrator"
        with pytest.raises(LockTimeoutError, match="the vault is locked for 7"):
            pool.submit(locked, 7).result(LIMIT)


POOL = """
import multiprocessing, sys
from pyvault.errors import AwsError
def job(number):
    raise AwsError(f"AWS refused call {number}", code="AccessDenied", hint="ask")
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        for number in range(3):
            try:
                pool.apply(job, (number,))
            except AwsError as error:
                print(error.message, error.code, error.hint)
"""


def test_a_pool_of_multiprocessing_does_not_hang(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=LIMIT, check=True
    )  # a pool that hangs can't be asked to end
    assert done.stdout.splitlines() == [f"AWS refused call {number} AccessDenied ask" for number in range(3)]
