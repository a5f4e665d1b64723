"""Version, health and status."""

from __future__ import annotations

import jupyter_server
from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

import platform_server
from platform_extensions.api.models import AliveModel, StatusModel, VersionModel
from platform_extensions.base import PlatformHandler


class VersionHandler(PlatformHandler):
    """What Jupyter clients ask first."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer the version of Jupyter Server whose API this is."""
        self.reply(VersionModel(version=jupyter_server.__version__))


class HealthHandler(PlatformHandler):
    """For load balancers and service managers."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer that the server answers."""
        self.reply(AliveModel(status="ok"))


class StatusHandler(PlatformHandler):
    """For the admin."""

    @web.authenticated
    async def get(self) -> None:
        """Answer what runs at the moment."""
        kernels = self.settings["kernel_manager"]
        sandboxes = await self.services.sandboxes.sandboxes(None)
        self.reply(
            StatusModel(
                version=platform_server.__version__,
                started=self.settings["started"].isoformat(),
                kernels=len(kernels),
                sandboxes=len(sandboxes),
            )
        )
