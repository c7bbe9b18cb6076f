"""Small inputs in which another profile's credentials, or a platform's, were taken: each gives the profile's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aws_profiles import plan_of
from pyvault.planning.steps import Step

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).parents[2].joinpath("data", "whose-source.json").read_text("utf-8")
)
DETAILS = ("role_arn", "command", "start_url", "account_id", "mfa_serial")


def told(step: Step) -> str:
    details = [f" {value}" for name in DETAILS if (value := getattr(step, name, None))]
    return f"{step.op}[{step.profile}]{''.join(details)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_steps_are_those_of_the_profile(case: dict[str, Any]) -> None:
    plan = plan_of(
        case["config"],
        case["profile"],
        stored=tuple(case["stored"]),
        environ=case["environ"],
        credentials=case["credentials"],
    )
    assert [told(step) for step in plan.steps] == case["steps"]
