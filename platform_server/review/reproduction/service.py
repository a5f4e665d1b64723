"""The checks whether rounds reproduce: asked for, queued, run one after the other, told."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.errors import (
    Conflict,
    EngineUnavailable,
    PlacesTaken,
    PlatformError,
    StorageUnavailable,
    SubmissionNotFound,
    TooLarge,
    Unavailable,
)
from platform_server.review.model import Happening
from platform_server.review.repository import Note
from platform_server.review.reproduction.model import (
    Check,
    CheckState,
    Outcome,
    worst,
)
from platform_server.review.rules import require_reviewer, require_round

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.projects.model import ProjectId
    from platform_server.review.model import SubmissionId
    from platform_server.review.repository import SubmissionRepository
    from platform_server.review.reproduction.model import CheckLimits
    from platform_server.review.reproduction.repository import CheckRepository
    from platform_server.review.reproduction.runner import Runner
    from platform_server.review.rules import View
    from platform_server.review.submitted import SubmittedFiles

_PAUSE = 5.0  # seconds before a store or an engine that was away is asked again
_OFF = "This installation does not run submissions again."
_AGAIN = "The round is queued already, or runs."
_ENDED = "The check has ended already."
_NO_PAGE = "Nothing of that notebook differs, or its outputs were too large to be kept."
_ONCE_MORE = "It was not run. A reviewer can ask for it once more."
_BROKEN = "The platform could not run it again. Ask for it once more, or tell the admin."

log = logging.getLogger(__name__)
Key = tuple["SubmissionId", int]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A round's check, and how many others are queued before it."""

    round: int
    check: Check | None  # None: it was never asked for
    before: int = 0


class ReproductionService:
    """Checks each round in the order of asking. ``start`` it; ``aclose`` leaves the rest queued."""

    def __init__(
        self,
        repository: CheckRepository,
        submissions: SubmissionRepository,
        files: SubmittedFiles,
        runner: Runner,
        limits: CheckLimits,
        *,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self._repository = repository
        self._submissions = submissions
        self._files = files
        self._runner = runner
        self._limits = limits
        self._now = now
        self._asked = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._claiming = asyncio.Lock()  # what runs in the database is in ``_running``, too

    @property
    def is_on(self) -> bool:
        """Tell whether anything is checked."""
        return self._limits.at_once > 0

    async def start(self) -> None:
        """Go on with what an earlier server process left."""
        if self.is_on:
            await self._repository.resume(self._now())
            self._workers = [
                asyncio.create_task(self._work(), context=Context())
                for _ in range(self._limits.at_once)
            ]
            self._asked.set()

    async def aclose(self) -> None:
        """Stop; what runs now is run again by the next process. May be called twice."""
        for task in [*self._workers, *self._running.values()]:
            task.cancel()
        await asyncio.gather(*self._workers, *self._running.values(), return_exceptions=True)
        await self._runner.aclose()

    async def submitted(self, view: View) -> None:
        """Queue the check of a round that was just submitted."""
        if self.is_on:
            await self._ask(view, view.submission.round)

    async def again(self, view: View, number: int) -> Standing:
        """Check a round once more. Reviewers only. Raises AccessDenied, Conflict."""
        require_reviewer(view)
        require_round(view, number)
        if not self.is_on:
            raise Conflict(_OFF)
        if not await self._ask(view, number):
            raise Conflict(_AGAIN)
        return await self.get(view, number)

    async def cancel(self, view: View, number: int) -> Standing:
        """End a check that waits or runs. Reviewers only. Raises AccessDenied, Conflict."""
        require_reviewer(view)
        require_round(view, number)
        async with self._claiming:
            if not await self._repository.cancel(view.submission.id, number, self._now()):
                raise Conflict(_ENDED)
            running = self._running.get((view.submission.id, number))
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return await self.get(view, number)

    async def get(self, view: View, number: int) -> Standing:
        """Return how a round's check stands. Raises SubmissionNotFound if there is no round."""
        require_round(view, number)
        check = await self._repository.check(view.submission.id, number)
        if check is None or check.state is not CheckState.QUEUED:
            return Standing(round=number, check=check)
        return Standing(round=number, check=check, before=await self._repository.before(check))

    async def outcomes(self, view: View) -> Mapping[int, Check]:
        """Return a submission's checks by round, without what is told of their notebooks."""
        return await self._repository.outcomes(view.submission.id)

    async def notebook(self, view: View, number: int, path: str) -> bytes:
        """Return a notebook of a round with the outputs of the check, where they differ.

        Raises SubmissionNotFound, FileMissing, TooLarge.
        """
        standing = await self.get(view, number)
        file = await self._files.find(view, number, path)
        notebooks = () if standing.check is None else standing.check.notebooks
        found = [one for one in notebooks if one["path"] == file.path]
        if not found or not any(one["outputs"] is not None for one in found[0]["cells"]):
            raise SubmissionNotFound(_NO_PAGE)
        made = await self._runner.again(await self._files.read(view, file), found[0])
        if made is None:
            raise TooLarge
        return made

    async def _ask(self, view: View, number: int) -> bool:
        asked = await self._repository.ask(view.submission.id, number, view.viewer.id, self._now())
        self._asked.set()
        return asked

    async def _work(self) -> None:
        while True:
            try:
                self._asked.clear()
                claimed = await self._claimed()
                if claimed is None:
                    await self._asked.wait()
                else:
                    await self._until_ended(*claimed)
            except Unavailable as error:
                log.warning("submissions are not run again for a moment: %s", error.message)
                await asyncio.sleep(_PAUSE)

    async def _claimed(self) -> tuple[Key, asyncio.Task[None]] | None:
        """Begin the next check, in a task that can be cancelled without ending the worker."""
        async with self._claiming:
            claimed = await self._repository.claim(self._now())
            if claimed is None:
                return None
            key = (claimed[0].submission_id, claimed[0].round)
            self._running[key] = asyncio.create_task(self._check(*claimed))
            return key, self._running[key]

    async def _until_ended(self, key: Key, task: asyncio.Task[None]) -> None:
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            del self._running[key]

    async def _check(self, check: Check, project_id: ProjectId) -> None:
        ended = replace(await self._result(check, project_id), finished_at=self._now())
        while True:
            try:
                await self._repository.finish(ended, await self._note(ended))
            except StorageUnavailable:
                await asyncio.sleep(_PAUSE)
            else:
                return

    async def _result(self, check: Check, project_id: ProjectId) -> Check:
        while True:
            try:
                return await self._ended(check, project_id)
            except EngineUnavailable:
                await asyncio.sleep(_PAUSE)
            except PlacesTaken as error:
                message = f"{error.message} {_ONCE_MORE}"
                return replace(check, state=CheckState.FAILED, message=message)
            except PlatformError as error:
                return replace(check, state=CheckState.FAILED, message=error.message)
            except Exception:  # a fault of ours ends this check, and no other
                log.exception("a submission could not be run again")
                return replace(check, state=CheckState.FAILED, message=_BROKEN)

    async def _ended(self, check: Check, project_id: ProjectId) -> Check:
        rounds = await self._submissions.rounds(check.submission_id)
        submitted = next(one for one in rounds if one.number == check.round)
        files = await self._files.of_round(submitted)
        ran = await self._runner.run(project_id, files, since=check.requested_at)
        return replace(
            check,
            state=CheckState.DONE,
            message=ran.message,
            outcome=worst(Outcome(one["outcome"]) for one in ran.notebooks if one["outcome"]),
            notebooks=ran.notebooks,
        )

    async def _note(self, ended: Check) -> Note:
        submission = await self._submissions.submission(ended.submission_id)
        rounds = await self._submissions.rounds(ended.submission_id)
        told = {one.submitter_id for one in rounds}
        if submission is not None and submission.reviewer_id is not None:
            told.add(submission.reviewer_id)
        outcome = ended.state.value if ended.outcome is None else ended.outcome.value
        return Note(
            at=ended.finished_at or self._now(),
            actor_id=ended.requested_by,
            what=Happening.REPRODUCED,
            detail={"round": ended.round, "outcome": outcome},
            tell=frozenset(told),
            tells_actor=True,
        )
