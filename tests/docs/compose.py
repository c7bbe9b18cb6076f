"""A stand-in for ``docker compose up``: a service becomes the ``docker run`` that it stands for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

VARIABLE = re.compile(r"\$\{(\w+)(:\?)?\}")
KNOWN = {"image", "command", "network_mode", "user", "environment", "secrets"}


def as_docker_run(text: str, environ: Mapping[str, str]) -> list[str]:
    """Give the words for the only service of a file; a key or a variable that isn't known fails."""
    document = yaml.safe_load(text)
    (service,) = document["services"].values()
    assert not set(service) - KNOWN
    words = ["docker", "run", "--rm", "--network", service["network_mode"]]
    if "user" in service:
        words += ["--user", _fill(service["user"], environ)]
    for name, value in service["environment"].items():
        words += ["-e", f"{name}={_fill(value, environ)}"]
    for name in service.get("secrets", ()):
        source = _fill(_file_of(document, name), environ)
        words += ["-v", f"{source}:/run/secrets/{name}:ro"]
    return [*words, service["image"], *shlex.split(service["command"])]


def _file_of(document: Mapping[str, Any], secret: str) -> str:
    return str(document["secrets"][secret]["file"])


def _fill(text: str, environ: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: environ[found[1]], text)
