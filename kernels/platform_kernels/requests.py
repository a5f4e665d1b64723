"""Which client asked what, until the kernel has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from platform_kernels.messages import Message, compose

Client = TypeVar("Client")

_MOST = 4096  # requests that may be under way in one kernel; the oldest lose their answer


@dataclass(slots=True, kw_only=True)
class Request(Generic[Client]):
    """A request under way: over when it has its reply, and the kernel reported idle for it."""

    client: Client
    channel: str
    id: str
    type: str
    header: bytes
    replied: bool = False
    place: int = 0  # of the kernel's last message before it
    settled: bool = False  # idle was reported; kernels promise that for the shell channel only

    def failure(self, text: str) -> list[Message]:
        """Return what the client is to read when the kernel will not answer any more."""
        answers: list[Message] = []
        if self.type == "execute_request" and not self.settled:
            answers.append(compose("iopub", "error", _error(text), parent=self.header))
        if not self.replied:
            answers.append(self.error_reply(text))
        if not self.settled:
            answers.append(self.idle())
        return answers

    def error_reply(self, text: str) -> Message:
        """Return a reply that says why there is no other."""
        kind = self.type.removesuffix("_request") + "_reply"
        content = {"status": "error", "execution_count": None, **_error(text)}
        return compose(self.channel, kind, content, parent=self.header)

    def idle(self) -> Message:
        """Return the status message that ends this request."""
        return compose("iopub", "status", {"execution_state": "idle"}, parent=self.header)


def _error(text: str) -> dict[str, object]:
    return {"ename": "KernelEnded", "evalue": text, "traceback": [text]}


class Requests(Generic[Client]):
    """The requests under way in one kernel."""

    def __init__(self) -> None:
        self._by_id: dict[str, Request[Client]] = {}
        self._owners: dict[str, Client] = {}  # also of those that have their reply

    def add(self, client: Client, message: Message, *, place: int = 0) -> None:
        """Remember who sent a request, and when; other messages get no answer."""
        if not message.header.type.endswith("_request") or not message.header.id:
            return
        for known in (self._by_id, self._owners):
            if len(known) >= _MOST:
                del known[next(iter(known))]
        self._owners[message.header.id] = client
        self._by_id[message.header.id] = Request(
            client=client,
            channel=message.channel,
            id=message.header.id,
            type=message.header.type,
            header=message.parts[0],
            settled=message.channel != "shell",
            place=place,
        )

    def owner(self, request_id: str) -> Client | None:
        """Return who sent a request lately, None when that is not known."""
        return self._owners.get(request_id)

    def earliest(self) -> int | None:
        """Return the place of the oldest execution under way."""
        return min(
            (one.place for one in self._by_id.values() if one.type == "execute_request"),
            default=None,
        )

    def find(self, request_id: str) -> Request[Client] | None:
        """Return the request of that id, if it is under way."""
        return self._by_id.get(request_id)

    def reply(self, request_id: str) -> Request[Client] | None:
        """Note its reply, and return the request; None when nobody waits for that reply."""
        request = self._by_id.get(request_id)
        if request is None or request.replied:
            return None
        request.replied = True
        self._drop_if_over(request)
        return request

    def settle(self, request_id: str) -> None:
        """Note that the kernel reported idle for it."""
        request = self._by_id.get(request_id)
        if request is not None:
            request.settled = True
            self._drop_if_over(request)

    def unsettled(self) -> list[Request[Client]]:
        """Return and forget the requests that have their reply, but whose idle never came."""
        lost = [one for one in self._by_id.values() if one.replied]
        for request in lost:
            del self._by_id[request.id]
        return lost

    def take_all(self) -> list[Request[Client]]:
        """Return and forget every request: the kernel that had them is gone."""
        taken, self._by_id = list(self._by_id.values()), {}
        return taken

    def _drop_if_over(self, request: Request[Client]) -> None:
        if request.replied and request.settled:
            del self._by_id[request.id]
