"""Saves into notebooks what their cells put out while no page is there to do so."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextvars import Context
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING

from platform_server.contents.cell_runs import CellRun
from platform_server.errors import FileMissing, PlatformError, WrongKind
from platform_server.identity.model import UserId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_kernels.recorder import RecorderSink
    from platform_kernels.recording import Recording
    from platform_server.projects.model import ProjectId
    from platform_server.services import Services

_GRACE = 2.0  # seconds in which a page that lost its connection mostly has another one
_PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)  # seconds between two saves while a cell runs

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Work:
    """The saving for one kernel, while there is something to save."""

    is_urgent: asyncio.Event = field(default_factory=asyncio.Event)
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    rests_until: float = 0.0  # the event loop's time
    task: asyncio.Task[None] | None = None


class DocumentOutputs:
    """Saves soon after a page went away, then ever more rarely, and when a cell has ended.

    One task for each kernel whose outputs no page follows; ``aclose`` when done.
    """

    def __init__(
        self,
        services: Services,
        *,
        grace: float = _GRACE,
        pauses: tuple[float, ...] = _PAUSES,
    ) -> None:
        self._services = services
        self._grace = grace
        self._pauses = pauses
        self._work: dict[PlatformKernel, _Work] = {}

    def sink_of(self, kernel: PlatformKernel) -> RecorderSink:
        """Return what the kernel's recorder tells that there is something to save."""
        return _Sink(self, kernel)

    def touch(self, kernel: PlatformKernel, *, is_urgent: bool) -> None:
        """Note that there are outputs that no page is going to save; urgent are final ones."""
        work = self._work.get(kernel)
        if work is None:
            work = self._work[kernel] = _Work()
            work.task = asyncio.create_task(self._run(kernel, work), context=Context())
        if is_urgent:
            work.is_urgent.set()

    async def bring(self, project_id: ProjectId) -> bool:
        """Save at once what no page follows in the project; tell whether there was any.

        However often this is asked, running cells are saved no more often than by themselves.
        """
        own = [one for one in self._work.items() if one[0].home.project_id == project_id]
        for kernel, work in own:
            await self._save_unsaved(kernel, work, may_rest=True)
        return bool(own)

    async def flush(self, kernel: PlatformKernel, *, all_running: bool) -> None:
        """Save at once what no page follows, or all that has not come to its end as well."""
        work = self._work.get(kernel) or _Work()
        async with work.saving:
            await self._save(kernel, kernel.recorder.unsaved(all_running=all_running))

    async def settled(self, kernel: PlatformKernel) -> None:
        """Return when nothing is under way for the kernel."""
        work = self._work.get(kernel)
        if work is not None and work.task is not None:
            await asyncio.gather(work.task, return_exceptions=True)

    async def aclose(self) -> None:
        """Give up what is under way."""
        tasks = [work.task for work in self._work.values() if work.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, kernel: PlatformKernel, work: _Work) -> None:
        pauses = chain(self._pauses, repeat(self._pauses[-1]))
        try:
            await asyncio.sleep(self._grace)
            await self._save_unsaved(kernel, work)
            while kernel.recorder.is_working or kernel.recorder.has_unsaved:
                await _wait(work.is_urgent, next(pauses))
                work.is_urgent.clear()
                await self._save_unsaved(kernel, work)
        finally:
            del self._work[kernel]

    async def _save_unsaved(
        self, kernel: PlatformKernel, work: _Work, *, may_rest: bool = False
    ) -> None:
        now = asyncio.get_running_loop().time
        async with work.saving:
            unsaved = kernel.recorder.unsaved()
            if may_rest and now() < work.rests_until:
                unsaved = [one for one in unsaved if one.ended_at is not None]
            else:
                work.rests_until = now() + self._pauses[0]
            await self._save(kernel, unsaved)

    async def _save(self, kernel: PlatformKernel, recordings: Iterable[Recording]) -> None:
        by_user: dict[UserId, list[Recording]] = defaultdict(list)
        for recording in recordings:
            by_user[UserId(recording.asked.user) or kernel.home.owner_id].append(recording)
        for user_id, own in by_user.items():
            for recording in own:
                await recording.settle()
            runs = [_run_of(recording) for recording in own]  # what comes later is for later
            try:
                await self._save_runs(user_id, kernel, runs)
            except PlatformError as error:
                log.warning("outputs are kept later: %s", error.message)
                for recording in own:
                    recording.has_changed = True
            for recording in own:
                kernel.recorder.saved(recording)

    async def _save_runs(
        self, user_id: UserId, kernel: PlatformKernel, runs: list[CellRun]
    ) -> None:
        """Save into the notebooks of the user's that the kernel runs. Raises PlatformErrors."""
        for session in await self._services.kernel_sessions.list(user_id):
            if session.kernel_id != kernel.kernel_id or session.type != "notebook":
                continue
            try:
                await self._services.contents.outputs.record(
                    session.project_id, session.path, runs, author=user_id
                )
            except (FileMissing, WrongKind):
                log.info("outputs are not kept: their notebook is not where it was")


@dataclass(frozen=True)
class _Sink:
    """Tells which kernel it is."""

    documents: DocumentOutputs
    kernel: PlatformKernel

    def outputs_wait(self, *, is_urgent: bool) -> None:
        """Pass it on."""
        self.documents.touch(self.kernel, is_urgent=is_urgent)


def _run_of(recording: Recording) -> CellRun:
    recording.has_changed = False
    was_followed = recording.was_followed
    return CellRun(
        cell_id=recording.asked.cell_id,
        execution_count=recording.execution_count,
        outputs=recording.outputs(),
        seen_at=recording.ended_at if was_followed else None,
        source=recording.source if was_followed else None,
    )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
