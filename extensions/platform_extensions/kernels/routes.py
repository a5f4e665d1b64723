"""The kernels resource."""

from __future__ import annotations

from platform_extensions.kernels.handlers import (
    ChannelsHandler,
    KernelActionHandler,
    KernelHandler,
    KernelsHandler,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_ID = r"(?P<kernel_id>[\w-]+)"

ROUTES: tuple[Route, ...] = (
    Route(
        pattern=r"/api/kernels",
        handler=KernelsHandler,
        permission=Permission.READ,
        write=Permission.RUN,
    ),
    Route(
        pattern=rf"/api/kernels/{_ID}",
        handler=KernelHandler,
        permission=Permission.READ,
        write=Permission.RUN,
    ),
    Route(
        pattern=rf"/api/kernels/{_ID}/(?P<action>restart|interrupt)",
        handler=KernelActionHandler,
        permission=Permission.RUN,
    ),
    Route(
        pattern=rf"/api/kernels/{_ID}/channels",
        handler=ChannelsHandler,
        permission=Permission.RUN,
    ),
)
