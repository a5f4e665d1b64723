"""Somebody who runs cells, each of which leaves one line in a file when it runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from websockets.exceptions import WebSocketException

from platform_server.sandboxes.model import WORKSPACE, EndCause
from platform_server.testing.chaos.findings import duplicated, lost, unexplained
from platform_server.testing.web_kernels import connected, value_of

if TYPE_CHECKING:
    from asyncio import Event

    from platform_server.testing.chaos.findings import Finding
    from platform_server.testing.chaos.ledger import Ledger
    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

_PATIENCE, _ASK_AGAIN = 120.0, 0.2  # seconds
LINES = "ran.txt"  # of the file with a line for each cell that ran
_CELL = """
print({token!r}, flush=True)
with open("{file}", "a") as lines:
    _ = lines.write({token!r} + "\\n")
_ = sum(range(500_000))
"""
_DEADLY = _CELL + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


class Cells:
    """One document's session, and the cells that are run in it."""

    def __init__(self, person: Person, ledger: Ledger, label: str) -> None:
        self.ran = 0  # cells that were answered
        self.begun = ""  # what the cell that runs has printed
        self._person = person
        self._ledger = ledger
        self._label = label
        self._tokens = (f"cell {number}" for number in count())
        self._answered: set[str] = set()
        self._life = ""  # a variable of the kernel that tells whether it is still the same
        self._is_deadly = False  # the next cell kills its kernel
        self._session: dict[str, Any] = {}
        self._socket: KernelSocket
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        """Open the document's session, and connect to its kernel."""
        answer = await self._person.http.post(
            "/api/sessions",
            json={
                "path": f"{self._label}/cells.ipynb",
                "type": "notebook",
                "name": "cells.ipynb",
                "kernel": {"name": "python3"},
            },
        )
        assert answer.is_success, answer.text
        self._session = answer.json()
        await self._connect()
        await self._mark()

    async def work(self, stop: Event) -> None:
        """Run one cell after the other, until told to stop or the kernel ends."""
        try:
            while not stop.is_set() and await self._run(next(self._tokens)):
                pass
        except TimeoutError:
            self._ledger.faulty.append("a cell was never answered")
        except (OSError, WebSocketException):  # the server has gone
            pass
        finally:
            self.begun = ""

    def kill_kernel(self) -> None:
        """Let the next cell kill the kernel that it runs in."""
        self._is_deadly = True

    async def recover(self, *, spared: bool) -> list[Finding]:
        """Reconnect. The kernel may have ended, with a cause, unless it was spared."""
        self._is_deadly = False
        await self._stack.aclose()
        answer = await self._asked_for()
        if answer.status_code == httpx.codes.NOT_FOUND:
            await self.begin()
            return [unexplained("the kernel is gone")] if spared else []
        if answer.json()["execution_state"] == "dead":
            await self._person.http.post(f"/api/kernels/{self._kernel_id}/restart")
        await self._connect()
        value = await self._found_life()
        model = (await self._person.http.get(f"/api/kernels/{self._kernel_id}")).json()
        is_same = value == self._life
        if not is_same:
            await self._mark()
        return [*_faults_of(model, is_same=is_same, spared=spared), *await self._of_session()]

    def check(self, workspace: Path) -> list[Finding]:
        """Compare what ran with what was answered."""
        file = workspace / LINES
        lines = Counter(file.read_text().splitlines() if file.exists() else [])
        return [
            *(duplicated(f"{line} ran {n} times") for line, n in lines.items() if n > 1),
            *(lost(f"{line} was answered") for line in self._answered - set(lines)),
        ]

    async def aclose(self) -> None:
        """Disconnect. May be called twice."""
        await self._stack.aclose()

    @property
    def _kernel_id(self) -> str:
        return str(self._session["kernel"]["id"])

    async def _connect(self) -> None:
        opening = connected(self._person, self._kernel_id)
        self._socket = await self._stack.enter_async_context(opening)

    async def _asked_for(self) -> httpx.Response:
        """Ask for the kernel, as long as the server says that it cannot know."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await self._person.http.get(f"/api/kernels/{self._kernel_id}")
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
                await asyncio.sleep(_ASK_AGAIN)

    async def _found_life(self) -> str:
        """Ask for the variable; a kernel that is found dead only now is followed by another."""
        code = "str(globals().get('life'))"
        with suppress(AssertionError):
            return str(await value_of(self._socket, code))
        return str(await value_of(self._socket, code))

    async def _mark(self) -> None:
        self._life = next(self._tokens)
        assert await value_of(self._socket, f"life = {self._life!r}; life") == self._life

    async def _run(self, token: str) -> bool:
        """Run a cell; tells whether it came to its end."""
        code = (_DEADLY if self._is_deadly else _CELL).format(
            token=token, file=Path(WORKSPACE, LINES)
        )
        request = await self._socket.execute(code)
        await self._socket.first(lambda one: one.parent.id == request.header.id and _counts(one))
        self.begun = token
        self._ledger.note_change()
        answers = await self._socket.finished(request)
        self.begun = ""
        self._socket.messages.clear()
        replies = [one.content for one in answers if one.header.type == "execute_reply"]
        is_done = bool(replies) and replies[0]["status"] == "ok"
        if is_done:
            self._answered.add(token)
            self.ran += 1
        return is_done

    async def _of_session(self) -> list[Finding]:
        listed = (await self._person.http.get("/api/sessions")).json()
        if any(one["id"] == self._session["id"] for one in listed):
            return []
        with suppress(AssertionError):
            await self.begin()
        return [unexplained("the session is gone while its kernel is there")]


def _counts(message: Any) -> bool:
    """Tell whether the cell has begun, or will not."""
    return message.header.type in {"stream", "execute_reply"}


def _faults_of(model: dict[str, Any], *, is_same: bool, spared: bool) -> list[Finding]:
    ended = model.get("ended")
    if is_same:
        return []
    if spared:
        return [unexplained(f"the kernel lost its variables: {ended}")]
    if ended is None or ended["cause"] == EndCause.UNKNOWN.value:
        return [unexplained(f"the kernel ended and nobody knows why: {ended}")]
    return []
