"""Who has which document connected to which kernel."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from traitlets import Any as AnyTrait
from traitlets import Instance
from traitlets.config import LoggingConfigurable

from platform_extensions.kernels.manager import PlatformKernels
from platform_extensions.kernels.placement import Placement, place_document
from platform_extensions.sessions.models import KernelBody, SessionBody, session_model
from platform_server.errors import KernelNotFound, SessionNotFound
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
from platform_server.sandboxes.model import WORKSPACE, KernelId

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_extensions.sessions.models import SessionModel
    from platform_server.identity.model import Principal
    from platform_server.kernel_sessions.repository import KernelSessionRepository
    from platform_server.services import Services

Models: TypeAlias = "list[SessionModel]"
_Document: TypeAlias = tuple[str, str, str]


class PlatformSessions(LoggingConfigurable):
    """Jupyter's sessions, each of one user.

    Every method acts for a principal and answers Jupyter's session models. What is not theirs is
    not there. A session whose kernel is gone is gone too.
    """

    kernel_manager = Instance(PlatformKernels)
    contents_manager = AnyTrait()  # Jupyter Server sets it; nothing here asks it

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._opening: WeakValueDictionary[_Document, asyncio.Lock] = WeakValueDictionary()

    @property
    def kernels(self) -> PlatformKernels:
        """All kernels."""
        kernels: PlatformKernels = self.kernel_manager
        return kernels

    @property
    def services(self) -> Services:
        """The installation's services."""
        return self.kernels.services

    @property
    def repository(self) -> KernelSessionRepository:
        """Where the sessions are kept."""
        return self.services.kernel_sessions

    async def list(self, principal: Principal) -> Models:
        """Return the principal's sessions.

        Raises EngineUnavailable while it is not known which kernels there are.
        """
        await self.services.sandboxes.require_found()
        views = await self.services.projects.list(principal)
        labels = {view.project.id: view.label for view in views}
        models = []
        for session in await self.repository.list(principal.id):
            kernel = await self._kernel_of(principal, session)
            if kernel is not None and session.project_id in labels:
                models.append(session_model(session, kernel, labels[session.project_id]))
        return models

    async def get(self, principal: Principal, session_id: KernelSessionId) -> SessionModel:
        """Return one session. Raises SessionNotFound."""
        session, kernel = await self._find(principal, session_id)
        return await self._model(principal, session, kernel)

    async def open(self, principal: Principal, body: SessionBody) -> SessionModel:
        """Connect a document to a kernel, or return the session that it has already.

        Raises what finding the project and starting or finding the kernel raise.
        """
        path, kind = body.require_document()
        placement = await place_document(self.services, principal, path)
        document = (principal.id, placement.project.project.id, placement.path)
        async with self._opening.setdefault(document, asyncio.Lock()):
            existing = await self._session_of(principal, placement)
            if existing is not None:
                return await self._model(principal, *existing)
            kernel = await self._kernel_for(principal, placement, body.kernel or KernelBody())
            session = _new_session(principal, placement, kernel, name=body.name or "", kind=kind)
            await self.repository.put(session)
        return session_model(session, kernel, placement.project.label)

    async def change(
        self, principal: Principal, session_id: KernelSessionId, body: SessionBody
    ) -> SessionModel:
        """Give a session another path, name, type or kernel; a replaced kernel is shut down.

        Raises SessionNotFound, Conflict when another session has the new document, and what
        finding or starting the new kernel raises.
        """
        session, kernel = await self._find(principal, session_id)
        if body.document_path:
            placement = await place_document(self.services, principal, body.document_path)
            session = _moved(session, placement)
        else:
            view = await self.services.projects.get(principal, session.project_id)
            placement = Placement(project=view, path=session.path, cwd=kernel.home.cwd)
        changed = replace(
            session,
            name=session.name if body.name is None else body.name,
            type=body.document_type or session.type,
        )
        if body.kernel is not None and (body.kernel.id or body.kernel.name):
            kernel = await self._kernel_for(principal, placement, body.kernel)
            changed = replace(changed, kernel_id=KernelId(str(kernel.kernel_id)))
        await self.repository.put(changed)
        kernel.update_env(env=_environment(placement))
        if changed.kernel_id != session.kernel_id:
            await self._let_go(principal, session.kernel_id)
        return await self._model(principal, changed, kernel)

    async def close_session(self, principal: Principal, session_id: KernelSessionId) -> None:
        """End a session and its kernel, unless somebody else uses that. Raises SessionNotFound."""
        session, _ = await self._find(principal, session_id)
        await self.repository.delete(principal.id, session_id)
        await self._let_go(principal, session.kernel_id)

    def close(self) -> None:
        """Do nothing: Jupyter Server calls this when it stops, and nothing is open."""

    async def _find(
        self, principal: Principal, session_id: KernelSessionId
    ) -> tuple[KernelSession, PlatformKernel]:
        session = await self.repository.get(principal.id, session_id)
        kernel = None if session is None else await self._kernel_of(principal, session)
        if session is not None and kernel is None:
            await self.services.sandboxes.require_found()
        if session is None or kernel is None:
            raise SessionNotFound
        return session, kernel

    async def _session_of(
        self, principal: Principal, placement: Placement
    ) -> tuple[KernelSession, PlatformKernel] | None:
        """Return the document's session with its kernel, which is brought back if it was dead."""
        for session in await self.repository.list(principal.id):
            if _moved(session, placement) == session:
                if session.kernel_id not in self.kernels:  # it may yet be found
                    await self.services.sandboxes.settled(session.project_id)
                kernel = await self._kernel_of(principal, session)
                if kernel is None:
                    await self.repository.delete(principal.id, session.id)
                    return None
                if kernel.execution_state == "dead":
                    await kernel.restart_kernel()
                return session, kernel
        return None

    async def _kernel_of(
        self, principal: Principal, session: KernelSession
    ) -> PlatformKernel | None:
        """Return a session's kernel; a session whose kernel ended for good is forgotten."""
        if session.kernel_id not in self.kernels:
            if self.services.sandboxes.has_adopted:  # else it may yet be found
                await self.repository.delete(principal.id, session.id)
            return None
        try:
            return await self.kernels.usable(principal, session.kernel_id)
        except KernelNotFound:
            return None

    async def _kernel_for(
        self, principal: Principal, placement: Placement, wanted: KernelBody
    ) -> PlatformKernel:
        """Return the kernel that a client asks for, started if need be."""
        if wanted.id and wanted.id in self.kernels:
            return await self.kernels.usable(principal, wanted.id)
        return await self.kernels.open(
            principal,
            placement,
            kernel_name=wanted.name,
            kernel_id=wanted.id,
            env=_environment(placement),
        )

    async def _let_go(self, principal: Principal, kernel_id: KernelId) -> None:
        if await self.repository.users(kernel_id) <= {principal.id} and kernel_id in self.kernels:
            await self.kernels.shutdown_kernel(kernel_id)

    async def _model(
        self, principal: Principal, session: KernelSession, kernel: PlatformKernel
    ) -> SessionModel:
        view = await self.services.projects.get(principal, session.project_id)
        return session_model(session, kernel, view.label)


def _new_session(
    principal: Principal, placement: Placement, kernel: PlatformKernel, *, name: str, kind: str
) -> KernelSession:
    return KernelSession(
        id=KernelSessionId(str(uuid.uuid4())),
        user_id=principal.id,
        project_id=placement.project.project.id,
        path=placement.path,
        is_addressed=placement.is_addressed,
        name=name,
        type=kind,
        kernel_id=KernelId(str(kernel.kernel_id)),
        created_at=datetime.now(UTC),
    )


def _moved(session: KernelSession, placement: Placement) -> KernelSession:
    return replace(
        session,
        project_id=placement.project.project.id,
        path=placement.path,
        is_addressed=placement.is_addressed,
    )


def _environment(placement: Placement) -> dict[str, str]:
    """Return what a kernel's environment says about its document, in the sandbox's terms."""
    return {"JPY_SESSION_NAME": f"{WORKSPACE}/{placement.path}"}
