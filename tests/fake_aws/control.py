"""The door for tests, ``/_control/``: JSON in, JSON out, secrets of the fake world included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

from . import totp
from .calllog import CallLog
from .clock import Clock, rfc3339
from .demo_world import DEMO_WORLD, ISSUER
from .faults import Fault, Faults, Kind
from .fields import Fields, SeedError
from .message import Request, Response, json_response
from .model import MfaDevice
from .seed import sow
from .snapshot import snapshot
from .sso_state import Consent
from .web_tokens import issue_web_token
from .world import World


class Control:
    """Holds the present world and changes it at a test's order."""

    def __init__(self, world: World, log: CallLog, faults: Faults) -> None:
        self.world = world
        self.log = log
        self.faults = faults

    def answer(self, request: Request) -> Response:
        """Carry out one order."""
        order = ORDERS.get((request.method, request.path.removeprefix("/_control/")))
        if order is None:
            return json_response({"error": f"no such order: {request.method} {request.path}"}, status=404)
        try:
            with self.world.lock:
                return json_response(order(self, request))
        except (SeedError, ValueError) as exc:
            return json_response({"error": str(exc)}, status=400)


def new_world(document: object = None, *, partition: str = "aws", offset: timedelta = timedelta()) -> World:
    """Make a world from its JSON; without one, the world of the demo."""
    world = World(Clock(offset), partition)
    sow(world, DEMO_WORLD if document is None else document)
    return world


def _ready(control: Control, request: Request) -> object:
    return {"ready": True}


def _show_world(control: Control, request: Request) -> object:
    return snapshot(control.world)


def _reset(control: Control, request: Request) -> object:
    """Begin anew: world, clock, log and faults."""
    with _fields(request) as fields:
        control.world = new_world(fields.raw("world"), partition=fields.text("partition", "aws"))
    control.log.clear()
    control.faults.clear()
    return snapshot(control.world)


def _enlarge(control: Control, request: Request) -> object:
    sow(control.world, json.loads(request.body or b"{}"))
    return snapshot(control.world)


def _show_clock(control: Control, request: Request) -> object:
    return {"now": control.world.now().timestamp(), "rfc3339": rfc3339(control.world.now())}


def _move_clock(control: Control, request: Request) -> object:
    clock = control.world.clock
    with _fields(request) as fields:
        clock.advance(timedelta(seconds=fields.number("advance_s", 0)))
        if (skew := fields.raw("wire_skew_s")) is not None:
            clock.skew_wire(timedelta(seconds=float(str(skew))))
        if fields.flag("stop"):
            clock.stop()
        if fields.flag("run"):
            clock.run()
    return _show_clock(control, request)


def _show_code(control: Control, request: Request) -> object:
    """Give what the device of ``?user=`` shows now, and whether STS has seen it."""
    device = _device(control, request.query_fields().get("user", ""))
    step = totp.step_at(control.world.now())
    return {"code": totp.code(device.seed, step), "serial": device.serial, "used": step <= device.last_used_step}


def _fresh_code(control: Control, request: Request) -> object:
    """Give a code that STS will take: when the present one is spent, move the clock to the next."""
    name = request.query_fields().get("user", "")
    device, world = _device(control, name), control.world
    spent = device.last_used_step + 1 - totp.step_at(world.now())
    if spent > 0:
        world.clock.advance(timedelta(seconds=spent * totp.STEP_S))
    return _show_code(control, request)


def _issue_web_token(control: Control, request: Request) -> object:
    with _fields(request) as fields:
        token = issue_web_token(
            control.world,
            issuer=fields.text("issuer", ISSUER),
            subject=fields.text("subject", "repo:example/app"),
            audience=fields.text("audience", "sts.amazonaws.com"),
            lifetime=timedelta(seconds=fields.number("lifetime_s", 3600)),
        )
    return {"token": token}


def _revoke(control: Control, request: Request) -> object:
    """End a key or a session at once, behind everybody's back."""
    with _fields(request) as fields:
        key_id = fields.text("access_key_id")
    if found := control.world.find_key(key_id):
        del found[0].keys[key_id]
    elif control.world.sessions.pop(key_id, None) is None:
        raise SeedError(f"no key or session {key_id!r}")
    return {}


def _change_sso(control: Control, request: Request) -> object:
    """Change who the person is and how they behave, or sign everybody out everywhere."""
    sso = control.world.sso
    if sso is None:
        raise SeedError("this world has no sso")
    with _fields(request) as fields:
        sso.user = fields.text("user", sso.user)
        sso.consent = Consent(fields.text("consent", sso.consent.value))
        sso.interval_s = fields.number("interval_s", sso.interval_s)
        if fields.flag("sign_out"):
            sso.logins.clear()
        if fields.flag("forget_clients"):
            sso.clients.clear()
    return snapshot(control.world)["sso"]


def _change_console(control: Control, request: Request) -> object:
    """Change the person at the console's sign-in page and the life of tokens, or end all sign-ins with a refusal."""
    logins = control.world.console_logins
    with _fields(request) as fields:
        logins.person = fields.text("person", logins.person)
        logins.consent = Consent(fields.text("consent", logins.consent.value))
        logins.access_token_s = fields.number("access_token_s", logins.access_token_s)
        logins.session_s = fields.number("session_s", logins.session_s)
        logins.refusal = fields.optional_text("refuse_codes")
        if (refusal := fields.optional_text("refuse_refresh")) is not None:
            for login in logins.logins:
                login.refusal = refusal
        if fields.flag("forget"):
            logins.logins.clear()
    return {
        "person": logins.person,
        "logins": [{"arn": login.principal.arn, "refresh_token": login.refresh_token} for login in logins.logins],
    }


def _show_calls(control: Control, request: Request) -> object:
    return control.log.as_json(int(request.query_fields().get("since", "0")))


def _clear_calls(control: Control, request: Request) -> object:
    control.log.clear()
    return {}


def _show_faults(control: Control, request: Request) -> object:
    return control.faults.as_json()


def _add_fault(control: Control, request: Request) -> object:
    with _fields(request) as fields:
        fault = Fault(
            op=fields.text("op", "*"),
            kind=Kind(fields.text("kind")),
            where=fields.mapping("where"),
            access_key_id=fields.optional_text("access_key_id"),
            times=fields.optional_whole("times"),
            skip=fields.whole("skip", 0),
            status=fields.whole("status", 500),
            delay_ms=fields.whole("delay_ms", 0),
        )
    return {"number": control.faults.add(fault)}


def _clear_faults(control: Control, request: Request) -> object:
    number = request.query_fields().get("number")
    control.faults.clear(None if number is None else int(number))
    return {}


def _fields(request: Request) -> Fields:
    return Fields(json.loads(request.body or b"{}"), "order")


def _device(control: Control, name: str) -> MfaDevice:
    user = control.world.find_user(name)
    if user is None or not user.devices:
        raise SeedError(f"no user {name!r} with an MFA device")
    return user.devices[0]


ORDERS: Mapping[tuple[str, str], Callable[[Control, Request], object]] = {
    ("GET", "ready"): _ready,
    ("GET", "world"): _show_world,
    ("POST", "world"): _enlarge,
    ("POST", "reset"): _reset,
    ("GET", "clock"): _show_clock,
    ("POST", "clock"): _move_clock,
    ("GET", "totp"): _show_code,
    ("POST", "totp"): _fresh_code,
    ("POST", "web-identity"): _issue_web_token,
    ("POST", "revoke"): _revoke,
    ("POST", "sso"): _change_sso,
    ("POST", "console-login"): _change_console,
    ("GET", "calls"): _show_calls,
    ("DELETE", "calls"): _clear_calls,
    ("GET", "faults"): _show_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
}
