"""``/api/kernels`` and the websockets of its kernels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import web

from platform_extensions.base import PlatformHandler, current_principal
from platform_extensions.failures import JsonFailures
from platform_extensions.kernels.connection import PlatformConnection
from platform_extensions.kernels.models import StartKernelBody, kernel_model
from platform_server.errors import InvalidInput, LimitReached

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_extensions.kernels.manager import PlatformKernels

_SESSION_NAME_LIMIT = 128  # characters
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class KernelResource(PlatformHandler):
    """What the resource's handlers share."""

    @property
    def kernels(self) -> PlatformKernels:
        """All kernels."""
        return self.settings["kernel_manager"]  # type: ignore[no-any-return]  # tornado's dict

    async def kernel(self, kernel_id: str) -> PlatformKernel:
        """Return a kernel that the principal may use; raises KernelNotFound."""
        return await self.kernels.usable(self.principal, kernel_id)


class KernelsHandler(KernelResource):
    """One's kernels."""

    @web.authenticated
    async def get(self) -> None:
        """List the kernels of the projects that one may change."""
        self.reply([kernel_model(one) for one in await self.kernels.visible(self.principal)])

    @web.authenticated
    async def post(self) -> None:
        """Start a kernel: in the folder at ``path``, or in the project changed last."""
        body = self.body(StartKernelBody)
        kernel_id = await self.kernels.start_kernel(
            kernel_name=body.name, kernel_id=body.kernel_id, path=body.path
        )
        self.set_header("Location", f"{self.base_url}api/kernels/{kernel_id}")
        self.reply(kernel_model(await self.kernel(kernel_id)), status=201)


class KernelHandler(KernelResource):
    """One kernel."""

    @web.authenticated
    async def get(self, kernel_id: str) -> None:
        """Show it."""
        self.reply(kernel_model(await self.kernel(kernel_id)))

    @web.authenticated
    async def delete(self, kernel_id: str) -> None:
        """Shut it down."""
        kernel = await self.kernel(kernel_id)
        await self.kernels.shutdown_kernel(str(kernel.kernel_id))
        self.set_status(204)
        self.finish()


class KernelActionHandler(KernelResource):
    """What can be done to a kernel."""

    @web.authenticated
    async def post(self, kernel_id: str, action: str) -> None:
        """Interrupt or restart it."""
        kernel = await self.kernel(kernel_id)
        if action == "restart":
            await kernel.restart_kernel()
            self.reply(kernel_model(kernel))
        else:
            await kernel.interrupt_kernel()
            self.set_status(204)
            self.finish()


class ChannelsHandler(JsonFailures, KernelWebsocketHandler):
    """A kernel's websocket. Errors before it opens are answered as JSON."""

    connection: PlatformConnection | None = None

    @ws_authenticated
    async def get(self, kernel_id: str) -> None:
        """Check who asks for which kernel, then open the websocket."""
        principal = current_principal()
        session_name = self.get_argument("session_id", "")
        if len(session_name) > _SESSION_NAME_LIMIT:
            raise InvalidInput("The session_id is too long.")
        last_seen = self.get_argument("last_seen", "")
        if last_seen and not _MESSAGE_ID.fullmatch(last_seen):
            raise InvalidInput("last_seen is not the id of a message.")
        kernel = await self.settings["kernel_manager"].usable(principal, kernel_id)
        self.connection = PlatformConnection(
            parent=kernel, websocket_handler=self, config=self.config
        )
        self.connection.principal = principal
        self.connection.session_name = session_name
        self.connection.last_seen = last_seen
        await super(KernelWebsocketHandler, self).get(kernel_id=kernel_id)

    async def open(self, kernel_id: str) -> None:  # noqa: ARG002 - tornado's signature
        """Connect to the kernel. Small frames leave at once: without that each cell waits 40 ms."""
        assert self.connection is not None
        self.set_nodelay(True)
        WebSocketMixin.open(self)
        try:
            self.connection.connect()
        except LimitReached as error:
            self.close(1013, error.message)

    def on_message(self, ws_message: bytes | str) -> None:
        """Pass a frame on to the kernel."""
        if self.connection is not None:
            self.connection.handle_incoming_message(ws_message)

    def on_close(self) -> None:
        """Leave the kernel."""
        if self.connection is not None:
            self.connection.disconnect()
            self.connection = None
