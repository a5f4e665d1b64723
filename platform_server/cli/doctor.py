"""``jupyter platform doctor``: what is missing, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from platform_server.cli.findings import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "PROBLEM": "red"}


@click.command()
def doctor() -> None:
    """Look at this machine: what is missing, and what to do. Exits with 1 if something must be."""
    from platform_server.cli.findings import Level

    levels = [finding.level for finding in asyncio.run(_show_all())]
    problems, warnings = levels.count(Level.BAD), levels.count(Level.WARNING)
    click.echo(f"\n{problems} problems, {warnings} warnings.")
    if problems:
        raise click.exceptions.Exit(1)


async def _show_all() -> list[Finding]:
    from platform_server.cli.findings import examine
    from platform_server.settings import environment, settings_from

    shown = []
    async for finding in examine(settings_from(environment())):
        _show(finding)
        shown.append(finding)
    return shown


def _show(finding: Finding) -> None:
    mark = click.style(f"{finding.level.value:>8}", fg=_COLOURS[finding.level.value])
    click.echo(f"{mark}  {finding.what}")
    if finding.advice:
        click.echo(f"{'':>8}  {finding.advice}")
