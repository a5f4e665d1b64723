"""What an installation stands on: how chaos looks at it from inside, and what it shakes."""

from __future__ import annotations

import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg.rows import dict_row

from platform_server.testing.cables import Cable
from platform_server.testing.engines import OwnEngine
from platform_server.testing.postgres import Cluster
from platform_server.testing.supabase_storage import SupabaseStorage, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from platform_server.paths import Home

Rows = list["Mapping[str, Any]"]

_BUCKET = "chaos"


class Ground(Protocol):
    """A database, a store of blobs and an engine."""

    @property
    def variables(self) -> dict[str, str]:
        """What the server's environment says of it."""

    def rows(self, query: str, *values: str) -> Rows:
        """Ask the database as another program would; each ``?`` stands for a value."""

    def damage(self) -> list[str]:
        """Return what the database finds to be wrong with itself."""

    def has_blob(self, project_id: str, blob: str) -> bool:
        """Tell whether a blob's bytes are kept."""


@dataclass(frozen=True)
class Embedded:
    """SQLite and a folder, both in the home, and the machine's engine."""

    home: Home
    variables: dict[str, str] = field(default_factory=dict)

    def rows(self, query: str, *values: str) -> Rows:
        """Ask SQLite."""
        address = f"{self.home.database.as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def damage(self) -> list[str]:
        """Let SQLite look for damage."""
        found = [row["quick_check"] for row in self.rows("PRAGMA quick_check")]
        orphans = [str(row) for row in self.rows("PRAGMA foreign_key_check")]
        return [line for line in found if line != "ok"] + orphans

    def has_blob(self, project_id: str, blob: str) -> bool:
        """Look for the blob's file."""
        return (self.home.blobs / project_id / blob[:2] / blob).exists()


@dataclass(frozen=True, kw_only=True)
class Remote:
    """PostgreSQL and Supabase Storage, each at the end of a cable; perhaps an engine as well."""

    home: Home
    cluster: Cluster
    database: str
    to_database: Cable
    storage: SupabaseStorage
    to_storage: Cable
    engine: OwnEngine | None
    variables: dict[str, str]

    def rows(self, query: str, *values: str) -> Rows:
        """Ask PostgreSQL, past the cable."""
        with psycopg.connect(self.cluster.url(self.database), row_factory=dict_row) as connection:
            asked = query.replace("?", "%s").encode()
            return list(connection.execute(asked, values))

    def damage(self) -> list[str]:
        """Find nothing: PostgreSQL checks its constraints as it goes, and has no such command."""
        return []

    def has_blob(self, project_id: str, blob: str) -> bool:
        """Look for the blob in the bucket, and among what waits to get there."""
        key = f"{project_id}/{blob[:2]}/{blob}"
        bucket = self.storage.objects.bucket(_BUCKET)
        return key in bucket.rows or any(self.home.outbox.glob(f"**/{blob}"))


@asynccontextmanager
async def remote(home: Home, folder: Path, *, has_engine: bool) -> AsyncIterator[Remote]:
    """Prepare remote ground; ``has_engine`` is for an engine that may be killed."""
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(Cluster.running())
        database = await cluster.create()
        here, there = (place / ".s.PGSQL.5432" for place in (folder, cluster.folder))
        to_database = await stack.enter_async_context(Cable.to_socket(there, here))
        storage = stack.enter_context(SupabaseStorage.served())
        port = int(storage.url.rpartition(":")[2])
        to_storage, near = await stack.enter_async_context(Cable.to_port(port))
        engine = None
        if has_engine:
            engine = await stack.enter_async_context(OwnEngine.running())
        variables = {
            "DATABASE_URL": f"postgresql://platform@/{database}?host={folder}",
            "SUPABASE_URL": f"http://127.0.0.1:{near}",
            "SUPABASE_SERVICE_KEY": token(),
            "SUPABASE_BUCKET": _BUCKET,
        }
        if engine is not None:
            variables["DOCKER_HOST"] = engine.url
        yield Remote(
            home=home,
            cluster=cluster,
            database=database,
            to_database=to_database,
            storage=storage,
            to_storage=to_storage,
            engine=engine,
            variables=variables,
        )
