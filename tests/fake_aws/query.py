"""The Query protocol of STS and IAM: a form in, XML out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import ids
from .authenticate import authenticate
from .errors import AwsError
from .message import Request, Response
from .model import Caller
from .world import World
from .xml_text import Xml, element


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated call of an operation."""

    world: World
    caller: Caller
    form: Mapping[str, str]


#: Carries out a signed operation; gives the members of its result (None: it has no result).
SignedOperation = Callable[[Call], Mapping[str, Xml] | None]
#: Carries out an operation that proves its caller by other means than a signature.
OpenOperation = Callable[[World, Mapping[str, str]], Mapping[str, Xml]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryApi:
    """A service that speaks the Query protocol."""

    service: str
    version: str
    signed: Mapping[str, SignedOperation]
    unsigned: Mapping[str, OpenOperation]

    @property
    def namespace(self) -> str:
        """Give the XML namespace of its answers."""
        return f"https://{self.service}.amazonaws.com/doc/{self.version}/"

    def knows(self, action: str) -> bool:
        """Say whether it has this operation."""
        return action in self.signed or action in self.unsigned

    def carry_out(self, world: World, request: Request, form: Mapping[str, str]) -> Response:
        """Do what a form asks for.

        Raises:
            AwsError: as AWS would refuse it.
        """
        action, version = form.get("Action", ""), form.get("Version", "")
        if version != self.version or not self.knows(action):
            raise AwsError("InvalidAction", f"Could not find operation {action} for version {version}")
        if operation := self.unsigned.get(action):
            return self._answer(action, operation(world, form))
        caller = authenticate(world, request, self.service)
        return self._answer(action, self.signed[action](Call(world=world, caller=caller, form=form)))

    def refuse(self, error: AwsError) -> Response:
        """Render a refusal."""
        side = "Sender" if error.status < 500 else "Receiver"
        request_id = ids.request_id()
        body: Mapping[str, Xml] = {
            "Error": {"Type": side, "Code": error.code, "Message": error.message},
            "RequestId": request_id,
        }
        return _xml(element("ErrorResponse", body, xmlns=self.namespace), error.status, request_id)

    def _answer(self, action: str, result: Mapping[str, Xml] | None) -> Response:
        request_id = ids.request_id()
        body = {} if result is None else {f"{action}Result": result}
        body["ResponseMetadata"] = {"RequestId": request_id}
        return _xml(element(f"{action}Response", body, xmlns=self.namespace), 200, request_id)


def _xml(text: str, status: int, request_id: str) -> Response:
    return Response(
        status=status,
        content_type="text/xml",
        body=text.encode(),
        headers=(("x-amzn-RequestId", request_id),),
    )
