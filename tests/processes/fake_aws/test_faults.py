"""Faults on order, and the call log as a witness of them."""

from __future__ import annotations

import http.client
import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fake_aws.calllog import CallLog
from fake_aws.client import FakeAws, FakeAwsError
from fake_aws.control import Control, new_world
from fake_aws.faults import Faults
from fake_aws.message import Request
from fake_aws.service import Service


def last(fake: FakeAws) -> tuple[str, bool, bool, str | None]:
    entry = fake.calls()[-1]
    return entry["op"], entry["carried_out"], entry["answered"], entry["fault"]


def test_a_call_is_logged_without_its_secrets(fake_aws: FakeAws, boto: Any) -> None:
    code = fake_aws.totp("mfa-user")
    boto("sts", "mfa-user").get_session_token(SerialNumber=fake_aws.mfa_serial("mfa-user"), TokenCode=code)
    [entry] = fake_aws.calls("sts.GetSessionToken")
    assert entry["access_key_id"] == fake_aws.key("mfa-user").access_key_id
    assert entry["params"] == {"SerialNumber": fake_aws.mfa_serial("mfa-user"), "TokenCode": "<redacted>"}
    assert (entry["status"], entry["error"], entry["region"]) == (200, None, "eu-west-1")


def test_an_error_comes_as_often_as_ordered(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    iam = boto("iam", "demo")
    fake_aws.fault("iam.Create*", "error", times=1, skip=0, status=503)
    assert refusal(iam.create_access_key).startswith("InternalFailure")
    assert last(fake_aws) == ("CreateAccessKey", False, True, "error")
    iam.create_access_key()
    assert len(fake_aws.world()["users"]["demo"]["keys"]) == 2


def test_an_error_can_hide_a_success(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.fault("iam.CreateAccessKey", "error-after", times=1)
    refusal(boto("iam", "demo").create_access_key)
    assert last(fake_aws) == ("CreateAccessKey", True, True, "error-after")
    assert len(fake_aws.world()["users"]["demo"]["keys"]) == 2


@pytest.mark.parametrize(("kind", "carried_out", "keys"), [("drop-before", False, 1), ("drop-after", True, 2)])
def test_a_connection_can_be_cut(fake_aws: FakeAws, boto: Any, kind: str, carried_out: bool, keys: int) -> None:
    from botocore.exceptions import ConnectionClosedError

    fake_aws.fault("iam.CreateAccessKey", kind, times=1)
    with pytest.raises(ConnectionClosedError):
        boto("iam", "demo").create_access_key()
    assert last(fake_aws) == ("CreateAccessKey", carried_out, False, kind)
    assert len(fake_aws.world()["users"]["demo"]["keys"]) == keys


@pytest.mark.parametrize(("kind", "keys"), [("hang", 1), ("hang-after", 2)])
def test_a_call_can_hang_until_it_is_let_go(fake_aws: FakeAws, boto: Any, kind: str, keys: int) -> None:
    from botocore.exceptions import ConnectionClosedError

    fake_aws.fault("iam.CreateAccessKey", kind)
    iam, outcome = boto("iam", "demo"), list[BaseException]()

    def call() -> None:
        try:
            iam.create_access_key()
        except ConnectionClosedError as exc:
            outcome.append(exc)

    thread = threading.Thread(target=call)
    thread.start()
    fake_aws.wait_for_call("CreateAccessKey")
    assert fake_aws.calls("CreateAccessKey")[0]["answered"] is False
    fake_aws.clear_faults()
    thread.join(30)
    assert len(outcome) == 1
    assert len(fake_aws.world()["users"]["demo"]["keys"]) == keys


def test_throttling_speaks_each_services_language(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.fault("*", "throttle")
    assert refusal(boto("sts", "demo").get_caller_identity) == "Throttling: Rate exceeded"
    assert refusal(boto("iam", "demo").get_user).startswith("Throttling")
    assert refusal(boto("s3", "demo").list_buckets).startswith("SlowDown")
    assert refusal(boto("sso").list_accounts, accessToken="x").startswith("TooManyRequestsException")


def test_a_fault_can_choose_by_parameter_and_key(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.fault("sts.AssumeRole", "error", where={"RoleArn": "*:role/reader"})
    number = fake_aws.fault("sts.GetCallerIdentity", "error", access_key_id=fake_aws.key("demo").access_key_id)
    sts = boto("sts", "demo")
    refusal(sts.assume_role, RoleArn=fake_aws.role_arn("reader"), RoleSessionName="test")
    sts.assume_role(RoleArn=fake_aws.role_arn("r1"), RoleSessionName="test")
    boto("sts", "mfa-user").get_caller_identity()
    refusal(sts.get_caller_identity)
    fake_aws.clear_faults(number)
    sts.get_caller_identity()


def test_a_skip_lets_the_first_pass(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.fault("sts.*", "error", skip=1, times=1)
    sts = boto("sts", "demo")
    sts.get_caller_identity()
    refusal(sts.get_caller_identity)
    sts.get_caller_identity()


def test_a_delay_and_another_fault_go_together(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    fake_aws.fault("sts.*", "delay", delay_ms=1)
    boto("sts", "demo").get_caller_identity()
    assert last(fake_aws) == ("GetCallerIdentity", True, True, "delay")
    fake_aws.fault("sts.*", "throttle")
    assert refusal(boto("sts", "demo").get_caller_identity).startswith("Throttling")


def test_botocores_own_retries_show_in_the_log(fake_aws: FakeAws) -> None:
    from botocore.config import Config

    key = fake_aws.demo_key()
    sts = importlib.import_module("boto3").client(
        "sts",
        endpoint_url=fake_aws.url,
        region_name="eu-west-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}),
    )
    fake_aws.fault("sts.GetCallerIdentity", "drop-after", times=2)
    sts.get_caller_identity()
    log = fake_aws.calls("GetCallerIdentity")
    assert [entry["answered"] for entry in log] == [False, False, True]


def test_a_hundred_clients_at_once_are_served_and_logged(fake_aws: FakeAws, boto: Any) -> None:
    key = fake_aws.demo_key()
    clients = [boto("sts", key) for _ in range(10)]  # boto3 clients may be shared by threads, not made in them

    def call(number: int) -> str:
        name = f"session-{number}"
        answer = clients[number % 10].assume_role(RoleArn=arn, RoleSessionName=name)
        return str(answer["AssumedRoleUser"]["Arn"]).rpartition("/")[2]

    arn = fake_aws.role_arn("reader")
    with ThreadPoolExecutor(100) as pool:
        names = list(pool.map(call, range(300)))
    assert names == [f"session-{number}" for number in range(300)]
    log = fake_aws.calls("AssumeRole")
    assert {entry["params"]["RoleSessionName"] for entry in log} == set(names)
    assert [entry["seq"] for entry in log] == sorted(entry["seq"] for entry in log)
    assert len({session["access_key_id"] for session in fake_aws.world()["sessions"]}) == 300


def test_the_quota_holds_under_a_race(fake_aws: FakeAws, boto: Any) -> None:
    from botocore.exceptions import ClientError

    iam = boto("iam", "demo")

    def create(_: int) -> bool:
        try:
            iam.create_access_key()
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(create, range(20))) == 1


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("POST", "faults", {"op": "*", "kind": "explode"}),
        ("POST", "faults", {"op": "*", "kind": "error", "tims": 1}),
        ("POST", "world", {"accounts": {"123456789012": {"users": {"x": {"keys": 3}}}}}),
        (
            "POST",
            "world",
            {"accounts": {"123456789012": {"roles": {"x": {"trust": {"Statement": {"Effect": "Maybe"}}}}}}},
        ),
        ("POST", "clock", {"advance_s": "soon"}),
        ("POST", "sso", {"consent": "perhaps"}),
        ("GET", "totp?user=demo", None),
        ("GET", "nothing", None),
    ],
)
def test_a_bad_order_is_refused(fake_aws: FakeAws, method: str, what: str, body: Any) -> None:
    with pytest.raises(FakeAwsError):
        fake_aws.order(method, what, body)


def test_a_reset_begins_anew(fake_aws: FakeAws, boto: Any, refusal: Any) -> None:
    old = fake_aws.demo_key()
    boto("sts", old).get_caller_identity()
    fake_aws.fault("*", "error")
    fake_aws.advance(1000)
    fake_aws.reset(partition="aws-us-gov")
    assert fake_aws.calls() == []
    assert refusal(boto("sts", old).get_caller_identity).startswith("InvalidClientTokenId")
    assert boto("sts", "demo").get_caller_identity()["Arn"].startswith("arn:aws-us-gov:iam::")


def test_a_connection_serves_many_requests(fake_aws: FakeAws) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", fake_aws.port, timeout=10)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/_control/ready")
        assert connection.getresponse().read() == b'{"ready": true}'
    assert connection.sock is first
    connection.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/3\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /" + b"a" * 70_000,
    ],
)
def test_nonsense_on_the_wire_is_answered_with_400(fake_aws: FakeAws, raw: bytes) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", fake_aws.port), timeout=10) as connection:
        connection.sendall(raw)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    fake_aws.order("GET", "ready")


def test_a_call_waits_for_the_one_before_it() -> None:
    """One call at a time has the world: this is why a code can't be spent twice, however close the tries."""
    log, faults = CallLog(), Faults()
    world = new_world()
    service = Service(Control(world, log, faults), log, faults)
    request = Request(method="GET", path="/", query="", headers=(), body=b"")
    thread = threading.Thread(target=service.answer, args=(request,))
    with world.lock:
        thread.start()
        thread.join(0.2)
        waiting = log.as_json()
    thread.join(30)
    assert [entry["status"] for entry in waiting] == [None]
    assert [entry["status"] for entry in log.as_json()] == [403]
