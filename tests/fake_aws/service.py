"""One request from its arrival to its answer: control, log, faults, and the world in between."""

from __future__ import annotations

import time
from dataclasses import replace
from email.utils import format_datetime

from .calllog import CallLog, Entry
from .control import Control
from .errors import AwsError
from .faults import Fault, Faults, Kind
from .message import Request, Response
from .route import Route, find_route
from .sigv4 import parse_authorization

#: The service whose answers tell the time: its clients name a clock that is off.
DATED = "console-login"
CARRIED_OUT_FIRST = frozenset({Kind.DROP_AFTER, Kind.HANG_AFTER, Kind.ERROR_AFTER})


class Service:
    """Answers every request that reaches the process."""

    def __init__(self, control: Control, log: CallLog, faults: Faults, scheme: str = "http") -> None:
        self._control = control
        self._log = log
        self._faults = faults
        self._scheme = scheme

    def answer(self, request: Request) -> Response | None:
        """Answer, or give None: then the connection is to be cut."""
        if request.path.startswith("/_control/"):
            return self._control.answer(request)
        base_url = f"{self._scheme}://{request.header('host') or 'localhost'}"
        route = find_route(request, base_url)
        key_id, region = _claimed(request)
        entry = self._log.open(
            at=self._control.world.now(),
            service=route.service,
            op=route.op,
            access_key_id=key_id,
            region=region,
            params=route.params,
        )
        faults = self._faults.take(route.name, key_id, route.params)
        for fault in faults:
            if fault.kind is Kind.DELAY:
                entry.fault = fault.kind.value
                time.sleep(fault.delay_ms / 1000)
        hard = next((fault for fault in faults if fault.kind is not Kind.DELAY), None)
        response = self._faulty(route, entry, hard) if hard else self._carry_out(route, entry)
        if response is not None:
            entry.answered, entry.status = True, response.status
            if route.service == DATED:
                date = format_datetime(self._control.world.clock.wire_now(), usegmt=True)
                response = replace(response, headers=(*response.headers, ("Date", date)))
        return response

    def _carry_out(self, route: Route, entry: Entry) -> Response:
        world = self._control.world
        with world.lock:
            try:
                response = route.run(world)
            except AwsError as exc:
                entry.error = exc.code
                return route.refuse(exc)
            entry.carried_out = True
            return response

    def _faulty(self, route: Route, entry: Entry, fault: Fault) -> Response | None:
        entry.fault = fault.kind.value
        if fault.kind in CARRIED_OUT_FIRST:
            self._carry_out(route, entry)
        match fault.kind:
            case Kind.ERROR | Kind.ERROR_AFTER:
                error = AwsError("InternalFailure", "An internal error has occurred.", status=fault.status)
            case Kind.THROTTLE:
                error = route.throttle
            case Kind.HANG | Kind.HANG_AFTER:
                self._faults.hang()
                return None
            case _:
                return None
        entry.error = error.code
        return route.refuse(error)


def _claimed(request: Request) -> tuple[str | None, str | None]:
    """Say whose signature a request claims to bear, for the log; nothing is checked yet."""
    try:
        signature = parse_authorization(request)
    except AwsError:
        return None, None
    return signature.access_key_id, signature.region
