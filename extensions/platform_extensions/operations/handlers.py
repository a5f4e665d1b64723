"""``/api/admin`` and ``/metrics``: the installation, for the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import prometheus_client
from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.operations.metrics import Now, exposition
from platform_extensions.operations.models import observed_model, overview_model
from platform_extensions.sockets import sockets_of
from platform_server.acts.model import Act, ActName, Kind, Target
from platform_server.errors import SandboxNotFound
from platform_server.sandboxes.model import EndCause

if TYPE_CHECKING:
    from platform_extensions.operations.observer import Observer
    from platform_server.sandboxes.model import Sandbox

SETTING = "platform_observer"  # where the web application keeps its observer


class OperationsHandler(PlatformHandler):
    """What the handlers of this resource share."""

    @property
    def observer(self) -> Observer:
        """Who has looked at the installation."""
        observer: Observer = self.settings[SETTING]
        return observer

    def now(self) -> Now:
        """Return what is the case."""
        sandboxes = self.services.sandboxes
        return Now(
            usage=self.observer.sandboxes.latest(),
            starting=sandboxes.starting,
            waiting=len(sandboxes.waiting()),
            target=sandboxes.pool_target,
            most=sandboxes.most,
            kernels=self.observer.kernels(),
            terminals=self.services.terminals.total(),
            outbox=self.services.keeping.in_all(),
            connections=len(sockets_of(self.settings).open_tickets),
        )


class OverviewHandler(OperationsHandler):
    """The whole installation."""

    @web.authenticated
    async def get(self) -> None:
        """Show what is the case, how long things take, and how that was in the last hour."""
        self.reply(overview_model(self.now(), self.services.figures, self.observer.server))


class ObservedSandboxesHandler(OperationsHandler):
    """All sandboxes that run."""

    @web.authenticated
    async def get(self) -> None:
        """List them, with whose they are and what they use."""
        running = await self.services.sandboxes.sandboxes()
        owners = await self.services.projects.owners([one.project_id for one in running])
        self.reply(
            [
                observed_model(one, owners.get(one.project_id), self.observer.sandboxes.of(one.id))
                for one in running
            ]
        )


class ObservedSandboxHandler(OperationsHandler):
    """One sandbox that runs."""

    @web.authenticated
    async def get(self, sandbox_id: str) -> None:
        """Show it."""
        sandbox = await self._running(sandbox_id)
        owners = await self.services.projects.owners([sandbox.project_id])
        samples = self.observer.sandboxes.of(sandbox.id)
        self.reply(observed_model(sandbox, owners.get(sandbox.project_id), samples))

    @web.authenticated
    async def delete(self, sandbox_id: str) -> None:
        """Stop it: what its code wrote is kept, its processes end."""
        sandbox = await self._running(sandbox_id)
        await self._tell(sandbox)
        await self.services.sandboxes.stop(sandbox.project_id, cause=EndCause.USER)
        self.set_status(204)
        self.finish()

    async def _tell(self, sandbox: Sandbox) -> None:
        """Have it in the record of what admins do; nothing is stopped that cannot be in it."""
        owners = await self.services.projects.owners([sandbox.project_id])
        place = owners.get(sandbox.project_id)
        project = {} if place is None else {"project": place.project.id, "owner": place.owner_email}
        acts = self.services.acts
        target = Target(
            kind=Kind.SANDBOX, id=sandbox.id, name="" if place is None else place.project.name
        )
        name, actor = ActName.SANDBOX_STOPPED, self.principal.actor
        await acts.add(Act(at=acts.now(), actor=actor, name=name, target=target, before=project))

    async def _running(self, sandbox_id: str) -> Sandbox:
        for sandbox in await self.services.sandboxes.sandboxes():
            if sandbox.id == sandbox_id:
                return sandbox
        raise SandboxNotFound


class MetricsHandler(OperationsHandler):
    """For Prometheus."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the server's metrics."""
        self.finish(
            exposition(self.now(), self.services.figures),
            set_content_type=prometheus_client.CONTENT_TYPE_LATEST,
        )
