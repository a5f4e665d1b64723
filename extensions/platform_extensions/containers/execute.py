"""``/api/containers/{id}/execute``: a command in a sandbox, answered at its end or as it goes."""

from __future__ import annotations

import asyncio
import codecs
import json
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.iostream import StreamClosedError

from platform_extensions.containers.handlers import ContainerHandler
from platform_extensions.containers.models import ExecuteRequest, end_model, result_model
from platform_server.errors import PlatformError
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import CommandEnd, CommandOutput

OUTPUT_LIMIT = 1 << 20  # bytes kept of each stream of a command
STREAMED_LIMIT = 64 << 20  # bytes handed over of each, when they are not kept
LINES = "application/x-ndjson"


class ExecuteHandler(ContainerHandler):
    """Commands in a sandbox."""

    work: asyncio.Task[CommandEnd] | None = None

    @web.authenticated
    async def post(self, sandbox_id: str) -> None:
        """Run a command, and answer what it left behind.

        With ``Accept: application/x-ndjson`` or ``?stream=1``: a line of JSON for whatever it
        writes, as it does, and one for its end.
        """
        request = self.body(ExecuteRequest)
        sandbox = await self.sandbox(sandbox_id, Access.EDITOR)
        runtime = await self.services.sandboxes.runtime(sandbox.project_id)
        if self._wants_lines():
            return await self._stream(runtime, request)
        result = await runtime.execute(
            request.argv,
            cwd="",
            timeout=request.timeout,
            stdin=request.stdin.encode(),
            output_limit=OUTPUT_LIMIT,
        )
        return self.reply(result_model(result))

    def on_connection_close(self) -> None:
        """End the command: nobody hears of it any more."""
        if self.work is not None:
            self.work.cancel()
        super().on_connection_close()

    def _wants_lines(self) -> bool:
        accepts = self.request.headers.get("Accept", "")
        return LINES in accepts or self.get_query_argument("stream", "0") == "1"

    async def _stream(self, runtime: AgentRuntime, request: ExecuteRequest) -> None:
        self.set_header("Content-Type", LINES)
        self.set_header("X-Accel-Buffering", "no")  # for proxies that collect answers
        lines = _Lines(self)
        self.work = asyncio.create_task(
            runtime.stream(
                request.argv,
                cwd="",
                timeout=request.timeout,
                stdin=request.stdin.encode(),
                output_limit=STREAMED_LIMIT,
                take=lines.take,
            )
        )
        try:
            await self._tell_end(self.work, lines)
        except (StreamClosedError, asyncio.CancelledError):  # the client is gone
            return
        self.finish()

    async def _tell_end(self, work: asyncio.Task[CommandEnd], lines: _Lines) -> None:
        try:
            end = await work
        except PlatformError as error:
            if not lines.has_begun:
                raise
            await lines.end({"event": "error", "message": error.message, "reason": error.reason})
        else:
            await lines.end({"event": "exit"} | end_model(end))


class _Lines:
    """Writes lines of JSON, each when the client has taken those before."""

    def __init__(self, handler: ExecuteHandler) -> None:
        self.has_begun = False
        self._handler = handler
        decoder = codecs.getincrementaldecoder("utf-8")
        self._text = {name: decoder(errors="replace") for name in ("stdout", "stderr")}

    async def take(self, output: CommandOutput) -> None:
        """Send a piece of output; a character that is cut in two comes with the next one."""
        await self._say(output.stream, self._text[output.stream].decode(output.data))

    async def end(self, line: dict[str, Any]) -> None:
        """Send what was cut in two and never completed, and the last line."""
        for name, decoder in self._text.items():
            await self._say(name, decoder.decode(b"", final=True))
        await self._send(line)

    async def _say(self, name: str, text: str) -> None:
        if text:
            await self._send({"event": name, "text": text})

    async def _send(self, line: dict[str, Any]) -> None:
        self.has_begun = True
        self._handler.write(json.dumps(line) + "\n")
        await self._handler.flush()
