"""New databases for tests: each is a copy of one that was migrated once."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from platform_server.storage.database import Database
from platform_server.storage.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from platform_server.testing.postgres import Cluster

KINDS = ("sqlite", "postgres")


class Databases:
    """Makes databases that have their tables and, if wanted, some rows."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._templates: dict[tuple[str, object], str] = {}

    @asynccontextmanager
    async def new(
        self,
        kind: str,
        folder: Path,
        fill: Callable[[Database], Awaitable[None]] = upgrade,
    ) -> AsyncIterator[str]:
        """Give the address of a new database, as ``fill`` leaves one that was empty.

        One on SQLite is a file in the folder, one on PostgreSQL is removed at the end.
        """
        if (kind, fill) not in self._templates:
            self._templates[kind, fill] = await self._template(kind, fill)
        template = self._templates[kind, fill]
        if kind == "sqlite":
            path = folder / "platform.sqlite"
            await asyncio.to_thread(shutil.copy, template, path)
            yield f"sqlite:///{path}"
            return
        name = await self._cluster.create(template)
        yield self._cluster.url(name)
        await self._cluster.drop(name)

    @asynccontextmanager
    async def open(
        self, kind: str, folder: Path, fill: Callable[[Database], Awaitable[None]] = upgrade
    ) -> AsyncIterator[Database]:
        """Give such a database, opened."""
        async with self.new(kind, folder, fill) as url:
            database = Database(url)
            try:
                yield database
            finally:
                await database.aclose()

    async def _template(self, kind: str, fill: Callable[[Database], Awaitable[None]]) -> str:
        if kind == "sqlite":
            template = str(self._folder / f"{len(self._templates)}.sqlite")
            url = f"sqlite:///{template}"
        else:
            template = await self._cluster.create()
            url = self._cluster.url(template)
        database = Database(url)
        try:
            await fill(database)
        finally:
            await database.aclose()
        return template
