"""What a real boto3 makes of the child's environment: whose credentials, of which account, and where its clients go.

Nothing is called: a client tells where it would send its requests.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import Ended, Environ, Pyvault

ONE = "111111111111"
ANSWER = {
    "Version": 1,
    "AccessKeyId": "ASIASERVED0000000001",
    "SecretAccessKey": "planted-secret",
    "SessionToken": "t",
    "Expiration": "2099-01-01T00:00:00Z",
    "AccountId": ONE,
}
CHILD = """
import boto3, json
session = boto3.Session()
keys = session.get_credentials()
frozen = keys.get_frozen_credentials()
clients = {name: session.client(name).meta.endpoint_url for name in ("s3", "dynamodb", "elasticbeanstalk")}
print(json.dumps({"key": frozen.access_key, "account": frozen.account_id} | clients))
"""
LOCAL = (
    "[services own]\ns3 =\n  endpoint_url = http://127.0.0.1:4566\n"
    "elastic_beanstalk =\n  endpoint_url = http://127.0.0.1:4567\n"
)
DEFAULT = "[services d]\ns3 =\n  endpoint_url = http://d:1\ndynamodb =\n  endpoint_url = http://d:2\n[default]\nservices = d\n"
OF_AWS = {
    "s3": "https://s3.amazonaws.com",
    "dynamodb": "https://dynamodb.us-east-1.amazonaws.com",
    "elasticbeanstalk": "https://elasticbeanstalk.us-east-1.amazonaws.com",
}
EXEC = ("exec", "app", "--", sys.executable, "-c", CHILD)
SERVER = ("exec", "--ecs-server", *EXEC[1:])

Run = Callable[..., Ended]


@pytest.fixture
def run(pyvault: Pyvault, keyed: Environ, tmp_path: Path) -> Run:
    """Run pyvault with a config, in which a command gives the credentials of the profile app."""

    def run(config: str, *words: str, answer: dict[str, object] = ANSWER, **environ: str) -> Ended:
        aws = tmp_path / ".aws"
        aws.mkdir(exist_ok=True)
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        (tmp_path / "process").write_text(f"touch '{tmp_path}/ran'; cat '{tmp_path}/answer.json'\n")
        process = f"credential_process = sh '{tmp_path}/process'\n"
        (aws / "config").write_text(config.replace("[profile app]\n", f"[profile app]\n{process}"))
        return pyvault(*words, env={**keyed, **environ})

    return run


def child(ended: Ended) -> dict[str, str | None]:
    assert ended.code == 0, ended.err
    seen: dict[str, str | None] = json.loads(ended.out)
    assert seen.pop("key") == ANSWER["AccessKeyId"]
    return seen


APP = "[profile app]\nregion = us-east-1\n"
STALE = {
    "AWS_ACCOUNT_ID": "999999999999",
    "AWS_BEARER_TOKEN_BEDROCK": "x",
    "AWS_PROFILE": "app",
    "AWS_ENDPOINT_URL_LAMBDA": "http://mine",
}


@pytest.mark.parametrize(
    ("config", "words", "environ", "expected"),
    [
        pytest.param(
            LOCAL + DEFAULT + APP + "services = own\n",
            EXEC,
            {},
            OF_AWS | {"s3": "http://127.0.0.1:4566", "elasticbeanstalk": "http://127.0.0.1:4567"},
            id="own services, and those of [default] are covered",
        ),
        pytest.param(DEFAULT + APP, EXEC, {}, OF_AWS, id="none of its own"),
        pytest.param(
            DEFAULT + APP,
            EXEC,
            {"AWS_ENDPOINT_URL_DYNAMODB": "http://mine:1"},
            OF_AWS | {"dynamodb": "http://mine:1"},
            id="the user's own variable",
        ),
        pytest.param(
            DEFAULT + "use_fips_endpoint = false\n" + APP + "use_fips_endpoint = true\nuse_dualstack_endpoint = true\n",
            EXEC,
            {},
            {
                "s3": "https://s3-fips.dualstack.us-east-1.amazonaws.com",
                "dynamodb": "https://dynamodb-fips.us-east-1.api.aws",
                "elasticbeanstalk": "https://elasticbeanstalk-fips.us-east-1.api.aws",
            },
            id="FIPS and dual stack",
        ),
        pytest.param(
            LOCAL + DEFAULT + APP + "services = own\nendpoint_url = http://127.0.0.1:1\n",
            SERVER,
            STALE,
            {
                "s3": "http://127.0.0.1:4566",
                "elasticbeanstalk": "http://127.0.0.1:4567",
                "dynamodb": "http://127.0.0.1:1",
            },
            id="a server, whose answer names the account",
        ),
        pytest.param(
            LOCAL + DEFAULT + APP + "services = own\n",
            ("exec", "--profile-env", *EXEC[1:]),
            STALE,
            OF_AWS | {"s3": "http://127.0.0.1:4566", "elasticbeanstalk": "http://127.0.0.1:4567"},
            id="the profile itself",
        ),
    ],
)
def test_the_clients_are_those_of_the_profile(
    run: Run, config: str, words: tuple[str, ...], environ: dict[str, str], expected: dict[str, str]
) -> None:
    seen = child(run(config, *words, **environ))
    assert seen == {"account": ONE, **expected}


def test_an_evaluated_export_does_the_same(run: Run, tmp_path: Path) -> None:
    config = LOCAL + DEFAULT + APP + "services = own\nuse_dualstack_endpoint = true\nca_bundle = ~/ca.pem\n"
    old = {"AWS_SESSION_TOKEN": "old", "AWS_ACCESS_KEY": "old", "AWS_ENDPOINT_URL_SQS": "http://mine"}
    exported = run(config, "export", "app", "--format", "export-env", **STALE, **old)
    assert exported.code == 0, exported.err
    script = (
        f'eval "$TEXT"; {shlex.join([sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"])}'
    )
    ended = subprocess.run(
        ["sh", "-c", script], env={"TEXT": exported.out, **STALE, **old}, capture_output=True, check=True, cwd=tmp_path
    )
    seen = {name: value for name, value in json.loads(ended.stdout).items() if name.startswith("A")}
    assert seen == {
        "AWS_ACCESS_KEY_ID": ANSWER["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": ANSWER["SecretAccessKey"],
        "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": ANSWER["Expiration"],
        "AWS_ACCOUNT_ID": ONE,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CA_BUNDLE": f"{tmp_path}/ca.pem",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": "http://127.0.0.1:4567",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.us-east-1.api.aws",
        "AWS_ENDPOINT_URL_LAMBDA": "http://mine",
        "AWS_ENDPOINT_URL_SQS": "http://mine",
    }


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (LOCAL + "[default]\nendpoint_url = http://d:1\n" + APP + "services = own\n", "endpoint_url of [default]"),
        (
            LOCAL + DEFAULT.replace("dynamodb", "no_such_thing") + APP + "services = own\n",
            "no_such_thing of services 'd'",
        ),
        (LOCAL + DEFAULT + "[profile app]\nservices = own\n", "dynamodb of services 'd'"),
        (APP + "endpoint_url = http://x\nuse_fips_endpoint = true\n", "use_fips_endpoint"),
    ],
    ids=["for all services", "unknown to botocore", "no region", "FIPS"],
)
def test_what_can_not_be_kept_away_stops_before_anything_is_asked_for(
    run: Run, tmp_path: Path, config: str, named: str
) -> None:
    ended = run(config, "exec", "app", "--", "true")
    assert ended.code == 5, ended.err
    assert named in ended.err
    assert not (tmp_path / "ran").exists()
    assert run(config, "export", "app").code == 5
    if named.startswith("endpoint_url"):
        assert run(config, "explain", "app", "--assume-none").code == 5
        assert run(config, "export", "app", "--format", "json").code == 0  # for a client that looks at the profile


def test_explain_shows_the_users_overrides(run: Run) -> None:
    config = LOCAL + DEFAULT + APP + "services = own\naccount_id_endpoint_mode = disabled\n"
    ended = run(config, "explain", "app", "--assume-none", "--json", AWS_ENDPOINT_URL_SQS="http://mine")
    settings = json.loads(ended.out)["settings"]
    assert settings["endpoint_url_sqs"] == {"value": "http://mine", "from": "env AWS_ENDPOINT_URL_SQS"}
    assert settings["endpoint_url_s3"] == {"value": "http://127.0.0.1:4566", "from": "services own"}
    assert settings["endpoint_url_dynamodb"]["value"] == "AWS's own"
    assert settings["account_id_endpoint_mode"]["value"] == "disabled"


@pytest.mark.parametrize(
    ("account", "code"), [(ONE, 0), (None, 0), ("222222222222", 6)], ids=["the same", "not known", "another"]
)
def test_the_account_of_the_profile_is_that_of_the_credentials(run: Run, account: str | None, code: int) -> None:
    answer = ANSWER | {"AccountId": account}
    config = APP + f"aws_account_id = {ONE}\n"
    for words in (("export", "app", "--format", "json"), ("exec", "app", "--", "printenv", "AWS_ACCOUNT_ID")):
        ended = run(config, *words, answer=answer)
        assert ended.code == code, ended.err
        if code:
            assert ended.out == ""
            assert f"is '{ONE}'" in ended.err
            assert "planted-secret" not in ended.err
        else:
            assert ONE in ended.out
