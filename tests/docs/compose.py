"""A stand-in for ``docker compose up``: a service becomes the ``docker run`` that it stands for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

VARIABLE = re.compile(r"\$\{(\w+)(:\?)?\}")
KNOWN = {"image", "build", "command", "network_mode", "user", "environment", "secrets", "volumes"}


def as_docker_run(text: str, environ: Mapping[str, str], name: str | None = None) -> list[str]:
    """Give the words for a service of a file, by default its only one; a key or a variable that isn't known fails.

    An image that is built here has no entrypoint: its program is the first word of the command. The network of a service that names none, and whoever shares it, is the host's.
    """
    document = yaml.safe_load(text)
    service = document["services"][name or next(iter(document["services"]))]
    assert name or len(document["services"]) == 1
    assert not set(service) - KNOWN
    network = service.get("network_mode", "host").partition(":")[0].replace("service", "host")
    words = ["docker", "run", "--rm", "--network", network]
    if "user" in service:
        words += ["--user", _fill(service["user"], environ)]
    for variable, value in service["environment"].items():
        words += ["-e", f"{variable}={_fill(value, environ)}"]
    for secret in service.get("secrets", ()):
        source = _fill(_file_of(document, secret), environ)
        words += ["-v", f"{source}:/run/secrets/{secret}:ro"]
    for volume in service.get("volumes", ()):
        words += ["-v", _fill(volume, environ)]
    image = [service["image"]] if "image" in service else []
    return [*words, *image, *shlex.split(service["command"])]


def _file_of(document: Mapping[str, Any], secret: str) -> str:
    return str(document["secrets"][secret]["file"])


def _fill(text: str, environ: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: environ[found[1]], text)
