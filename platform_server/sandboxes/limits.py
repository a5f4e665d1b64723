"""What each project's sandbox may use: limits of its own, of its owner's role, or everybody's."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from platform_server import clock
from platform_server.acts.model import OPERATOR, Act, ActName, Kind, Target, changing
from platform_server.errors import ProjectNotFound
from platform_server.identity.model import Role, UserId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from platform_server.acts.model import Actor
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Limits


@dataclass(frozen=True, kw_only=True)
class OwnLimits:
    """What is limited otherwise than for everybody; None: the same.

    These can be changed while a container runs; the size of its /tmp cannot.
    """

    cpus: float | None = None
    memory_bytes: int | None = None
    pids: int | None = None

    def over(self, limits: Limits) -> Limits:
        """Return the limits with these in their place."""
        return replace(limits, **self.given)

    @property
    def given(self) -> dict[str, Any]:
        """What is not None, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value is not None}


RoleLimits = dict[Role, OwnLimits]


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """What a project's sandbox may use, and whose sandboxes it counts among."""

    owner_id: UserId
    limits: Limits


class Entitlements(Protocol):
    """Tells the sandbox service what a project is entitled to."""

    async def of(self, project_id: ProjectId) -> Entitlement:
        """Return it; asked at each start. Raises ProjectNotFound, StorageUnavailable."""


class Alike:
    """Every project has the same limits, and an owner of its own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def of(self, project_id: ProjectId) -> Entitlement:
        """Return it."""
        return Entitlement(owner_id=UserId(project_id), limits=self._limits)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who owns a project, and what was set for it."""

    owner_id: UserId
    role: Role
    own: OwnLimits
    project_name: str


# Gives the act of a change, of what was set just before; None: it changes nothing.
Telling: TypeAlias = "Callable[[Holder], Act | None]"


class LimitsRepository(Protocol):
    """Keeps the limits of single projects."""

    async def holder(self, project_id: ProjectId) -> Holder | None:
        """Return it, None when there is no such project, or it was deleted."""

    async def put(
        self, project_id: ProjectId, own: OwnLimits, at: datetime, telling: Telling
    ) -> None:
        """Set a project's limits, in the place of earlier ones, and keep the act of it.

        Raises ProjectNotFound.
        """


@dataclass(frozen=True, kw_only=True)
class ProjectLimits:
    """The limits of a project's next sandbox, and where each comes from."""

    effective: Limits
    own: OwnLimits
    of_role: OwnLimits  # of its owner's


class LimitsService:
    """Says what projects are entitled to, and lets an admin change it.

    Whether the caller may is decided before.
    """

    def __init__(
        self,
        repository: LimitsRepository,
        everybody: Limits,
        roles: Mapping[Role, OwnLimits],
        *,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self._repository = repository
        self._everybody = everybody
        self._roles = roles
        self._now = now

    async def of(self, project_id: ProjectId) -> Entitlement:
        """Return what a project is entitled to. Raises ProjectNotFound."""
        holder = await self._holder(project_id)
        return Entitlement(owner_id=holder.owner_id, limits=self._limits(holder).effective)

    async def shown(self, project_id: ProjectId) -> ProjectLimits:
        """Return a project's limits. Raises ProjectNotFound."""
        return self._limits(await self._holder(project_id))

    async def put(
        self, project_id: ProjectId, own: OwnLimits, *, by: Actor = OPERATOR
    ) -> ProjectLimits:
        """Set a project's own limits, in the place of earlier ones. Raises ProjectNotFound.

        They apply to its next sandbox; the one that runs keeps what it has.
        """
        holder, now = await self._holder(project_id), self._now()

        def act(before: Holder) -> Act | None:
            return changing(
                Act(
                    at=now,
                    actor=by,
                    name=ActName.LIMITS_CHANGED,
                    target=Target(kind=Kind.PROJECT, id=project_id, name=before.project_name),
                    before=before.own.given,
                    after=own.given,
                )
            )

        await self._repository.put(project_id, own, now, act)
        return self._limits(replace(holder, own=own))

    async def _holder(self, project_id: ProjectId) -> Holder:
        holder = await self._repository.holder(project_id)
        if holder is None:
            raise ProjectNotFound
        return holder

    def _limits(self, holder: Holder) -> ProjectLimits:
        of_role = self._roles.get(holder.role, OwnLimits())
        effective = holder.own.over(of_role.over(self._everybody))
        return ProjectLimits(effective=effective, own=holder.own, of_role=of_role)
