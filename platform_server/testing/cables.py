"""Connections that can be cut, or fall silent, between programs that know nothing of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    Reach: TypeAlias = "Callable[[], Awaitable[tuple[StreamReader, StreamWriter]]]"

_PIECE = 64 * 1024  # bytes


class Cable:
    """Passes on what both ends of each connection say."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._is_cut = False
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._ends: set[StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def to_port(cls, port: int) -> AsyncIterator[tuple[Cable, int]]:
        """Give a cable to a port of this machine, and the port to connect to instead."""
        cable = cls(lambda: asyncio.open_connection("127.0.0.1", port))
        listener = await asyncio.start_server(cable._accept, "127.0.0.1", 0)
        async with cable._listening(listener):
            yield cable, listener.sockets[0].getsockname()[1]

    @classmethod
    @asynccontextmanager
    async def to_socket(cls, there: Path, here: Path) -> AsyncIterator[Cable]:
        """Give a cable to one unix socket from another, which is made."""
        cable = cls(lambda: asyncio.open_unix_connection(there))
        listener = await asyncio.start_unix_server(cable._accept, here)
        async with cable._listening(listener):
            yield cable

    def cut(self) -> None:
        """End all connections, and let there be no new ones."""
        self._is_cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Let there be connections again."""
        self._is_cut = False

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Pass nothing on for a while, and end nothing."""
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    @asynccontextmanager
    async def _listening(self, listener: asyncio.Server) -> AsyncIterator[None]:
        try:
            yield
        finally:
            listener.close()
            self.cut()
            self._speaks.set()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._ends.add(writer)
        try:
            if not self._is_cut:
                await self._join(reader, writer)
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._ends.discard(writer)
            self._tasks.discard(task)

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Pass on what is said until one end is through."""
        far_reader, far_writer = await self._reach()
        self._ends.add(far_writer)
        try:
            directions = (self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
            tasks = [asyncio.create_task(one) for one in directions]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            far_writer.transport.abort()
            self._ends.discard(far_writer)

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await self._speaks.wait()
            writer.write(piece)
            await writer.drain()
        await writer.drain()
