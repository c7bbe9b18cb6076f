"""What reading an AWS config file costs as it grows, in milliseconds and in milliseconds for each MiB.

The last column has to stay about the same from line to line of one shape: twice the
file, twice the time, also for the shapes that a hostile file would choose.

Usage: python benchmarks/config.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path

from pyvault.config.config_file import ConfigFile
from pyvault.errors import ConfigError

PATH = Path("config")
SIZES = (1 << 18, 1 << 20, 1 << 22)  # bytes
SHAPES = {
    "profiles": b"[profile p#######]\nregion = eu-central-1\nrole_arn = arn:aws:iam::111111111111:role/x\n",
    "sections": b"[#######]\n",
    "keys": b"k####### = v\n",
    "quotes": b"\"'",
    "brackets": b"] ",
    "continued": b"word\\\n",
}
HEADS = {"keys": b"[a]\n", "quotes": b"[a]\nx = ", "brackets": b"[", "continued": b"[a]\nx = a\\\n"}


def document(shape: str, size: int) -> bytes:
    line = SHAPES[shape]
    lines = (line.replace(b"#######", b"%07d" % number) for number in range(size // len(line)))
    return HEADS.get(shape, b"") + b"".join(lines)


def elapsed_ms(data: bytes) -> float:
    begin = time.perf_counter()
    with suppress(ConfigError):  # a refusal costs time as well
        ConfigFile.parse(data, PATH)
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{'shape':<12}{'KiB':>8}{'ms':>10}{'ms/MiB':>10}")
    for shape in SHAPES:
        for size in SIZES:
            data = document(shape, size)
            spent = statistics.median(elapsed_ms(data) for _ in range(rounds))
            print(f"{shape:<12}{len(data) >> 10:>8}{spent:>10.1f}{spent / (len(data) / (1 << 20)):>10.1f}")


if __name__ == "__main__":
    main()
