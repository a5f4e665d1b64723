"""The commands that run in one sandbox, with their streams."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError, SandboxBusy, SandboxGone
from platform_server.sandboxes.model import CommandEnd, CommandOutput, CommandResult
from platform_server.sandboxes.streams import arrived

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from typing import Literal

    from platform_server import clock
    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.streams import ByteStream

    Take = Callable[[CommandOutput], Awaitable[None]]

_PATIENCE = 10.0  # seconds for a command beyond its own time limit
_SIGNAL_BASE = 128


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What is to be run."""

    argv: Sequence[str]
    cwd: str
    timeout: float  # seconds, after which it is killed
    stdin: bytes


@dataclass(frozen=True, kw_only=True)
class _Started:
    out: ByteStream
    err: ByteStream
    ended: asyncio.Future[int]


class Commands:
    """Starts commands through the agent, and hears of their ends."""

    def __init__(self, link: AgentLink, new_id: clock.IdFactory) -> None:
        self._link = link
        self._new_id = new_id
        self._running: dict[str, asyncio.Future[int]] = {}

    @property
    def are_running(self) -> bool:
        """Tell whether any does."""
        return bool(self._running)

    async def run(self, what: Invocation, output_limit: int) -> CommandResult:
        """Run a command to its end, and return what it left behind.

        Raises SandboxGone, SandboxBusy, LimitReached, TooLarge.
        """
        began = time.monotonic()
        async with self._started(what) as command:
            (stdout, more), (stderr, more_err), _fed = await asyncio.gather(
                command.out.collect(output_limit),
                command.err.collect(output_limit),
                command.out.feed(what.stdin),
            )
            code = await command.ended
        return CommandResult(
            exit_code=_exit_code(code),
            stdout=stdout,
            stderr=stderr,
            duration_ms=_since(began),
            truncated=more or more_err,
        )

    async def stream(self, what: Invocation, output_limit: int, take: Take) -> CommandEnd:
        """Run a command, and hand over what it writes as it comes; return how it ended.

        While ``take`` waits, the command does. Whoever is cancelled ends the command. Raises as
        ``run`` does, and what ``take`` raises.
        """
        began = time.monotonic()
        async with self._started(what) as command:
            more, more_err, _fed = await asyncio.gather(
                _pass_on(command.out, "stdout", output_limit, take),
                _pass_on(command.err, "stderr", output_limit, take),
                command.out.feed(what.stdin),
            )
            code = await command.ended
        return CommandEnd(
            exit_code=_exit_code(code), duration_ms=_since(began), truncated=more or more_err
        )

    def note_end(self, name: str, code: int) -> None:
        """Take it that a command has ended. Nothing if nobody waits for it."""
        ended = self._running.get(name)
        if ended is not None and not ended.done():
            ended.set_result(code)

    def end(self) -> None:
        """Take it that the sandbox has ended, and all its commands with it."""
        for ended in self._running.values():
            if not ended.done():
                ended.set_exception(SandboxGone())

    @asynccontextmanager
    async def _started(self, what: Invocation) -> AsyncIterator[_Started]:
        """Start a command; when the context is left before its end, it is ended."""
        name = self._new_id()
        ended = self._running[name] = asyncio.get_running_loop().create_future()
        try:
            async with (
                asyncio.timeout(what.timeout + _PATIENCE),
                self._link.streams.expect(2) as pair,
            ):
                await self._link.request(
                    "command.start",
                    command=name,
                    argv=list(what.argv),
                    cwd=what.cwd,
                    timeout=what.timeout,
                    tokens=[expected.token for expected in pair],
                )
                with ExitStack() as opened:
                    streams = []
                    for expected in pair:
                        streams.append(await arrived(expected))
                        opened.callback(streams[-1].close)
                    yield _Started(out=streams[0], err=streams[1], ended=ended)
        except TimeoutError as error:
            raise SandboxBusy from error
        finally:
            del self._running[name]
            if not ended.done():
                await self._kill(name)

    async def _kill(self, name: str) -> None:
        """End a command that nobody waits for; an agent that cannot lets it reach its time."""
        with suppress(PlatformError):
            await self._link.request("command.kill", command=name)


async def _pass_on(
    stream: ByteStream, name: Literal["stdout", "stderr"], limit: int, take: Take
) -> bool:
    """Hand over the first ``limit`` bytes; tell whether there were more."""
    room, truncated = limit, False
    while data := await stream.read():
        if data[:room]:
            await take(CommandOutput(stream=name, data=data[:room]))
        truncated = truncated or len(data) > room
        room = max(0, room - len(data))
    return truncated


def _exit_code(code: int) -> int:
    return code if code >= 0 else _SIGNAL_BASE - code


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
