"""Starting a project's sandbox: admitted in turn, one that waits or a new container."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from platform_server.errors import PlatformError, ProjectNotFound
from platform_server.identity.model import UserId
from platform_server.operations.figures import Operation
from platform_server.sandboxes.admission import Admission, Claim
from platform_server.sandboxes.host import available_memory
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    Limits,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.sandboxes.pool import Pool, WarmSandbox
from platform_server.sandboxes.room import Room
from platform_server.sandboxes.rounds import Rounds
from platform_server.sandboxes.starts import Starts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
    from contextlib import AbstractAsyncContextManager

    from platform_server import clock
    from platform_server.operations.figures import Figures
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.admission import Ticket
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.launch import Launcher
    from platform_server.sandboxes.limits import Entitlements
    from platform_server.sandboxes.policy import SandboxPolicy
    from platform_server.sandboxes.volumes import Volumes

Hook: TypeAlias = "Callable[[ProjectId], Awaitable[None]]"
Exclusively: TypeAlias = "Callable[[ProjectId], AbstractAsyncContextManager[None]]"
Present: TypeAlias = "Callable[[], Collection[UserId]]"

_LOOKS = 1.0  # seconds between two looks at what the machine has, for those who wait


class Book:
    """What runs and what becomes of it, as the sandbox service keeps it."""

    def __init__(
        self,
        *,
        settle: Callable[[], Awaitable[None]],
        save: Callable[[Sandbox], Awaitable[None]],
        tell: Callable[[Sandbox], None],
        running: Callable[[], Mapping[ProjectId, Claim]],
        begin: Callable[[Sandbox, AgentRuntime, Claim], None],
    ) -> None:
        self.settle = settle  # what an earlier process left, before anything is started
        self.save = save
        self.tell = tell
        self.running = running
        self.begin = begin


@contextlib.asynccontextmanager
async def _nobody_else(_project_id: ProjectId) -> AsyncIterator[None]:
    yield


class Starter:
    """Starts sandboxes one after the other, as there are places."""

    def __init__(
        self,
        book: Book,
        launcher: Launcher,
        volumes: Volumes,
        policy: SandboxPolicy,
        *,
        entitlements: Entitlements,
        figures: Figures,
        now: clock.Clock,
        new_id: clock.IdFactory,
        available: Callable[[], int | None] = available_memory,
    ) -> None:
        self.on_starting: list[Hook] = []
        self.exclusively: Exclusively = _nobody_else
        self.present: Present = frozenset
        self.admission = Admission(policy.places, book.running, available=available)
        self.room = Room(self.admission)
        self.pool = Pool(
            self._make_warm,
            self._discard,
            policy.warm,
            clock=now,
            may_make=self.room.is_spare,
            expected=self._expected,
        )
        self._rounds = Rounds(self._look, every=_LOOKS)
        self._starts = Starts(policy.starts)
        self._book = book
        self._launcher = launcher
        self._volumes = volumes
        self._limits = policy.limits
        self._entitlements = entitlements
        self._figures = figures
        self._now = now
        self._new_id = new_id

    def start(self) -> None:
        """Begin to make sandboxes ready, and to look after those who wait."""
        self.pool.start()
        self._rounds.start()

    async def aclose(self) -> None:
        """Make none any more. May be called twice."""
        await self._rounds.aclose()
        await self.pool.aclose()

    async def claim_of(self, sandbox: Sandbox) -> Claim:
        """Return what a sandbox that runs takes of the places."""
        try:
            owner_id = (await self._entitlements.of(sandbox.project_id)).owner_id
        except ProjectNotFound:  # it was deleted while no server ran
            owner_id = UserId("")
        return Claim(owner_id=owner_id, memory_bytes=sandbox.limits.memory_bytes)

    async def limits_of(self, project_id: ProjectId) -> Limits:
        """Return what a sandbox for a project may use, even if the project is gone."""
        try:
            return (await self._entitlements.of(project_id)).limits
        except ProjectNotFound:
            return self._limits

    async def run(self, project_id: ProjectId) -> AgentRuntime:
        """Start the project's sandbox, when it is its turn.

        Raises TooManyRequests, LimitReached, PlacesTaken, ImageMissing, SandboxStartFailed,
        EngineUnavailable, StorageUnavailable.
        """
        entitlement = await self._entitlements.of(project_id)
        owner_id, limits = entitlement.owner_id, entitlement.limits
        claim = Claim(owner_id=owner_id, memory_bytes=limits.memory_bytes)
        self._starts.check(owner_id)
        with self.admission.apply(project_id, claim) as ticket:
            warm = self.pool.claim()
            ticket.needs_container = warm is None
            sandbox = self._new(project_id, limits, warm)
            runtime = warm.runtime if warm else self._launcher.new_runtime(sandbox.id, limits)
            try:
                await self._book.save(sandbox)
                await self._granted(ticket, sandbox)
                self._starts.count(owner_id)
                await self._begin(sandbox, warm, runtime)
            except (PlatformError, asyncio.CancelledError) as error:
                await self._fail(sandbox, runtime, error)
                raise
            running = dataclasses.replace(
                sandbox, state=SandboxState.RUNNING, started_at=self._now()
            )
            self._book.begin(running, runtime, claim)
        await self._book.save(running)
        return runtime

    def _new(self, project_id: ProjectId, limits: Limits, warm: WarmSandbox | None) -> Sandbox:
        return Sandbox(
            id=warm.id if warm else SandboxId(self._new_id()),
            project_id=project_id,
            state=SandboxState.STARTING,
            limits=limits,
            created_at=self._now(),
        )

    async def _granted(self, ticket: Ticket, sandbox: Sandbox) -> None:
        ticket.changed = lambda: self._book.tell(sandbox)
        await self.admission.granted(ticket)

    async def _begin(
        self, sandbox: Sandbox, warm: WarmSandbox | None, runtime: AgentRuntime
    ) -> None:
        """Give the project a sandbox that waited, or a container of its own."""
        begin, project_id = perf_counter(), sandbox.project_id
        for hook in self.on_starting:
            await hook(project_id)
        if warm:
            async with self.exclusively(project_id):
                await self._launcher.hand_over(warm, project_id, sandbox.limits)
        else:
            volume = await self._volumes.prepare(project_id)
            await self._launcher.launch(runtime, volume, project_id)
        await self._launcher.open_doors(sandbox, runtime)
        kind = Operation.SANDBOX_CLAIM if warm else Operation.SANDBOX_START
        self._figures.took(kind, perf_counter() - begin)

    async def _fail(self, sandbox: Sandbox, runtime: AgentRuntime, error: BaseException) -> None:
        """Leave nothing of a start that did not succeed but a note of why."""
        message = error.message if isinstance(error, PlatformError) else "It took too long."
        ended = Ended(cause=EndCause.ENGINE, at=self._now(), detail=message)
        await self._launcher.discard(runtime, ended)
        await self._book.save(dataclasses.replace(sandbox, state=SandboxState.FAILED, ended=ended))

    async def _make_warm(self) -> WarmSandbox:
        """Start a sandbox for whichever project comes next."""
        await self._book.settle()
        sandbox_id = SandboxId(self._new_id())
        runtime = self._launcher.new_runtime(sandbox_id, self._limits)
        warm = WarmSandbox(id=sandbox_id, runtime=runtime)
        try:
            await self._launcher.launch(runtime, await self._volumes.spare(sandbox_id), None)
            await runtime.ready()
        except BaseException:
            await self._discard(warm)
            raise
        return warm

    async def _discard(self, warm: WarmSandbox) -> None:
        """Leave nothing of a sandbox that waited."""
        ended = Ended(cause=EndCause.ENGINE, at=self._now(), detail="It was not needed.")
        await self._launcher.discard(warm.runtime, ended)

    def _expected(self) -> int:
        """Return how many people are there, of whose projects none has a sandbox."""
        owners = {claim.owner_id for claim in self._book.running().values()}
        return len(set(self.present()) - owners)

    async def _look(self) -> None:
        await self.room.look(self.pool.give_way)
