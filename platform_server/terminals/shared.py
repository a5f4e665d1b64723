"""One shell, many viewers: everybody sees all of it, on a screen that all can show whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.sandboxes.runtime import Terminal


class SharedTerminal:
    """The views of a shell, each attached by itself.

    The shell is as fast as its slowest viewer: one that does not take its output must be closed by
    whoever opened it. ``on_activity`` is called whenever something was printed or typed, ``on_end``
    when the shell has ended, not when it is let go.
    """

    def __init__(self, *, on_activity: Callable[[], None], on_end: Callable[[], None]) -> None:
        self._on_activity = on_activity
        self._on_end = on_end
        self._views: list[View] = []
        self._size: tuple[int, int] | None = None
        self._typing = asyncio.Lock()  # one message is typed as a whole

    def view(self, terminal: Terminal, *, on_closed: Callable[[], Awaitable[None]]) -> View:
        """Return a view of an attached terminal, which it owns from now on."""
        view = View(self, terminal, on_closed)
        self._views.append(view)
        return view

    async def aclose(self) -> None:
        """End all views; the shell lives on. May be called twice."""
        for view in list(self._views):
            await view.let_go()

    async def enter(self, view: View, data: bytes) -> None:
        """Type into the shell; waits while the program in it does not read."""
        async with self._typing:
            await view.terminal.write(data)
        self._on_activity()

    async def fit(self, teller: View | None = None) -> None:
        """Give the shell the largest screen that every viewer can show whole.

        ``teller`` has just said what it can show; the screen is drawn anew for it.
        """
        sizes = [view.size for view in self._views if view.size]
        if not sizes:
            return
        size = (min(rows for rows, _ in sizes), min(columns for _, columns in sizes))
        if size != self._size or teller is not None:
            self._size = size
            view = teller or self._views[0]
            await view.terminal.resize(rows=size[0], columns=size[1])

    def note_output(self) -> None:
        """Take it that something was printed."""
        self._on_activity()

    def note_end(self) -> None:
        """Take it that the shell has ended."""
        self._on_end()

    def remove(self, view: View) -> None:
        """Forget a view. Nothing when it is forgotten already."""
        if view in self._views:
            self._views.remove(view)


class View:
    """One viewer's side of a shared terminal; a Terminal to its holder."""

    def __init__(
        self, shared: SharedTerminal, terminal: Terminal, on_closed: Callable[[], Awaitable[None]]
    ) -> None:
        self.terminal = terminal
        self.size: tuple[int, int] | None = None  # rows, columns; None until told
        self._shared = shared
        self._on_closed = on_closed
        self._is_over = False  # nothing more will be read
        self._is_closed = False

    async def read(self) -> bytes:
        """Return the next output, b"" when the shell has ended or this view was closed."""
        data = await self.terminal.read()
        if self._is_over:
            return b""
        if data:
            self._shared.note_output()
        else:
            self._is_over = True
            self._shared.note_end()
        return data

    async def write(self, data: bytes) -> None:
        """Type. Raises SandboxGone."""
        await self._shared.enter(self, data)

    async def resize(self, *, rows: int, columns: int) -> None:
        """Say how much this viewer can show. Raises SandboxGone."""
        self.size = (rows, columns)
        await self._shared.fit(self)

    async def let_go(self) -> None:
        """End this view; the shell lives on. May be called twice."""
        self._is_over = True
        self._shared.remove(self)
        await self.terminal.aclose()

    async def aclose(self) -> None:
        """Look away; the shell lives on. May be called twice."""
        if not self._is_closed:
            self._is_closed = True
            await self.let_go()
            await self._on_closed()
