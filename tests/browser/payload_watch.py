"""Notes in Chromium whether any payload fired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.testing.payloads import EVIL, FIRED

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Route


class Watch:
    """Notes whatever tells that a payload fired; nothing leaves."""

    def __init__(self) -> None:
        self.fired: list[str] = []

    async def over(self, context: BrowserContext) -> None:
        """Begin."""
        await context.route(lambda url: url.startswith(EVIL), self._refuse)
        context.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if FIRED in message.text:  # asked in vain
            self.fired.append(message.text)

    async def _refuse(self, route: Route) -> None:
        self.fired.append(route.request.url)
        await route.abort()
