"""The JSON of limits, and how they are configured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.containers.models import limits_model
from platform_extensions.containers.shapes import LimitsModel
from platform_server.identity.model import Role
from platform_server.sandboxes.limits import OwnLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.sandboxes.limits import ProjectLimits, RoleLimits

_MEBIBYTE = 2**20
_Cpus = Annotated[float, Field(ge=0.05, le=1024, strict=False)]
_Memory = Annotated[int, Field(ge=64 * _MEBIBYTE, le=2**44)]
_Pids = Annotated[int, Field(ge=16, le=2**22)]


class LimitsChange(RequestBody):
    """New limits of a project; null: as for everybody; what is missing stays."""

    cpus: _Cpus | None = None
    memory_bytes: _Memory | None = None
    pids: _Pids | None = None

    def over(self, own: OwnLimits) -> OwnLimits:
        """Return what is set when this has been changed."""
        return replace(own, **self.model_dump(include=self.model_fields_set))


class _ConfiguredLimits(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cpus: _Cpus | None = None
    memory_mb: Annotated[int, Field(ge=64, le=2**24)] | None = None
    processes: _Pids | None = None


_configured: TypeAdapter[dict[Role, _ConfiguredLimits]] = TypeAdapter(dict[Role, _ConfiguredLimits])


def role_limits_from(configured: Mapping[str, Any]) -> RoleLimits:
    """Return the limits of roles as they are configured. Raises pydantic's ValidationError."""
    return {
        role: OwnLimits(
            cpus=one.cpus,
            memory_bytes=None if one.memory_mb is None else one.memory_mb * _MEBIBYTE,
            pids=one.processes,
        )
        for role, one in _configured.validate_python(configured).items()
    }


class OwnLimitsModel(TypedDict):
    """What is limited otherwise than for everybody; null: nothing is set."""

    cpus: float | None
    memory_bytes: int | None
    pids: int | None


class ProjectLimitsModel(TypedDict):
    """The limits of a project's next sandbox, its own ones, and those of its owner's role."""

    limits: LimitsModel
    own: OwnLimitsModel
    role: OwnLimitsModel


def project_limits_model(limits: ProjectLimits) -> ProjectLimitsModel:
    """Return the limits of a project, with where each comes from."""
    return {
        "limits": limits_model(limits.effective),
        "own": _own_limits_model(limits.own),
        "role": _own_limits_model(limits.of_role),
    }


def _own_limits_model(own: OwnLimits) -> OwnLimitsModel:
    return {"cpus": own.cpus, "memory_bytes": own.memory_bytes, "pids": own.pids}
