"""All kernels of the installation: started for somebody, used by those who may."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyter_server.prometheus.metrics import KERNEL_CURRENTLY_RUNNING_TOTAL
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Integer, default

from platform_extensions.base import current_principal
from platform_extensions.kernels.absorb import AbsorbLater
from platform_extensions.kernels.documents import DocumentOutputs
from platform_extensions.kernels.kernel import KernelHome, KernelParts, PlatformKernel
from platform_extensions.kernels.models import kernel_model, parse_kernel_id
from platform_extensions.kernels.placement import Placement, place_folder
from platform_kernels.bounds import Allowance, Pace, Share
from platform_kernels.launch import allowed_environment
from platform_kernels.outbox import MEBIBYTE
from platform_kernels.wires import LinkLimits
from platform_server.errors import (
    AccessDenied,
    Conflict,
    KernelNotFound,
    LimitReached,
    ProjectNotFound,
    StorageUnavailable,
)
from platform_server.projects.model import Access
from platform_server.sandboxes.model import KernelId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_kernels.launch import KernelHost
    from platform_server.identity.model import Principal, UserId
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.adoption import FoundKernel
    from platform_server.services import Services

_SHARES = 8  # of what may be kept of outputs: so many projects can use it up
_DEAD_ARE_KEPT = timedelta(hours=1)  # so that their owner sees why, and can restart them


class PlatformKernels(AsyncMappingKernelManager):
    """Jupyter's map of kernels, with an owner and a project for each.

    ``open``, ``visible`` and ``usable`` act for a principal and check what they may do. The other
    methods are the server's own: its culler and its shutdown act in nobody's name.
    """

    max_kernels_per_user = Integer(
        10,
        help="How many kernels one user may have running. 0 means no limit.",
    ).tag(config=True)

    project_memory_mb = Integer(
        64,
        help="How many megabytes the server may hold for one project's kernel messages that are "
        "on their way. What exceeds it is left out of the output, and the user is told.",
    ).tag(config=True)

    recorded_memory_mb = Integer(
        256,
        help="How many megabytes the server may hold, for everybody, of what cells have put out "
        "and their pages may not have saved. A project has an eighth of it at most. What exceeds "
        "it is left out of the notebooks that the server saves by itself, and they say so.",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.link_limits = LinkLimits()
        self.absorbing = AbsorbLater(self._absorb_project)
        self.documents = DocumentOutputs(self.services)
        self.services.contents.waiting.on_reading.append(self._bring)
        self._recorded = Allowance(self.recorded_memory_mb * MEBIBYTE)
        self._bounds: dict[ProjectId, tuple[Allowance, Pace]] = {}
        self._recorded_of: dict[ProjectId, Allowance] = {}
        self.services.idle.sources.append(self._activity)
        self.services.sandboxes.on_adopted.append(self._adopt)

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return f"{PlatformKernel.__module__}.{PlatformKernel.__name__}"

    @property
    def services(self) -> Services:
        """The installation's services."""
        server: Any = self.parent
        services: Services = server.services
        return services

    async def _bring(self, project_id: ProjectId) -> bool:
        return await self.documents.bring(project_id)

    async def _activity(self, project_id: ProjectId) -> datetime | None:
        """Return when a kernel of the project last did something, now if one does."""
        kernels = [kernel for kernel in self.all() if kernel.home.project_id == project_id]
        if any(kernel.execution_state == "busy" for kernel in kernels):
            return datetime.now(UTC)
        return max((kernel.last_activity for kernel in kernels), default=None)

    async def visible(self, principal: Principal) -> list[PlatformKernel]:
        """Return the kernels that the principal may use.

        Raises EngineUnavailable, as ``usable``, while it is not known which there are.
        """
        await self.services.sandboxes.require_found()
        views = await self.services.projects.list(principal)
        projects = {view.project.id for view in views if view.access >= Access.EDITOR}
        return [kernel for kernel in self.all() if kernel.home.project_id in projects]

    async def usable(self, principal: Principal, kernel_id: str) -> PlatformKernel:
        """Return a kernel. Raises KernelNotFound, also when it is not the principal's to use."""
        if kernel_id not in self:
            await self.services.sandboxes.require_found()
        kernel = self.get_kernel(kernel_id)
        try:
            await self.services.projects.get(principal, kernel.home.project_id, Access.EDITOR)
        except (ProjectNotFound, AccessDenied) as error:
            raise KernelNotFound from error
        return kernel

    async def open(
        self,
        principal: Principal,
        placement: Placement,
        *,
        kernel_name: str | None = None,
        kernel_id: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> PlatformKernel:
        """Start a kernel for the principal.

        Raises UnknownKernel, InvalidInput and Conflict for the id, LimitReached, and what the
        start of a sandbox raises.
        """
        name = kernel_name or self.default_kernel_name
        assert self.kernel_spec_manager is not None
        self.kernel_spec_manager.get_kernel_spec(name)
        chosen = parse_kernel_id(kernel_id) if kernel_id else self.new_kernel_id()
        await self._make_room(principal.id)
        if chosen in self:
            raise Conflict("That kernel id is in use.")
        home = KernelHome(
            owner_id=principal.id,
            project_id=placement.project.project.id,
            cwd=placement.cwd,
            env=allowed_environment(dict(env or {})),
        )
        kernel = self._new(chosen, name, home)
        await self._begin(kernel)
        return kernel

    async def start_kernel(  # type: ignore[override]  # the base declares an attribute
        self,
        *,
        kernel_name: str | None = None,
        kernel_id: str | None = None,
        path: str | None = None,
        env: Mapping[str, str] | None = None,
        **_ignored: Any,
    ) -> str:
        """Start a kernel for who makes the present request, and return its id."""
        principal = current_principal()
        placement = await place_folder(self.services, principal, path)
        kernel = await self.open(
            principal, placement, kernel_name=kernel_name, kernel_id=kernel_id, env=env
        )
        return str(kernel.kernel_id)

    async def shutdown_kernel(  # type: ignore[override]
        self,
        kernel_id: str,
        now: bool = False,  # noqa: FBT001, FBT002 - jupyter_client's signature
        restart: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """End a kernel. Raises KernelNotFound."""
        kernel = self.get_kernel(kernel_id)
        await self._forget(kernel)
        await self.documents.flush(kernel, all_running=False)
        await kernel.shutdown_kernel(now=now, restart=restart)
        self.remove_kernel(kernel_id)

    async def restart_kernel(self, kernel_id: str, now: bool = False) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        """Restart a kernel. Raises KernelNotFound, and what the start of a sandbox raises."""
        await self.get_kernel(kernel_id).restart_kernel(now=now)

    async def interrupt_kernel(self, kernel_id: str) -> None:  # type: ignore[override]
        """Interrupt a kernel. Raises KernelNotFound."""
        await self.get_kernel(kernel_id).interrupt_kernel()

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        """End every kernel: the server stops."""
        del now
        for kernel in self.all():
            await self.documents.flush(kernel, all_running=True)
        await asyncio.gather(*(self.shutdown_kernel(one, now=True) for one in list(self._kernels)))
        await self.documents.aclose()
        await self.absorbing.aclose()

    def get_kernel(self, kernel_id: str) -> PlatformKernel:
        """Return a kernel, whoever asks. Raises KernelNotFound."""
        if kernel_id not in self:
            raise KernelNotFound
        kernel: PlatformKernel = self._kernels[kernel_id]
        return kernel

    def remove_kernel(self, kernel_id: str) -> PlatformKernel | None:  # type: ignore[override]
        """Take a kernel out of the map; None if it is not there."""
        kernel: PlatformKernel | None = self._kernels.pop(kernel_id, None)
        self._kernel_connections.pop(kernel_id, None)
        if kernel is not None:
            KERNEL_CURRENTLY_RUNNING_TOTAL.labels(type=kernel.kernel_name).dec()
            project_id = kernel.home.project_id
            if not any(one.home.project_id == project_id for one in self.all()):
                self._bounds.pop(project_id, None)
        return kernel

    async def list_kernels(self) -> list[dict[str, Any]]:
        """Return the models of the kernels that who makes the present request may use."""
        return [dict(kernel_model(kernel)) for kernel in await self.visible(current_principal())]

    async def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """Return a kernel's model for who makes the present request. Raises KernelNotFound."""
        return dict(kernel_model(await self.usable(current_principal(), kernel_id)))

    def cwd_for_path(self, path: str, **_kwargs: Any) -> str:
        """Return the folder of a path within its project. No file system is asked."""
        return path.strip("/").partition("/")[2]

    def initialize_culler(self) -> None:
        """Start the culler, in nobody's name: it must not act for whoever came first."""
        Context().run(super().initialize_culler)

    def all(self) -> list[PlatformKernel]:
        """Return every kernel of everybody."""
        return list(self._kernels.values())

    def bounds_of(self, project_id: ProjectId) -> tuple[Allowance, Pace]:
        """Return what a project's kernels may cost this process, all together."""
        fresh = (Allowance(self.project_memory_mb * MEBIBYTE), Pace())
        return self._bounds.setdefault(project_id, fresh)

    def _recorded_in(self, project_id: ProjectId) -> Allowance:
        share = Share(self._recorded.limit // _SHARES, self._recorded)
        return self._recorded_of.setdefault(project_id, share)

    async def _adopt(self) -> None:
        """Go on with the kernels of an earlier server process, those of late sandboxes later."""
        for found in await self.services.sandboxes.found_kernels():
            kernel_id = found.record.launch.kernel_id
            kernel = self.get_kernel(kernel_id) if kernel_id in self else self._found(found)
            if kernel.is_to_be_taken_over:
                await self._go_on(kernel, found)

    def _found(self, found: FoundKernel) -> PlatformKernel:
        launch = found.record.launch
        home = KernelHome(
            owner_id=launch.owner_id, project_id=found.project_id, cwd=launch.cwd, env=launch.env
        )
        kernel = self._new(launch.kernel_id, launch.kernel_name, home, key=launch.key)
        self._hold(kernel)
        return kernel

    async def _go_on(self, kernel: PlatformKernel, found: FoundKernel) -> None:
        if found.runtime is not None and found.process is not None:
            await kernel.take_over(found.runtime, found.process)
        elif found.ended is not None:
            await kernel.note_end(found.ended)
        else:
            await kernel.await_take_over()

    async def _forget(self, kernel: PlatformKernel) -> None:
        """Let no later server process go on with it; one without a store may find it again."""
        with suppress(StorageUnavailable):
            await self.services.sandboxes.forget_kernel(KernelId(str(kernel.kernel_id)))

    def _new(
        self, kernel_id: str, name: str, home: KernelHome, *, key: bytes | None = None
    ) -> PlatformKernel:
        kernel = PlatformKernel(
            parent=self,
            log=self.log,
            kernel_name=name,
            kernel_id=kernel_id,
            kernel_spec_manager=self.kernel_spec_manager,
        )
        if key is not None:
            kernel.session.key = key
        allowance, pace = self.bounds_of(home.project_id)
        kernel.place(
            home,
            KernelParts(
                runtime=self._runtime,
                finished=self.absorbing.touch,
                is_tracked=self.track_message_type,
                limits=self.link_limits,
                allowance=allowance,
                pace=pace,
                documents=self.documents,
                recorded=self._recorded_in(home.project_id),
                figures=self.services.figures,
            ),
        )
        return kernel

    async def _begin(self, kernel: PlatformKernel) -> None:
        """Start it; it is in the map from now on, but not if the start fails."""
        self._hold(kernel)
        try:
            await kernel.start_kernel()
        except BaseException:
            self.remove_kernel(str(kernel.kernel_id))
            raise

    def _hold(self, kernel: PlatformKernel) -> None:
        """Put it into the map."""
        kernel_id = str(kernel.kernel_id)
        self._kernels[kernel_id] = kernel
        self._kernel_connections[kernel_id] = 0
        KERNEL_CURRENTLY_RUNNING_TOTAL.labels(type=kernel.kernel_name).inc()
        if not self._initialized_culler:
            self.initialize_culler()

    async def _make_room(self, owner_id: UserId) -> None:
        """Let go of kernels that are dead for good. Raises LimitReached if too many are left."""
        for kernel in [one for one in self.all() if one.execution_state == "dead"]:
            is_old = kernel.last_activity < datetime.now(UTC) - _DEAD_ARE_KEPT
            if is_old or kernel.home.owner_id == owner_id:
                await self.shutdown_kernel(str(kernel.kernel_id), now=True)
        own = sum(kernel.home.owner_id == owner_id for kernel in self.all())
        if self.max_kernels_per_user and own >= self.max_kernels_per_user:
            raise LimitReached(
                f"You have {own} kernels running, which is the limit: shut one down first."
            )

    async def _runtime(self, project_id: ProjectId) -> KernelHost:
        return await self.services.sandboxes.runtime(project_id)

    async def _absorb_project(self, project_id: ProjectId) -> None:
        await self.services.contents.absorb(project_id)
