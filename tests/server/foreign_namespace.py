"""Ask both guarded servers from another network namespace; run inside one of our own.

For each prints the status that the neighbour gets, then the status that we get.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from server.serving import MovedClock, ObedientFetch, authorised, ecs, imds, own_uid, running

CREDENTIALS = "/latest/meta-data/iam/security-credentials/local-credentials"

ASK = """
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)
connection.request("GET", sys.argv[4], headers={"Authorization": sys.argv[3]})
print(connection.getresponse().status)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def main() -> None:
    ip("link", "set", "lo", "up")
    neighbour = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 60"], stdout=subprocess.PIPE)
    assert neighbour.stdout is not None
    neighbour.stdout.readline()
    pid = str(neighbour.pid)
    try:
        ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", pid)
        ip("addr", "add", "10.99.0.1/24", "dev", "here")
        ip("link", "set", "here", "up")
        inside = ["nsenter", "--net", "--target", pid]
        subprocess.run([*inside, "ip", "addr", "add", "10.99.0.2/24", "dev", "there"], check=True)
        subprocess.run([*inside, "ip", "link", "set", "there", "up"], check=True)
        clock = MovedClock()
        fetch = ObedientFetch(now=clock)
        for make, path in ((ecs(fetch, clock), "/"), (imds(fetch, clock, allow_v1=True), CREDENTIALS)):
            with running(make, is_owner=own_uid(), address="0.0.0.0") as server:  # type: ignore[arg-type]  # both are applications
                place = ["10.99.0.1", str(server.port), authorised()["Authorization"], path]
                words = [sys.executable, "-I", "-c", ASK, *place]
                subprocess.run([*inside, *words], check=True)
                subprocess.run(words, check=True)
    finally:
        neighbour.kill()
        neighbour.wait()


if __name__ == "__main__":
    main()
