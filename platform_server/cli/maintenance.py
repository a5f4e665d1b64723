"""``jupyter platform image`` and ``db``: what an installation is made of."""

from __future__ import annotations

import click

from platform_server.cli.running import run


@click.group()
def image() -> None:
    """Make the sandboxes' container image."""


@image.command()
@click.option("--again", is_flag=True, help="Make all of it anew, with what was repaired since.")
def build(*, again: bool) -> None:
    """Build it if it is missing or of another version."""
    from platform_server.sandboxes.docker_image import build_image

    run(lambda: build_image(lambda line: click.echo(line, err=True), again=again))


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Make it, or bring it to the tables that this version wants."""
    from platform_server.settings import environment, settings_from
    from platform_server.storage.database import Database
    from platform_server.storage.migrate import upgrade as bring_up

    settings = settings_from(environment())
    settings.home.create()

    async def work() -> None:
        connection = Database(settings.database_url)
        try:
            await bring_up(connection)
        finally:
            await connection.aclose()

    run(work)
