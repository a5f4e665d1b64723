"""A client of a kernel, for tests: what it says, and what it is told."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from platform_kernels.bounds import Allowance, Pace
from platform_kernels.link import KernelLink
from platform_kernels.messages import Message, compose
from platform_kernels.wires import LinkLimits
from platform_server.identity.model import UserId
from platform_server.sandboxes.model import KernelId, KernelLaunch

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_kernels.clients import Client
    from platform_server.sandboxes.runtime import KernelProcess

KEY = b"a key that only the server and the kernel know"
_PATIENCE = 30.0  # seconds


class Reader:
    """A client's connection that keeps what it is sent; one that does not read holds it up."""

    def __init__(self, *, reads: bool = True) -> None:
        self.messages: list[Message] = []
        self.closed: tuple[int, str] | None = None
        self.reads = reads
        self._arrived = asyncio.Event()
        self._unread: list[asyncio.Future[None]] = []

    def write(self, message: Message) -> asyncio.Future[None]:
        """Keep a message."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.messages.append(message)
        self._unread.append(future)
        if self.reads:
            self.read()
        self._arrived.set()
        return future

    def read(self) -> None:
        """Take everything that was sent so far."""
        unread, self._unread = self._unread, []
        for future in unread:
            future.set_result(None)

    def close(self, code: int, reason: str) -> None:
        """Note that the connection was cut."""
        self.closed = (code, reason)

    def of(self, kind: str) -> list[Message]:
        """Return the messages of one type."""
        return [message for message in self.messages if message.header.type == kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition holds, which is looked at with each message."""
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()


class Observer:
    """Notes what a link tells about its kernel."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.free = asyncio.Event()
        self.states: list[str] = []  # on account of execute requests

    def kernel_ready(self) -> None:
        """Note it."""
        self.ready.set()

    def kernel_free(self) -> None:
        """Note it."""
        self.free.set()

    def kernel_asked(self, kind: str) -> None:
        """Ignore it."""

    def kernel_status(self, state: str, parent_type: str) -> None:
        """Note the states that execution brings about."""
        if parent_type == "execute_request":
            self.states.append(state)

    def kernel_output(self, parent_type: str) -> None:
        """Ignore it."""


class Conversation:
    """A link to a kernel, and one client that speaks over it."""

    def __init__(self, link: KernelLink, observer: Observer, process: KernelProcess) -> None:
        self.link = link
        self.observer = observer
        self.process = process
        self.reader = Reader()
        self.client: Client = link.attach("alice", "first", self.reader)

    def ask(self, kind: str, content: dict[str, Any], channel: str = "shell") -> Message:
        """Send a message of a type."""
        request = compose(channel, kind, content)
        self.link.submit(self.client, request)
        return request

    def execute(self, code: str, **options: Any) -> Message:
        """Send code."""
        return self.ask("execute_request", {"code": code, "allow_stdin": True, **options})

    async def finished(self, request: Message, reader: Reader | None = None) -> list[Message]:
        """Return what came for a request once it has its reply and its idle."""
        reader = reader or self.reader
        await reader.until(lambda: is_over(reader.messages, request))
        return [one for one in reader.messages if one.parent.id == request.header.id]

    async def run(self, code: str) -> list[Message]:
        """Send code, and return what came for it once it has ended."""
        return await self.finished(self.execute(code))


def is_over(messages: list[Message], request: Message) -> bool:
    """Tell whether a request has its reply and its idle."""
    own = [one for one in messages if one.parent.id == request.header.id]
    replied = any(one.header.type.endswith("_reply") for one in own)
    states = [one.content["execution_state"] for one in own if one.header.type == "status"]
    return replied and "idle" in states


def text_of(messages: list[Message]) -> str:
    """Return what was printed."""
    return "".join(one.content["text"] for one in messages if one.header.type == "stream")


def new_link(
    observer: Observer, *, limits: LinkLimits | None = None, memory: int = 64
) -> KernelLink:
    """Return a link with room for so many megabytes."""
    return KernelLink(
        KEY,
        observer,
        identity=str(uuid.uuid4()),
        limits=limits or LinkLimits(),
        allowance=Allowance(memory * 2**20),
        pace=Pace(),
    )


def launch(kernel_id: str) -> KernelLaunch:
    """Return how to launch a kernel."""
    return KernelLaunch(
        kernel_id=KernelId(kernel_id), kernel_name="python3", owner_id=UserId("alice"), key=KEY
    )
