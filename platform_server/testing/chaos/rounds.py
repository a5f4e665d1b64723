"""Round by round: people work, a fault strikes, and all is looked at."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from platform_server.testing.chaos import remains
from platform_server.testing.chaos.checks import check_files, come_to_rest
from platform_server.testing.chaos.findings import Report, Round, unexplained
from platform_server.testing.chaos.scene import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from platform_server.testing.chaos.faults import Fault
    from platform_server.testing.chaos.findings import Finding
    from platform_server.testing.chaos.scene import Prepare, Scene


async def run(
    folder: Path,
    seed: int,
    faults: Iterable[Fault],
    tell: Callable[[Round], None] | None = None,
    prepare: Prepare | None = None,
) -> Report:
    """Let one fault strike after the other on one installation, in an empty folder.

    ``prepare`` makes what it stands on; without that, it is SQLite and a folder.
    """
    report = Report(seed=seed)
    async with opened(folder, seed, prepare) as scene:
        for fault in faults:
            one = await _round(scene, fault)
            report.rounds.append(one)
            if tell is not None:
                tell(one)
    return report


async def _round(scene: Scene, fault: Fault) -> Round:
    ledger = scene.ledger
    before = (ledger.acknowledged, ledger.refused, ledger.unanswered, scene.cells.ran)
    async with _at_work(scene):
        await fault.strike(scene)
    findings = await _look(scene, fault)
    after = (ledger.acknowledged, ledger.refused, ledger.unanswered, scene.cells.ran)
    acknowledged, refused, unanswered, cells = (
        now - then for now, then in zip(after, before, strict=True)
    )
    return Round(
        fault=fault.name,
        acknowledged=acknowledged,
        refused=refused,
        unanswered=unanswered,
        cells=cells,
        findings=tuple(findings),
    )


@asynccontextmanager
async def _at_work(scene: Scene) -> AsyncIterator[None]:
    """Let everybody work meanwhile, and finish what they are at."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as people:
        for writer in scene.writers:
            people.create_task(writer.work(stop))
        people.create_task(scene.cells.work(stop))
        try:
            await scene.ledger.until(lambda: scene.ledger.at_work == len(scene.writers))
            yield
        finally:
            stop.set()


async def _look(scene: Scene, fault: Fault) -> list[Finding]:
    is_new = scene.lives.is_over
    if is_new:
        await scene.lives.begin()
    if fault.leaves_requests:
        await come_to_rest(scene)
    findings = await check_files(scene, may_be_late=fault.leaves_requests)
    if is_new:
        findings += remains.check_litter(scene)
    findings += await scene.cells.recover(spared=fault.spares_kernels)
    findings += scene.cells.check(scene.volume / "files")
    findings += remains.check_history(scene)
    findings += remains.check_database(scene)
    findings += await remains.check_sandboxes(scene)
    findings += [unexplained(text) for text in scene.ledger.faulty]
    scene.ledger.faulty.clear()
    return findings
