"""One shell, many viewers: everybody sees all of it, nobody makes the server grow."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING

from platform_server.errors import SandboxGone
from platform_server.terminals.scrollback import Scrollback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.sandboxes.runtime import Terminal

CHUNK_BYTES = 64 * 1024  # what one read returns at most
BACKLOG_BYTES = 128 * 1024  # what waits for one viewer before the shell is made to wait


class SharedTerminal:
    """An attached terminal and the views of it.

    The shell is as fast as its slowest viewer: one that does not take its output must be closed by
    whoever opened it. ``on_activity`` is called whenever something was printed or typed.
    """

    def __init__(self, terminal: Terminal, *, on_activity: Callable[[], None]) -> None:
        self._terminal = terminal
        self._on_activity = on_activity
        self._scrollback = Scrollback()
        self._views: list[View] = []
        self._size: tuple[int, int] | None = None
        self._typing = asyncio.Lock()  # one message is typed as a whole
        self._taken = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._is_over = False

    def start(self, *, on_end: Callable[[], None]) -> None:
        """Begin to read; ``on_end`` is called when the shell has ended, not when it is let go."""
        # In an empty context: the pump belongs to no request and to no user.
        self._pump = asyncio.create_task(self._run(on_end), context=Context())

    def view(self, *, on_closed: Callable[[], Awaitable[None]]) -> View:
        """Return a new view: the recent output first, then all that follows, with no gap."""
        view = View(self, on_closed)
        recent = self._scrollback.text()
        if recent:
            view.put(recent)
        if self._is_over:
            view.end()
        self._views.append(view)
        return view

    @property
    def is_watched(self) -> bool:
        """Tell whether anybody looks at it."""
        return bool(self._views)

    async def aclose(self) -> None:
        """End all views and let go of the terminal; the shell lives on. May be called twice."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        self._end_views()
        await self._terminal.aclose()

    async def enter(self, data: bytes) -> None:
        """Type into the shell; waits while the program in it does not read."""
        async with self._typing:
            await self._terminal.write(data)
        self._on_activity()

    async def fit(self) -> None:
        """Give the shell the largest screen that every viewer can show whole."""
        sizes = [view.size for view in self._views if view.size]
        if not sizes:
            return
        size = (min(rows for rows, _ in sizes), min(columns for _, columns in sizes))
        if size != self._size:
            self._size = size
            await self._terminal.resize(rows=size[0], columns=size[1])

    def note_taken(self) -> None:
        """Go on reading: a view took some of its output, or is gone."""
        self._taken.set()

    def remove(self, view: View) -> None:
        """Forget a view. Nothing when it is forgotten already."""
        if view in self._views:
            self._views.remove(view)
        self.note_taken()

    async def _run(self, on_end: Callable[[], None]) -> None:
        try:
            while data := await self._terminal.read():
                self._show(data)
                await self._room()
        except SandboxGone:
            pass  # the same to the viewers as a shell that ended
        finally:
            self._end_views()
        on_end()

    def _show(self, data: bytes) -> None:
        self._on_activity()
        self._scrollback.append(data)
        for view in self._views:
            view.put(data)

    async def _room(self) -> None:
        while any(view.is_full for view in self._views):
            self._taken.clear()
            await self._taken.wait()

    def _end_views(self) -> None:
        self._is_over = True
        for view in self._views:
            view.end()


class View:
    """One viewer's side of a shared terminal; a Terminal to its holder."""

    def __init__(self, shared: SharedTerminal, on_closed: Callable[[], Awaitable[None]]) -> None:
        self.size: tuple[int, int] | None = None  # rows, columns; None until told
        self._shared = shared
        self._on_closed = on_closed
        self._backlog: deque[bytes] = deque()
        self._waiting = 0  # bytes in the backlog
        self._changed = asyncio.Event()
        self._is_ended = False
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Tell whether the shell has to wait for this viewer."""
        return self._waiting >= BACKLOG_BYTES

    def put(self, data: bytes) -> None:
        """Add output to be read."""
        self._backlog.extend(
            data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)
        )
        self._waiting += len(data)
        self._changed.set()

    def end(self) -> None:
        """Say that nothing more will come."""
        self._is_ended = True
        self._changed.set()

    async def read(self) -> bytes:
        """Return the next output, b"" when the shell has ended or this view was closed."""
        while not self._backlog and not self._is_ended:
            self._changed.clear()
            await self._changed.wait()
        taken = self._take()
        self._waiting -= len(taken)
        self._shared.note_taken()
        return taken

    async def write(self, data: bytes) -> None:
        """Type. Raises SandboxGone."""
        await self._shared.enter(data)

    async def resize(self, *, rows: int, columns: int) -> None:
        """Say how much this viewer can show. Raises SandboxGone."""
        self.size = (rows, columns)
        await self._shared.fit()

    async def aclose(self) -> None:
        """Look away; the shell lives on. May be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self.end()
        self._shared.remove(self)
        await self._on_closed()

    def _take(self) -> bytes:
        """Return what waits, small pieces together, at most one chunk."""
        pieces: list[bytes] = []
        size = 0
        while self._backlog and size + len(self._backlog[0]) <= CHUNK_BYTES:
            pieces.append(self._backlog.popleft())
            size += len(pieces[-1])
        return b"".join(pieces)
