"""Request bodies of any size: they wait in a file until they are whole."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from platform_extensions.base import PlatformHandler
from platform_extensions.large_body import HearsOut
from platform_server.errors import InvalidInput, PlatformError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.contents.spool import Spool


class SpooledBody(HearsOut, PlatformHandler):
    """Mixin: a handler's ``admit`` calls ``open_spool`` for those it lets in."""

    _spool: Spool | None = None
    _failed: PlatformError | None = None
    _dropping: asyncio.Future[None] | None = None

    def open_spool(self) -> None:
        """Begin to take the body."""
        self._spool = self.services.contents.new_spool()

    async def take(self, chunk: bytes) -> None:
        """Take a piece of the body; the sender waits until it is written."""
        if self._spool is None or self._failed is not None:
            return
        try:
            await self._spool.append(chunk)
        except PlatformError as error:  # answered when the body has ended
            self._failed = error

    def on_connection_close(self) -> None:
        """Drop what came when the sender goes away."""
        super().on_connection_close()
        if self._spool is not None:
            loop = asyncio.get_running_loop()
            self._dropping = loop.run_in_executor(None, self._spool.close)

    @asynccontextmanager
    async def received(self) -> AsyncIterator[Spool]:
        """Give the whole body, for as long as the block takes. Raises what taking it raised."""
        if self._spool is None:
            raise InvalidInput("This request has no body.")
        try:
            if self._failed is not None:
                raise self._failed
            yield self._spool
        finally:
            await self._spool.aclose()
