"""``jupyter platform backup`` and ``restore``: an installation as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from platform_server.cli.running import blobs_of, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.contents.blobs import BlobStore
    from platform_server.settings import Settings
    from platform_server.storage.archive import Manifest
    from platform_server.storage.database import Database

    Work = Callable[[Database, BlobStore, Settings], Awaitable[Manifest]]

_NEW = click.Path(dir_okay=False, path_type=Path)
_PRESENT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_NEW)
def backup(file: Path) -> None:
    """Write all accounts, projects, files and their history into FILE; the server may run.

    Whoever has the file has everything: it is readable by you alone. Exits with 1 if bytes of some
    file were missing or damaged before; all else is in the backup then.
    """
    from platform_server.storage.backup import back_up

    manifest = _with_installation(
        lambda database, blobs, _: back_up(database, blobs, file.absolute())
    )
    click.echo(f"{file}: {_described(manifest)}, as of {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC")
    _complain(manifest)


@click.command()
@click.argument("file", type=_PRESENT)
def restore(file: Path) -> None:
    """Put the backup FILE into this installation, which has to be new and empty.

    Backups from SQLite can be put into Postgres and the other way round, and those of earlier
    versions into this one. Stop the server meanwhile.
    """
    from platform_server.home_lock import HomeLock
    from platform_server.storage.restore import restore as put_back

    async def work(database: Database, blobs: BlobStore, settings: Settings) -> Manifest:
        HomeLock(settings.home.lock).acquire()  # until this process ends
        return await put_back(database, blobs, settings.home, file)

    manifest = _with_installation(work)
    click.echo(f"Restored {_described(manifest)}; every one was compared with its SHA-256.")
    _complain(manifest)


def _with_installation(work: Work) -> Manifest:
    from platform_server.settings import environment, settings_from
    from platform_server.storage.database import Database

    settings = settings_from(environment())
    settings.home.create()

    async def complete() -> Manifest:
        database = Database(settings.database_url)
        try:
            async with blobs_of(settings) as blobs:
                return await work(database, blobs, settings)
        finally:
            await database.aclose()

    return run(complete)


def _described(manifest: Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables.values())
    size = sum(member.size for member in manifest.members.values())
    blobs = len(manifest.members) - len(manifest.tables)
    return f"{rows:,} rows and the bytes of {blobs:,} revisions, {size:,} bytes together"


def _complain(manifest: Manifest) -> None:
    if manifest.missing:
        for name in manifest.missing:
            click.echo(f"missing or damaged: {name}", err=True)
        raise click.exceptions.Exit(1)
