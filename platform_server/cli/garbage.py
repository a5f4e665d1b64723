"""``jupyter platform gc``: what nothing refers to goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from platform_server.cli.running import blobs_of, run

if TYPE_CHECKING:
    from platform_server.contents.garbage import Collected


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--hours",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="How long a file's bytes have to be unused.",
)
def collect_garbage(*, dry_run: bool, hours: int) -> None:
    """Remove the bytes of files that nothing refers to any more; the server may run.

    They are left by saves that a crash interrupted, by old states of files that were thinned out,
    and by deleted projects. What is found unused is removed by a later run, or by the server, which
    does the same every six hours.
    """
    found = run(lambda: _collect(timedelta(hours=hours), dry_run=dry_run))
    verb = "To be removed" if dry_run else "Removed"
    later = found.unused - found.removed
    click.echo(f"Unused: {found.unused:,} ({found.unused_bytes:,} bytes)")
    click.echo(f"{verb}: {found.removed:,} ({found.removed_bytes:,} bytes)")
    click.echo(f"Not known to be unused for {hours} hours yet: {later:,}")
    if found.strange_projects:
        click.echo(
            "Projects in the store that this database has not, left alone: "
            f"{found.strange_projects:,}",
            err=True,
        )


async def _collect(grace: timedelta, *, dry_run: bool) -> Collected:
    from platform_server.contents.garbage import GarbageService
    from platform_server.settings import environment, settings_from
    from platform_server.storage.database import Database
    from platform_server.storage.garbage import SqlGarbageRepository
    from platform_server.storage.migrate import upgrade

    settings = settings_from(environment())
    settings.home.create()
    database = Database(settings.database_url)
    try:
        await upgrade(database)
        async with blobs_of(settings) as blobs:
            service = GarbageService(blobs, SqlGarbageRepository(database), grace=grace)
            return await service.collect(dry_run=dry_run)
    finally:
        await database.aclose()
