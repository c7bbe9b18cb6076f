"""A stand-in for ``docker run --network host``: no image, but the same user, environment and files.

The program of an image is the one of its name on PATH (or that path). It runs with the variables of ``-e`` and no
others but those of OUTSIDE, which are its image and its internet; with the files of ``-v``, bind-mounted
read-only in a mount namespace; and as the user of ``--user``, else as root.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import PurePosixPath

#: What a container has of us: where programs are, and the local AWS.
OUTSIDE = ("PATH", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")

INSIDE = """\
set -e
mount -t tmpfs tmpfs /run
while [ "$1" != -- ]; do
    mkdir -p "$(dirname "$2")"
    if [ -d "$1" ]; then mkdir "$2"; else touch "$2"; fi
    mount --bind "$1" "$2" && mount -o remount,bind,ro "$2"
    shift 2
done
user=$2
shift 2
exec setpriv --reuid "$user" --regid "$user" --clear-groups -- env -i "$@"
"""


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("run", choices=["run"])
    parser.add_argument("--rm", action="store_true")
    parser.add_argument("--network", choices=["host"], required=True)
    parser.add_argument("--user", default="0")
    parser.add_argument("-e", dest="environment", action="append", default=[])
    parser.add_argument("-v", dest="volumes", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    wanted = parser.parse_args()
    mounts: list[str] = []
    for volume in wanted.volumes:
        source, target, mode = volume.split(":")
        assert mode == "ro"
        mounts += [source, target]
    program = shutil.which(wanted.image) or shutil.which(PurePosixPath(wanted.image).name)
    assert program is not None
    outside = {name: value for name, value in os.environ.items() if name in OUTSIDE}
    environment = [f"{name}={value}" for name, value in {**outside, "HOME": tempfile.mkdtemp()}.items()]
    words = ["unshare", "--mount", "sh", "-c", INSIDE, "sh", *mounts, "--", wanted.user]
    os.execvp(words[0], [*words, *environment, *wanted.environment, program, *wanted.command])  # noqa: S606 - no shell


if __name__ == "__main__":
    sys.exit(main())
