"""All that the clients of one kernel and the kernel say to each other."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from functools import partial
from typing import TYPE_CHECKING, Protocol

from platform_kernels import catchup, filters
from platform_kernels.catchup import CatchUp
from platform_kernels.clients import Archive, Client, key_of
from platform_kernels.messages import InvalidMessage, Message, Signer, compose
from platform_kernels.outbox import MEBIBYTE, Outbox, Sink, notice
from platform_kernels.recorder import Recorder, Silent
from platform_kernels.requests import Request, Requests
from platform_kernels.unclaimed import Unclaimed
from platform_kernels.wires import LinkLimits, Wires

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_kernels.bounds import Allowance, Pace
    from platform_server.sandboxes.runtime import KernelEndpoints

_SETTLE_PATIENCE = 1.0  # seconds without any output before a missing idle counts as lost
_DEPARTED_LIMIT = 4  # clients that may come back and find their outputs
_ANSWERED = 256  # requests of which it is known that they have had their reply
_REPLACED = 4000  # websocket close code: the same client connected again

log = logging.getLogger(__name__)


class LinkObserver(Protocol):
    """Who wants to know how the kernel is doing."""

    def kernel_ready(self) -> None:
        """Note that the kernel listens."""

    def kernel_free(self) -> None:
        """Note that a kernel taken over from an earlier server process has nothing left to do."""

    def kernel_asked(self, kind: str) -> None:
        """Note that a request of this type is sent to the kernel."""

    def kernel_status(self, state: str, parent_type: str) -> None:
        """Note a state, reported on account of a request of this type."""

    def kernel_output(self, parent_type: str) -> None:
        """Note an output on account of a request of this type."""


class KernelLink:
    """One set of connections to a kernel, shared by all of its clients.

    What a client asks is answered to that client only; outputs go to all. A client that lost its
    connection finds what was written meanwhile (bounded). A kernel that ends while it owes answers
    has them given by the link, so that nobody waits for ever.
    """

    def __init__(
        self,
        key: bytes,
        observer: LinkObserver,
        *,
        identity: str,
        limits: LinkLimits,
        allowance: Allowance,
        pace: Pace,
        recorder: Recorder | None = None,
    ) -> None:
        self._observer = observer
        self._recorder = recorder or Recorder(allowance, Silent())
        self._limits = limits
        self._allowance = allowance
        self._wires = Wires(
            Signer(key),
            self,
            identity=identity.encode(),
            limits=limits,
            allowance=allowance,
            pace=pace,
        )
        self._archive = Archive(self._recorder)
        self._catch_up = CatchUp(self._wires.tell)
        self._why_down: str | None = "The kernel has not been started."
        self._is_awaited = False  # the kernel has ended, and another one is about to replace it
        self._clients: OrderedDict[tuple[str, str], Client] = OrderedDict()
        self._requests: Requests[Client | None] = Requests()
        self._answered: deque[str] = deque(maxlen=_ANSWERED)  # requests, of late
        self._settling: asyncio.TimerHandle | None = None
        self._probe = ""  # the id of the request that asks a kernel taken over whether it is idle
        self._unclaimed: Unclaimed | None = None  # for a kernel that was taken over

    @property
    def connected(self) -> int:
        """How many clients have a connection."""
        return sum(client.outbox.sink is not None for client in self._clients.values())

    async def connect(self, endpoints: KernelEndpoints, *, is_known: bool = False) -> None:
        """Talk to the kernel that was just started there, in place of any earlier one.

        What the earlier one was asked fails; what was asked since it ended is for this one.
        """
        if not self._is_awaited:
            await self.disconnect("The kernel was restarted.")
        self._is_awaited, self._why_down = False, None
        self._probe, self._unclaimed = "", None
        self._catch_up.start(is_known=is_known)
        await self._wires.open(endpoints)

    async def resume(self, endpoints: KernelEndpoints) -> None:
        """Talk to a kernel that an earlier server process talked to.

        What it still owes goes to the clients that asked, known by the names of their sessions. The
        observer is told once it is free.
        """
        await self.connect(endpoints, is_known=True)
        self._unclaimed = Unclaimed()
        probe = compose("shell", "kernel_info_request", {})
        self._probe = probe.header.id
        self.submit(None, probe)

    async def disconnect(self, why: str, *, is_awaited: bool = False) -> None:
        """Stop talking: the kernel has ended. Open requests fail with this reason.

        So do new ones; but if another kernel ``is_awaited``, they wait until it is connected.
        """
        self._why_down, self._is_awaited = None if is_awaited else why, is_awaited
        self.fail_requests(why)
        self._recorder.kernel_ended()
        self._catch_up.start(is_known=False)
        await self._wires.close()

    async def aclose(self) -> None:
        """Hang up on everybody. May be called twice."""
        await self.disconnect("The kernel was shut down.")
        for client in self._clients.values():
            client.outbox.clear()
            if client.outbox.sink is not None:
                client.outbox.sink.close(1001, "the kernel was shut down")
        self._clients.clear()

    def attach(self, user: str, session: str, sink: Sink, *, last: str = "") -> Client:
        """Connect a client; one of the same name and user is taken to have come back.

        ``last`` is the id of the last message from the kernel that it has, if it says so.
        """
        key = key_of(user, session, sink)
        client = self._clients.get(key)
        if client is None:
            outbox = Outbox(self._allowance, self._limits.outbox)
            client = self._clients[key] = Client(key=key, outbox=outbox)
            outbox.on_sent = partial(self._note_sent, client)
        stale = client.outbox.sink
        self._catch_up.left(client)
        client.outbox.attach(sink)
        if stale is not None:
            stale.close(_REPLACED, "the same client connected again")
        self._catch_up.came(client, last)
        for message in self._unclaimed.take(session) if self._unclaimed and session else ():
            client.outbox.put(message)
        self._recorder.client_came(key)
        return client

    def detach(self, client: Client, sink: Sink, *, may_return: bool) -> None:
        """Note that a client's connection is gone; what follows is kept if it may return."""
        if client.outbox.sink is not sink:
            return  # it has another connection already
        client.outbox.detach()
        self._catch_up.left(client)
        self._clients.move_to_end(client.key)
        if not may_return:
            self._forget(client)
        departed = [one for one in self._clients.values() if one.outbox.sink is None]
        for oldest in departed[:-_DEPARTED_LIMIT]:
            self._forget(oldest)
        self._catch_up.report(self._clients.values, self._hold)
        self._recorder.client_left(client.key)

    def submit(self, client: Client | None, message: Message) -> None:
        """Send a client's message (None: the server's own) to the kernel.

        Raises TooMuchUnsentError. A request to a kernel that has ended is answered with an error.
        """
        self._requests.add(client, message, place=self._catch_up.seq)
        if client is not None:
            self._archive.submitted(client, message, self._catch_up.seq)
        if self._why_down is not None:
            self.fail_requests(self._why_down)
        else:
            self._observer.kernel_asked(message.header.type)
            self._wires.send(message.channel, message.parts)

    def announce(self, kind: str, content: Mapping[str, object]) -> None:
        """Tell all clients something on the kernel's behalf."""
        self._to_all(compose("iopub", kind, content))

    def tell(self, client: Client, kind: str, content: Mapping[str, object]) -> None:
        """Tell one client something on the kernel's behalf."""
        client.outbox.put(compose("iopub", kind, content))

    def fail_requests(self, why: str) -> None:
        """Answer every open request with an error."""
        for request in self._requests.take_all():
            answers = request.failure(why)
            self._recorder.failed(request.id, answers)
            _answer(request, answers)

    def ready(self) -> None:
        """Pass on that the kernel listens (Handler)."""
        self._observer.kernel_ready()

    def received(self, message: Message) -> None:
        """Route a message from the kernel to whom it concerns (Handler)."""
        try:
            if message.place is not None and message.place.token:
                self._repeat(message)
            else:
                self._route(message)
        except InvalidMessage as error:
            log.debug("dropped a %s: %s", message.header.type, error)

    def _route(self, message: Message) -> None:
        if message.place is not None:
            self._catch_up.note(message.place)
        elif self._catch_up.is_journaled and message.header.type in catchup.NUMBERED:
            return  # it comes in its place as well
        if message.channel == "iopub":
            self._output(message)
        elif message.channel == "stdin":
            self._question(filters.safe_prompt(message))
        elif message.channel == "note":
            self._to_all(message)
        else:
            self._reply(filters.safe_reply(message))

    def left_out(self, channel: str, size: int, beginning: list[bytes]) -> None:
        """Tell the clients that an output was too large (Handler)."""
        parent = beginning[1] if len(beginning) > 1 else b"{}"
        limit = self._limits.output if channel == "iopub" else self._limits.reply
        text = f"[{size / MEBIBYTE:.1f} MB left out: one message may have {limit // MEBIBYTE} MB]"
        try:
            line = notice(text, parent=parent)
        except InvalidMessage:
            return
        self._to_all(line)
        request = None if channel == "iopub" else self._requests.reply(line.parent.id)
        if request is not None:
            _answer(request, [request.error_reply(text)])

    def _output(self, message: Message) -> None:
        parent = message.parent
        if message.place is None and message.header.type in catchup.NOTES:
            self._heed(message)
            return
        if message.header.type == "status":
            state = filters.execution_state(message)
            self._observer.kernel_status(state, parent.type)
            if state == "idle":
                self._requests.settle(parent.id)
                self._note_free(parent.id)
        self._observer.kernel_output(parent.type)
        self._to_all(message)

    def _heed(self, message: Message) -> None:
        """Take a note from the kernel's publisher."""
        if message.header.type == catchup.REPLAYED:
            self._catch_up.replayed(message.content)
        else:
            self._catch_up.greeted(message.content, self._connected())
            self._catch_up.recall(self._archive)

    def _repeat(self, message: Message) -> None:
        """Pass on what a client has missed."""
        follower = self._catch_up.replaying(message)
        if follower is self._archive:
            self._archive.take(message, self._requests.owner(message.parent.id))
        elif isinstance(follower, Client):
            self._put(follower, filters.safe(message))

    def _question(self, message: Message) -> None:
        """Pass an input request on to the client whose code asks, and to nobody else."""
        request = self._requests.find(message.parent.id)
        if message.place is not None:
            self._to_all(message)
        elif request is None:
            self._answer_earlier(message)
        elif request.client is not None:
            request.client.outbox.put(message)

    def _reply(self, message: Message) -> None:
        if message.place is not None and message.size > self._limits.reply:
            return  # on its own channel it is skipped, and answered with an error
        request = self._requests.reply(message.parent.id)
        if message.place is not None:
            if message.parent.id in self._answered:
                return  # once is enough
            self._answered.append(message.parent.id)
            self._to_all(message)
        elif request is None:
            self._answer_earlier(message)
        else:
            self._archive.take(message, request.client)
            _answer(request, [message])
        if request is not None and not request.settled:
            self._settle_later()

    def _answer_earlier(self, message: Message) -> None:
        """Answer a request that an earlier server process passed on."""
        session = message.parent.session
        if self._unclaimed is None or not session:
            return
        clients = [client for (_, name), client in self._clients.items() if name == session]
        for client in clients:
            client.outbox.put(message)
        if not clients:
            self._unclaimed.put(message)

    def _note_free(self, request_id: str) -> None:
        if request_id == self._probe:
            self._probe = ""
            self._catch_up.freed()
            self._observer.kernel_free()

    def _to_all(self, message: Message) -> None:
        """Pass something new on to all whom it concerns, unless they get it by catching up."""
        if message.place is None or not self._catch_up.is_behind(self._archive):
            self._archive.take(message, self._requests.owner(message.parent.id))
        for client in list(self._clients.values()):
            if message.place is None or self._is_current(client):
                self._put(client, message)
        if self._settling is not None:
            self._settle_later()
        self._report_later()

    def _put(self, client: Client, message: Message) -> None:
        owner = self._requests.owner(message.parent.id)
        if message.channel == "iopub" or client.asked(message, owner):
            client.outbox.put(message)

    def _is_current(self, client: Client) -> bool:
        return client.outbox.sink is not None and not self._catch_up.is_behind(client)

    def _connected(self) -> list[Client]:
        return [client for client in self._clients.values() if client.outbox.sink is not None]

    def _note_sent(self, client: Client) -> None:
        self._catch_up.go_on(client)
        self._report_later()

    def _report_later(self) -> None:
        self._catch_up.report_later(self._clients.values, self._hold)

    def _hold(self) -> int:
        """Return up to where the kernel's journal is not needed for what is under way."""
        holds = self._requests.earliest(), self._archive.hold(), self._catch_up.seq
        return min(hold for hold in holds if hold is not None)

    def _settle_later(self) -> None:
        """Wait for the idle that belongs to a reply; a kernel that wrote too much has lost it."""
        if self._settling is not None:
            self._settling.cancel()
        loop = asyncio.get_running_loop()
        self._settling = loop.call_later(_SETTLE_PATIENCE, self._settle)

    def _settle(self) -> None:
        self._settling = None
        for request in self._requests.unsettled():
            self._observer.kernel_status("idle", request.type)
            self._note_free(request.id)
            self._recorder.settled(request.id)
            _answer(request, [request.idle()])

    def _forget(self, client: Client) -> None:
        client.outbox.clear()
        self._clients.pop(client.key, None)


def _answer(request: Request[Client | None], messages: list[Message]) -> None:
    if request.client is not None:
        for message in messages:
            request.client.outbox.put(message)
