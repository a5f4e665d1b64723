"""``python -m benchmarks``: print ours beside a stock Jupyter Server."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchmarks import report
from benchmarks.measures import MEASURES
from benchmarks.ours import ours
from benchmarks.rounds import take
from benchmarks.stock import stock, stock_lab

_RUNS = "<!-- The latest run comes first; `make bench` puts it here. -->"


@click.command()
@click.option("--quick", is_flag=True, help="Few rounds: a look, not a result.")
@click.option("--only", default="", help="Only the measures with this in their title.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the figures here.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, exists=True),
    help="Put this run on top of the page, which has a line where runs begin.",
)
def main(*, quick: bool, only: str, target: Path | None, history: Path | None) -> None:
    """Measure the platform beside a stock Jupyter Server, in turns, in one run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        folder = Path(root)
        for part in ("ours", "cold", "stock/files", "lab/files"):
            (folder / part).mkdir(parents=True)
        before = report.machine()
        rows = asyncio.run(measure(folder, quick=quick, only=only.lower()))
    if target is not None:
        target.write_text(json.dumps(rows, indent=2) + "\n")
    if history is not None:
        when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        run = report.chapter(rows, before=before, after=report.machine(), when=when)
        history.write_text(history.read_text().replace(_RUNS, f"{_RUNS}\n\n{run.rstrip()}", 1))


async def measure(folder: Path, *, quick: bool, only: str) -> list[dict[str, Any]]:
    """Start both servers, take every measure and print it as it comes; returns all rows."""
    rows = []
    async with (
        stock_lab(folder / "lab") as lab,
        stock(folder / "stock", with_page=lab) as theirs,
        ours(folder / "cold", "--PlatformApp.warm_sandboxes=0") as cold,
        ours(folder / "ours", without_pool=cold) as own,
    ):
        click.echo(report.heading())
        for one in MEASURES:
            if only in one.title.lower():
                samples = await take(one, own, theirs, quick=quick)
                click.echo("\n".join(report.lines(samples)))
                rows += report.rows(samples)
    return rows


if __name__ == "__main__":
    main()
