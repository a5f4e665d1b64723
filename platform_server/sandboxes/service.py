"""A sandbox per project: started on demand, watched, stopped, never two of one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from contextvars import Context
from typing import TYPE_CHECKING, TypeAlias

from platform_server import clock
from platform_server.errors import (
    EngineUnavailable,
    PlatformError,
    SandboxNotFound,
)
from platform_server.identity.model import UserId
from platform_server.operations.figures import Figures, Thing
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.admission import Claim
from platform_server.sandboxes.adoption import Adoption, FoundKernel
from platform_server.sandboxes.end_words import stop_words_of
from platform_server.sandboxes.health import look_at
from platform_server.sandboxes.host import available_memory
from platform_server.sandboxes.launch import Launcher
from platform_server.sandboxes.limits import Alike
from platform_server.sandboxes.lone import LoneSandboxes
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.sandboxes.notices import Notices, notice_of_end
from platform_server.sandboxes.policy import SandboxPolicy
from platform_server.sandboxes.sandbox_ends import end_of_sandbox, machine_started_at
from platform_server.sandboxes.starting import Book, Starter
from platform_server.sandboxes.takeover import Takeovers
from platform_server.sandboxes.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from platform_server.sandboxes.admission import Queued
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.engine import Container, ContainerDied, SandboxEngine
    from platform_server.sandboxes.launch import Door
    from platform_server.sandboxes.limits import Entitlements
    from platform_server.sandboxes.model import Health, KernelId, Usage
    from platform_server.sandboxes.repository import SandboxRepository
    from platform_server.sandboxes.starting import Exclusively, Hook, Present
    from platform_server.sandboxes.volumes import Volumes

Sandboxes: TypeAlias = list[Sandbox]

__all__ = ["SandboxPolicy", "SandboxService"]

_ENGINE_PAUSE = 2.0  # seconds before an engine that went away is asked again
_ADOPTED_SOON = 1.0  # seconds that the server waits for sandboxes, which it takes over all the same

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Running:
    sandbox: Sandbox
    runtime: AgentRuntime
    claim: Claim


class SandboxService:
    """Starts and stops sandboxes, and knows why each one ended.

    ``on_starting`` hooks run before a project's code can see its files, ``on_stopping`` hooks when
    it has ended and before that is told to anybody, so that what it wrote last is kept.
    ``on_adopted`` hooks run when what an earlier process left has been taken over, and again for
    each sandbox that was late. ``on_change`` is told each sandbox as it has become.
    """

    def __init__(
        self,
        *,
        engine: SandboxEngine,
        repository: SandboxRepository,
        volumes: Volumes,
        run_folder: Path,
        policy: SandboxPolicy,
        figures: Figures | None = None,
        entitlements: Entitlements | None = None,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
        available: Callable[[], int | None] = available_memory,
    ) -> None:
        self.on_stopping: list[Hook] = []
        self.on_adopted: list[Callable[[], Awaitable[None]]] = []
        self.notices = Notices()
        self.on_change: list[Callable[[Sandbox], None]] = []
        self._engine = engine
        self._repository = repository
        self._volumes = volumes
        self._policy = policy
        self._figures = figures or Figures()
        self._now = now
        self._running: dict[ProjectId, _Running] = {}
        self._starting: dict[ProjectId, asyncio.Task[AgentRuntime]] = {}
        self._stopping: dict[ProjectId, asyncio.Lock] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._launcher = Launcher(
            engine=engine,
            records=repository,
            volumes=volumes,
            run_folder=run_folder,
            image=policy.image,
            new_id=new_id,
        )
        self._starter = Starter(
            Book(
                settle=self._adopt,
                save=self._save,
                tell=self._tell,
                running=self._claims,
                begin=self._begin,
            ),
            self._launcher,
            volumes,
            policy,
            entitlements=entitlements or Alike(policy.limits),
            figures=self._figures,
            now=now,
            new_id=new_id,
            available=available,
        )
        self.lone = LoneSandboxes(
            self._launcher,
            volumes,
            Turns(self._starter.room, lambda: list(self._starting.values()), now=now),
            ready=self._adopt,
            limits_of=self._starter.limits_of,
            new_id=new_id,
        )
        self._adoption = Adoption(
            engine=engine, repository=repository, new_runtime=self._launcher.new_runtime, now=now
        )
        self._adopting = asyncio.Lock()
        self._has_looked = False
        self._takeovers = Takeovers(self._settle, self._tell_adopted)
        self.has_adopted = False  # all that an earlier process left is taken over or swept

    @property
    def on_starting(self) -> list[Hook]:
        """What runs before a project's code can see its files."""
        return self._starter.on_starting

    def keep_others_off(self, exclusively: Exclusively) -> None:
        """Say how others are kept off a project's folders, while a sandbox becomes its own."""
        self._starter.exclusively = exclusively

    def expect(self, present: Present) -> None:
        """Say who is there and may need a sandbox soon: one waits for each who has none."""
        self._starter.present = present

    @property
    def doors(self) -> list[Door]:
        """What code in the sandboxes may reach."""
        return self._launcher.doors

    async def start(self) -> None:
        """Take over what an earlier server left, and begin to watch.

        The engine may be away: then that is done as soon as it answers, before anything starts.
        """
        try:
            await self._adopt()
        except PlatformError as error:
            log.warning("sandboxes have to wait: %s", error.message)
        self._watcher = asyncio.create_task(self._watch(), context=Context())
        self._starter.start()

    async def aclose(self) -> None:
        """Stop every sandbox and the watching. May be called twice."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._takeovers.aclose()
        await self._starter.aclose()
        for start in list(self._starting.values()):
            start.cancel()
        await asyncio.gather(
            *(self.stop(project, cause=EndCause.ENGINE) for project in list(self._running)),
            return_exceptions=True,
        )

    async def runtime(self, project_id: ProjectId) -> AgentRuntime:
        """Return the project's running sandbox, started if there is none.

        Many callers share one start. Raises EngineUnavailable, ImageMissing, SandboxStartFailed,
        and while too many run or are started LimitReached, TooManyRequests, PlacesTaken.
        """
        found = self._running.get(project_id)
        if found is not None:
            return found.runtime
        start = self._starting.get(project_id)
        if start is None:
            # In an empty context: the sandbox is the project's, not of whoever came first.
            start = asyncio.create_task(self._start(project_id), context=Context())
            self._starting[project_id] = start
            start.add_done_callback(lambda _done: self._starting.pop(project_id, None))
        return await asyncio.shield(start)

    async def current(self, project_id: ProjectId) -> Sandbox | None:
        """Return the project's sandbox if it runs."""
        found = self._running.get(project_id)
        return None if found is None else found.sandbox

    async def sandbox(self, sandbox_id: SandboxId) -> Sandbox:
        """Return a sandbox, past or present. Raises SandboxNotFound."""
        found = await self._repository.get(sandbox_id)
        if found is None:
            raise SandboxNotFound
        return found

    async def sandboxes(self, project_ids: Sequence[ProjectId] | None = None) -> Sandboxes:
        """Return the most recent sandbox of each project; of all that run, without projects."""
        if project_ids is None:
            return [running.sandbox for running in self._running.values()]
        return await self._repository.latest(project_ids)

    def running(self, project_id: ProjectId) -> AgentRuntime | None:
        """Return the project's sandbox if it runs; none is started."""
        found = self._running.get(project_id)
        return None if found is None else found.runtime

    async def settled(self, project_id: ProjectId) -> None:
        """Return once the project's sandbox of an earlier process is taken over, or has ended.

        Raises EngineUnavailable, StorageUnavailable as long as that cannot be known.
        """
        await self._adopt()
        await self._takeovers.of(project_id)

    async def found_kernels(self) -> list[FoundKernel]:
        """Return the kernels that earlier server processes started and nobody has shut down."""
        runtimes = {one.sandbox.id: one.runtime for one in self._running.values()}
        return await self._adoption.kernels(runtimes)

    async def require_found(self) -> None:
        """Raise EngineUnavailable while kernels of an earlier process may yet be found.

        That is until the engine has answered once. Raises StorageUnavailable.
        """
        if not self._has_looked and await self._repository.kernels():
            raise EngineUnavailable

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Note that a kernel is being shut down: no later process takes it over."""
        await self._repository.forget_kernel(kernel_id)

    async def activity(self, project_id: ProjectId) -> datetime | None:
        """Return now while a command or something in a terminal runs, None otherwise."""
        running = self._running.get(project_id)
        if running is None:
            return None
        runtime = running.runtime
        is_busy = runtime.is_executing or await runtime.is_terminal_busy()
        return self._now() if is_busy else None

    def watched(self) -> list[tuple[Sandbox, AgentRuntime]]:
        """Return what runs, for whoever looks at it again and again."""
        return [(running.sandbox, running.runtime) for running in self._running.values()]

    def waiting(self) -> list[SandboxId]:
        """Return the sandboxes that wait for a project."""
        return self._starter.pool.waiting()

    @property
    def pool_target(self) -> int:
        """How many sandboxes are to wait for a project."""
        return self._starter.pool.target

    @property
    def starting(self) -> int:
        """How many projects wait for their sandbox."""
        return len(self._starting)

    @property
    def most(self) -> int:
        """How many may run at once."""
        return self._policy.places.most

    def queued(self, project_id: ProjectId) -> Queued | None:
        """Return where the project's start is in the queue, None when it does not wait."""
        return self._starter.admission.queued(project_id)

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return what a sandbox uses now, None when it does not run."""
        if any(running.sandbox.id == sandbox_id for running in self._running.values()):
            return await self._engine.usage(sandbox_id)
        return None

    async def usages(self) -> dict[SandboxId, Usage]:
        """Return what every running sandbox uses now; cheap enough for hundreds, and often."""
        found = {}
        for running in list(self._running.values()):
            usage = await self._engine.usage(running.sandbox.id)
            if usage is not None:
                found[running.sandbox.id] = usage
        return found

    async def health(self, sandbox_id: SandboxId) -> Health | None:
        """Return whether a sandbox answers, None when it does not run."""
        for running in self._running.values():
            if running.sandbox.id == sandbox_id:
                return await look_at(running.runtime)
        return None

    async def stop(self, project_id: ProjectId, *, cause: EndCause) -> None:
        """End the project's sandbox; what its code wrote is kept. Nothing when none runs.

        A start that waits for its turn is given up.
        """
        await self._takeovers.of(project_id)
        self._starter.admission.withdraw(project_id)
        running = self._running.get(project_id)
        if running is not None:
            ended = self._ended(cause, stop_words_of(cause))
            evidence = running.runtime.findings.evidence()
            await self._end(running, dataclasses.replace(ended, evidence=evidence))

    async def _start(self, project_id: ProjectId) -> AgentRuntime:
        await self._adopt()
        await self._takeovers.of(project_id)
        return self.running(project_id) or await self._starter.run(project_id)

    def _begin(self, sandbox: Sandbox, runtime: AgentRuntime, claim: Claim) -> None:
        self._running[sandbox.project_id] = _Running(sandbox=sandbox, runtime=runtime, claim=claim)

    def _claims(self) -> dict[ProjectId, Claim]:
        """Return what takes a place: it runs, or may still do so."""
        late = Claim(owner_id=UserId(""), memory_bytes=self._policy.limits.memory_bytes)
        claims = {ProjectId(one): late for one in self._takeovers.open}
        return claims | {project_id: one.claim for project_id, one in self._running.items()}

    async def _save(self, sandbox: Sandbox) -> None:
        """Note what has become of a sandbox, and tell it."""
        await self._repository.save(sandbox)
        self._tell(sandbox)

    def _tell(self, sandbox: Sandbox) -> None:
        for hear in self.on_change:
            hear(sandbox)

    async def _end(self, running: _Running, ended: Ended) -> None:
        """Remove the container, keep what its code wrote, and tell everybody who waits."""
        project_id = running.sandbox.project_id
        async with self._stopping.setdefault(project_id, asyncio.Lock()):
            if self._running.get(project_id) is not running:
                return
            with contextlib.suppress(EngineUnavailable):
                await self._engine.remove(running.sandbox.id)
            await self._keep_changes(project_id)
            del self._running[project_id]
            await running.runtime.end(ended)
            await self._launcher.tidy(running.sandbox.id)
            await self._note_end(running.sandbox, ended)
            await self._repository.forget_kernels(running.sandbox.id)
        self._starter.admission.look()

    async def _keep_changes(self, project_id: ProjectId) -> None:
        for hook in self.on_stopping:
            try:
                await hook(project_id)
            except PlatformError:
                log.exception("a hook failed while a sandbox was stopped")

    async def _note_end(self, sandbox: Sandbox, ended: Ended) -> None:
        self._figures.ended(Thing.SANDBOX, ended.cause.value)
        has_run = sandbox.state is SandboxState.RUNNING
        state = SandboxState.STOPPED if has_run else SandboxState.FAILED
        await self._save(dataclasses.replace(sandbox, state=state, ended=ended))
        self.notices.tell(notice_of_end(sandbox, ended))

    async def _adopt(self) -> None:
        """Take over, once, what runs; sweep the rest. Raises EngineUnavailable, StorageUnavailable.

        A call that failed half-way is made good by the next. Who does not answer soon is late.
        """
        async with self._adopting:
            if self._has_looked:
                return
            for sandbox in await self._adoption.look(self._known()):
                if sandbox.state is SandboxState.STARTING:
                    await self._settle(sandbox)  # before its folders are recovered
                else:
                    self._takeovers.begin(sandbox)
            await self._takeovers.soon(_ADOPTED_SOON)
            await self._sweep()
            await self._volumes.recover()
            await self._tell_adopted()
            self._has_looked = True

    def _known(self) -> set[SandboxId]:
        """Return the sandboxes that run, or of which it is not known whether they do."""
        return {one.sandbox.id for one in self._running.values()} | self._takeovers.open

    async def _settle(self, sandbox: Sandbox) -> None:
        found = await self._adoption.take(sandbox)
        if isinstance(found, Ended):
            await self._bury(sandbox, found)
        else:
            await self._resume(sandbox, found)

    async def _tell_adopted(self) -> None:
        for hook in self.on_adopted:
            await hook()
        await self._forget_kernels()
        self.has_adopted = not self._takeovers.open

    async def _forget_kernels(self) -> None:
        """Forget the kernels of sandboxes that have ended."""
        found = {one.sandbox_id for one in await self._repository.kernels()}
        for sandbox_id in found - self._known():
            await self._repository.forget_kernels(sandbox_id)

    async def _resume(self, sandbox: Sandbox, runtime: AgentRuntime) -> None:
        self._begin(sandbox, runtime, await self._starter.claim_of(sandbox))
        await self._launcher.open_doors(sandbox, runtime)

    async def _bury(self, sandbox: Sandbox, ended: Ended) -> None:
        """Leave nothing of a sandbox that ended without a server, but what its code wrote."""
        await self._engine.remove(sandbox.id)
        if sandbox.state is SandboxState.RUNNING:
            await self._keep_changes(sandbox.project_id)
        await self._launcher.tidy(sandbox.id)
        await self._note_end(sandbox, ended)

    async def _sweep(self) -> None:
        """Remove every container of this installation that no sandbox owns."""
        for container in await self._engine.containers():
            if container.sandbox_id not in self._known():
                await self._engine.remove(container.sandbox_id)
                await self._launcher.tidy(container.sandbox_id)

    async def _watch(self) -> None:
        """Note deaths as the engine reports them, and those it had when it did not answer."""
        while True:
            try:
                await self._adopt()
                await self._reconcile()
                async for died in self._engine.deaths():
                    await self._note_death(died)
            except EngineUnavailable:
                pass
            except PlatformError as error:
                log.warning("sandboxes are not watched for a moment: %s", error.message)
            await asyncio.sleep(_ENGINE_PAUSE)

    async def _reconcile(self) -> None:
        found = {one.sandbox_id: one for one in await self._engine.containers()}
        for running in list(self._running.values()):
            container = found.get(running.sandbox.id)
            if container is None or not container.running:
                await self._end(running, self._unwanted_end(running, container))

    async def _note_death(self, died: ContainerDied) -> None:
        await self._starter.pool.drop(died.sandbox_id)
        await self.lone.note_death(died.sandbox_id)
        for running in list(self._running.values()):
            if running.sandbox.id == died.sandbox_id:
                container = await self._engine.inspect(died.sandbox_id)
                await self._end(running, self._unwanted_end(running, container))

    def _unwanted_end(self, running: _Running, container: Container | None) -> Ended:
        evidence = running.runtime.findings.evidence()
        booted = machine_started_at()
        return end_of_sandbox(container, evidence, now=self._now(), booted=booted)

    def _ended(self, cause: EndCause, detail: str) -> Ended:
        return Ended(cause=cause, at=self._now(), detail=detail)
