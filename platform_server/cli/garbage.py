"""``jupyter platform gc``: what nothing refers to goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from platform_server.cli.running import run

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
    verb = "would be removed" if dry_run else "removed"
    later = found.unused - found.removed
    click.echo(
        f"{found.unused:,} unused files, {found.unused_bytes:,} bytes: "
        f"{found.removed:,} {verb} ({found.removed_bytes:,} bytes), {later:,} not unused for "
        f"{hours} hours yet."
    )
    if found.strange_projects:
        click.echo(
            f"{found.strange_projects:,} projects in the store are not in this database: "
            "left alone.",
            err=True,
        )


async def _collect(grace: timedelta, *, dry_run: bool) -> Collected:
    from platform_server.app import make_blobs
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
        service = GarbageService(make_blobs(settings), SqlGarbageRepository(database), grace=grace)
        return await service.collect(dry_run=dry_run)
    finally:
        await database.aclose()
