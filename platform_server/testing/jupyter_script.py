"""A script that executes notebooks over Jupyter's API. It knows Jupyter's documentation only."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import nbformat
import websockets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_PATIENCE = 60.0  # seconds; a loaded machine is slow
_OUTPUTS = frozenset({"stream", "display_data", "execute_result", "error"})

Json = dict[str, Any]


class Script:
    """One websocket of a kernel, with messages as JSON text."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.answers: list[str] = []  # to the questions that code will ask, in order
        self.questions: list[Json] = []
        self._displays: dict[str, list[Json]] = {}

    async def send(self, channel: str, kind: str, content: Json) -> str:
        """Send a message, and return its id."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": "script",
            "username": "script",
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        }
        message = {"channel": channel, "header": header, "parent_header": {}, "metadata": {}}
        await self.socket.send(json.dumps({**message, "content": content, "buffers": []}))
        return header["msg_id"]

    async def receive(self) -> Json:
        """Return the next message."""
        async with asyncio.timeout(_PATIENCE):
            message: Json = json.loads(await self.socket.recv())
        return message

    async def first(self, wanted: Callable[[Json], bool]) -> Json:
        """Return the next message of which the condition holds."""
        while not wanted(message := await self.receive()):
            pass
        return message

    async def start(self, code: str) -> str:
        """Send code, and return the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        return await self.send("shell", "execute_request", content)

    async def finish(self, request: str) -> tuple[Json, list[Json]]:
        """Return the reply to code and its outputs; answer each question on the way."""
        reply: Json | None = None
        outputs: list[Json] = []
        is_idle = False
        while reply is None or not is_idle:
            message = await self.receive()
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "update_display_data":
                self._update(content)
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "execute_reply":
                reply = content
            elif kind == "status":
                is_idle = content["execution_state"] == "idle"
            elif kind == "input_request":
                self.questions.append(content)
                await self.send("stdin", "input_reply", {"value": self.answers.pop(0)})
            elif kind in _OUTPUTS:
                self._add(outputs, message)
        return reply, outputs

    async def run(self, code: str) -> tuple[Json, list[Json]]:
        """Run code; returns its reply and its outputs."""
        return await self.finish(await self.start(code))

    async def text(self, code: str) -> str:
        """Run code, and return what it printed."""
        reply, outputs = await self.run(code)
        assert reply["status"] == "ok", reply
        return "".join(one["text"] for one in outputs if one["output_type"] == "stream")

    async def run_notebook(self, notebook: Any) -> list[str]:
        """Execute a notebook's code cells, failing ones too; returns the status of each."""
        statuses = []
        for cell in (one for one in notebook.cells if one.cell_type == "code"):
            reply, cell.outputs = await self.run(cell.source)
            cell.execution_count = reply["execution_count"]
            statuses.append(reply["status"])
        return statuses

    def _add(self, outputs: list[Json], message: Json) -> None:
        output = nbformat.v4.output_from_msg(message)
        last = outputs[-1] if outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
            return
        outputs.append(output)
        if display := message["content"].get("transient", {}).get("display_id"):
            self._displays.setdefault(display, []).append(output)

    def _update(self, content: Json) -> None:
        for output in self._displays.get(content["transient"]["display_id"], []):
            output |= {"data": content["data"], "metadata": content["metadata"]}


@asynccontextmanager
async def script_on(url: str, token: str, kernel_id: str) -> AsyncIterator[Script]:
    """Connect to a kernel of the server at this address while the context lasts."""
    async with websockets.connect(
        f"ws{url.removeprefix('http')}/api/kernels/{kernel_id}/channels?session_id=script",
        additional_headers={"Authorization": f"token {token}"},
        proxy=None,
        max_size=None,
        close_timeout=1,
    ) as socket:
        yield Script(socket)
