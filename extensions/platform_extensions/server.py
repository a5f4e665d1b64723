"""The Jupyter Server of the platform: one process for people who do not trust each other."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any, Protocol, cast

from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer
from traitlets import default

from platform_extensions import snapshot
from platform_extensions.containers.events import SandboxEvents
from platform_extensions.containers.notices import SandboxNotices
from platform_extensions.edge import BodyLimits, Edge, most_connections
from platform_extensions.gate import SETTING as GATE
from platform_extensions.gate import Gate
from platform_extensions.headers import security_headers
from platform_extensions.lab.lab import page_templates
from platform_extensions.logs import ScrubbingFormatter, log_everything_alike, log_request
from platform_extensions.operations.handlers import SETTING as OBSERVER
from platform_extensions.operations.observer import Observer
from platform_extensions.operations.requests import time_request
from platform_extensions.packages.events import PackageEvents
from platform_extensions.packages.gateway import PackageGateway
from platform_extensions.projects.storage import StorageEvents
from platform_extensions.sockets import SocketRegistry, still_stands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from types import FrameType

    from tornado.web import RequestHandler

    from platform_extensions.kernels.manager import PlatformKernels
    from platform_extensions.routing import Route
    from platform_server.services import Services

WEBSOCKET_MESSAGE = 16 << 20  # bytes of one message that a client may send
BUFFER = 64 << 20  # bytes that one connection may hold unread
IDLE = 300.0  # seconds that a connection may wait for its next request, or for its headers
PATIENCE = 20.0  # seconds that each part may take to end


class Part(Protocol):
    """Something that works in the background."""

    def start(self) -> None:
        """Begin; called once, in a running event loop."""

    async def aclose(self) -> None:
        """End. May be called twice."""


class Installation(Protocol):
    """What the server serves, made by the composition root."""

    @property
    def services(self) -> Services:
        """The services, ready to be called once ``start`` returned."""

    async def start(self) -> None:
        """Start what has to run; called once, before the port is bound.

        Does not raise for a part that is missing: the calls that need it fail instead.
        """

    async def aclose(self) -> None:
        """End it all; what code wrote in the sandboxes is kept. Called once."""


class PlatformServer(ServerApp):
    """Serves the route table and nothing else.

    The application that starts it calls ``adopt`` before Jupyter makes its managers.
    """

    # What of Jupyter's own is served, the route table names.
    default_services = ()  # type: ignore[assignment]  # typed by its default
    no_browser_open_file = True
    _log_formatter_cls = ScrubbingFormatter
    _installation: Installation
    _routes: Sequence[Route]
    _sockets: SocketRegistry
    parts: list[Part]  # what runs beside the installation, and ends before it

    @default("port_retries")
    def _default_port_retries(self) -> int:
        return 0  # a port that is taken is an error, not a reason to serve somewhere else

    @default("port")
    def _default_port(self) -> int:
        return 8888

    @default("ip")
    def _default_ip(self) -> str:
        return "127.0.0.1"

    @default("reraise_server_extension_failures")
    def _default_reraise_server_extension_failures(self) -> bool:
        return True  # without its one extension the server would be empty, and Jupyter's own

    @default("open_browser")
    def _default_open_browser(self) -> bool:
        return False

    @default("allow_root")
    def _default_allow_root(self) -> bool:
        # Root in a container or a virtual machine is how it is usually run; nothing that a user
        # sends is executed in this process, and sandboxes are the same with either account.
        return True

    @property
    def services(self) -> Services:
        """The installation's services, for Jupyter's managers."""
        return self._installation.services

    def migrate_config(self) -> None:
        """Leave alone what IPython 3 left in somebody's home."""

    @property
    def config_file_paths(self) -> list[str]:
        """Where configuration is read: the working folder, and nowhere in anybody's home."""
        return [str(self.config_dir), "."]

    def adopt(self, installation: Installation, routes: Sequence[Route]) -> None:
        """Take what to serve. Called once, before the managers are made."""
        self._installation = installation
        installation.services.sandboxes.doors.append(PackageGateway(installation.services.packages))
        self._routes = routes
        self._sockets = SocketRegistry(still_stands(installation.services))
        installation.services.sandboxes.expect(self._sockets.newcomers)
        self.parts = [self._sockets]

    def init_logging(self) -> None:
        """Give every part of the process the same log."""
        super().init_logging()
        log_everything_alike(self.log)

    def init_webapp(self) -> None:
        """Make the web application, with our settings in it."""
        observer = Observer(self.services, self._kernel_states)
        self.tornado_settings.update(
            {
                "platform_services": self.services,
                "platform_sockets": self._sockets,
                "platform_pages": page_templates(),
                GATE: Gate(self._routes),
                OBSERVER: observer,
                "log_function": self._note_request,
                "headers": security_headers(),
                "websocket_max_message_size": WEBSOCKET_MESSAGE,
                "xsrf_cookie_kwargs": {"path": self.base_url, "samesite": "Lax"},
            }
        )
        assert self.event_logger is not None
        services = self.services
        self.parts += [
            StorageEvents(services.keeping, self.event_logger),
            SandboxNotices(services.sandboxes.notices, self.event_logger),
            SandboxEvents(services.sandboxes, services.projects, self.event_logger),
            PackageEvents(services.environments, self.event_logger),
            observer,
        ]
        super().init_webapp()

    def _kernel_states(self) -> list[str]:
        manager = cast("PlatformKernels", self.kernel_manager)
        return [kernel.execution_state or "unknown" for kernel in manager.all()]

    def _note_request(self, handler: RequestHandler) -> None:
        log_request(handler)
        time_request(self.services.figures, handler)

    def load_server_extensions(self) -> None:
        """Add our routes, then refuse to go on if there are others than those checked in."""
        super().load_server_extensions()
        snapshot.check(self.web_app, self.base_url)

    def init_httpserver(self) -> None:
        """Start the installation, then bind the port: whoever connects finds everything ready."""
        self.io_loop.run_sync(self._start_installation)
        limits = BodyLimits(self._routes, self.base_url)
        self._http_server = HTTPServer(
            Edge(self.web_app, limits, connections=most_connections()),
            ssl_options=self.ssl_options,
            xheaders=self.trust_xheaders,
            max_body_size=self.max_body_size,
            max_buffer_size=BUFFER,
            idle_connection_timeout=IDLE,
        )
        self._find_http_port()
        self.io_loop.run_sync(self._bind)

    async def _start_installation(self) -> None:
        await self._installation.start()
        for part in self.parts:
            part.start()

    async def _bind(self) -> None:
        """Bind the port now, not soon: what is logged next is that the platform is served."""
        self._bind_http_server()

    def init_signal(self) -> None:
        """End cleanly on Ctrl-C and on SIGTERM alike; a second one ends at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._signal_stop)

    def _signal_stop(self, sig: int, frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        super()._signal_stop(sig, frame)

    def running_server_info(self, kernel_count: bool = True) -> str:  # noqa: ARG002, FBT001, FBT002
        """Return the line that is logged when it runs."""
        return f"The platform is served at {self.public_url.removesuffix(self.default_url)}"

    async def _stop(self) -> None:
        try:
            await self._cleanup()
        finally:
            self.io_loop.stop()

    async def _cleanup(self) -> None:
        """End every part, each in its time: one that hangs or fails does not keep the others."""
        self.remove_server_info_file()
        await self._end("extension", self.cleanup_extensions())
        for part in self.parts:
            await self._end(type(part).__name__, part.aclose())
        await self._end("kernels", self.cleanup_kernels())
        await self._end("services", self._installation.aclose())

    async def _end(self, part: str, ending: Awaitable[Any]) -> None:
        try:
            await asyncio.wait_for(ending, PATIENCE)
        except Exception:  # the others have to end too
            self.log.exception("%s did not end cleanly", part)
