"""The package index as a sandbox sees it: a web server of its own on a socket in its mount.

Whoever connects is the project whose sandbox the socket is in: there is nothing else to check, and
nothing else to reach.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

from platform_extensions.failures import failure_of
from platform_extensions.files.delivery import announce, send
from platform_server.errors import PlatformError
from platform_server.sandboxes.sockets import SocketFolder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import TracebackType

    from tornado.iostream import IOStream

    from platform_server.environments.service import PackageService
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId

NAME = "packages.sock"
_CONNECTIONS = 80  # at once; the forwarder in the sandbox hands on fewer
_AT_ONCE = 8  # pages and files that are answered at once
_IDLE = 60.0  # seconds that a connection may say nothing
_HEADERS = 16 * 1024  # bytes
_PIECE = 256 * 1024
_NOTED = 300  # characters of a refused request that are kept
_JSON = "application/vnd.pypi.simple.v1+json"


class PackageGateway:
    """Opens an index at the door of each sandbox."""

    def __init__(self, packages: PackageService) -> None:
        self._packages = packages
        self._open: dict[SandboxId, tuple[_Server, socket.socket]] = {}

    async def open(self, sandbox: Sandbox, folder: Path) -> None:
        """Serve in the folder, which only that sandbox sees."""
        handed = {"packages": self._packages, "project_id": sandbox.project_id}
        application = Application(
            [
                (r"/simple/([^/]{1,100})/?", _Page, handed),
                (r"/files/([^/]{1,100})/([0-9a-f]{64})/([^/]{1,260})", _File, handed),
            ],
            default_handler_class=_Nothing,
            default_handler_args=handed,
            log_function=lambda _handler: None,
            places=asyncio.Semaphore(_AT_ONCE),
        )
        server = _Server(
            application,
            max_body_size=0,
            max_header_size=_HEADERS,
            idle_connection_timeout=_IDLE,
            body_timeout=_IDLE,
        )
        door = SocketFolder(folder)
        try:
            listening = door.listen(NAME, socket.SOCK_STREAM, mode=0o666)
        finally:
            door.close()
        server.add_socket(listening)
        self._open[sandbox.id] = (server, listening)

    async def close(self, sandbox_id: SandboxId) -> None:
        """Serve that sandbox no more. May be called twice."""
        server, _ = self._open.pop(sandbox_id, (None, None))
        if server is not None:
            server.stop()
            await server.close_all_connections()


class _Server(HTTPServer):
    """Holds no more connections than one sandbox has use for."""

    _held = 0

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if self._held >= _CONNECTIONS:
            stream.close()
            return
        self._held += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self._held -= 1
        super().on_close(server_conn)


class _Handler(RequestHandler):
    """Answers GET and HEAD, with errors as JSON."""

    SUPPORTED_METHODS: tuple[str, ...] = ("GET", "HEAD")

    def initialize(self, packages: PackageService, project_id: ProjectId) -> None:
        self.packages = packages
        self.project_id = project_id

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if not isinstance(value, PlatformError):
            super().log_exception(typ, value, tb)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        failure = failure_of(error, status_code)
        super().send_error(failure.status, failure=failure)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        del status_code
        failure = kwargs["failure"]
        self.finish({"message": failure.message, "reason": failure.reason})


class _Page(_Handler):
    """``/simple/{name}/``: what there is of a package (PEP 691)."""

    async def get(self, name: str) -> None:
        async with self.settings["places"]:
            page = await self.packages.page(self.project_id, name)
            body = await asyncio.to_thread(lambda: json.dumps(page.dump()))
        self.set_header("Content-Type", _JSON)
        self.finish(body)

    head = get


class _File(_Handler):
    """``/files/{name}/{sha256}/{filename}``: a file, a part of it, or its metadata (PEP 658).

    uv reads what a wheel needs from its end where the index has no metadata beside it.
    """

    async def get(self, name: str, digest: str, filename: str) -> None:
        async with self.settings["places"]:
            path = await self.packages.file(self.project_id, name, digest, filename)
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Accept-Ranges", "bytes")
            span = announce(self, self.request.headers.get("Range"), path.stat().st_size)
            if span is not None and self.request.method != "HEAD":
                with contextlib.suppress(StreamClosedError):
                    await send(self, _pieces(path, span.start), span.length)

    head = get


async def _pieces(path: Path, start: int) -> AsyncIterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while piece := await asyncio.to_thread(source.read, _PIECE):
            yield piece


class _Nothing(_Handler):
    """Everything else: other paths, whole addresses, tunnels. Refused, and kept that it was."""

    SUPPORTED_METHODS = (*RequestHandler.SUPPORTED_METHODS, "CONNECT")

    async def prepare(self) -> None:
        wanted = f"no package: {self.request.method} {self.request.uri}"
        await self.packages.note_refused(self.project_id, wanted[:_NOTED])
        self.send_error(404)
