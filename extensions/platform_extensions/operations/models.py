"""The JSON of what an admin sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typing_extensions import TypedDict

from platform_extensions.containers.models import sandbox_facts
from platform_extensions.containers.shapes import SandboxFacts
from platform_extensions.projects.storage_models import StorageModel, storage_model
from platform_extensions.shapes import Moment, value_of
from platform_server.operations.figures import Operation, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from platform_extensions.operations.metrics import Now
    from platform_server.operations.figures import Figures, Summary
    from platform_server.operations.history import SandboxSample, ServerSample
    from platform_server.projects.repository import Membership
    from platform_server.sandboxes.model import Sandbox


class PlacesModel(TypedDict):
    """How many sandboxes there are, and may be."""

    running: int
    starting: int  # projects that wait for their sandbox
    most: int


class PoolModel(TypedDict):
    """How many sandboxes wait for a project, and are to wait."""

    waiting: int
    target: int


class SummaryModel(TypedDict):
    """How long something took lately; null when it never happened."""

    count: int
    p50_ms: float | None
    p95_ms: float | None


class EndsModel(TypedDict):
    """How often something ended for the same reason."""

    what: Annotated[str, value_of(Thing)]
    cause: str
    count: int


class ServerSampleModel(TypedDict):
    """The installation at one moment."""

    at: Moment
    sandboxes: int
    waiting: int
    kernels: int
    cpu: float  # processors
    memory_bytes: int
    lag_ms: float | None


class OverviewModel(TypedDict):
    """The whole installation, now and in the last hour."""

    sandboxes: PlacesModel
    pool: PoolModel
    kernels: dict[str, int]  # by state
    terminals: int
    websockets: int
    latencies: dict[str, SummaryModel]  # by operation
    ends: list[EndsModel]
    storage: StorageModel
    history: list[ServerSampleModel]


class ObservedProjectModel(TypedDict):
    """Which project a sandbox is of."""

    id: str
    name: str | None


class OwnerModel(TypedDict):
    """Whose project it is; null if it is gone."""

    id: str | None
    name: str | None
    email: str | None


class ObservedUsageModel(TypedDict):
    """What a sandbox uses."""

    cpu: float  # processors
    memory_bytes: int
    pids: int


class UsageHistoryModel(TypedDict):
    """What it used, the oldest first."""

    cpu: list[float]
    memory_bytes: list[int]


class ObservedModel(SandboxFacts):
    """A sandbox that runs, with whose it is and what it uses; null until it was looked at."""

    project: ObservedProjectModel
    owner: OwnerModel
    usage: ObservedUsageModel | None
    history: UsageHistoryModel


def overview_model(now: Now, figures: Figures, history: Iterable[ServerSample]) -> OverviewModel:
    """Return the whole installation, now and in the last hour."""
    return {
        "sandboxes": {"running": len(now.usage), "starting": now.starting, "most": now.most},
        "pool": {"waiting": now.waiting, "target": now.target},
        "kernels": dict(now.kernels),
        "terminals": now.terminals,
        "websockets": now.connections,
        "latencies": {
            operation.value: summary_model(figures.summary(operation)) for operation in Operation
        },
        "ends": [
            {"what": thing.value, "cause": cause, "count": number}
            for (thing, cause), number in figures.ends().items()
        ],
        "storage": storage_model(now.outbox),
        "history": [server_sample_model(sample) for sample in history],
    }


def summary_model(summary: Summary) -> SummaryModel:
    """Return how long something took, in milliseconds."""
    return {
        "count": summary.count,
        "p50_ms": _milliseconds(summary.p50),
        "p95_ms": _milliseconds(summary.p95),
    }


def server_sample_model(sample: ServerSample) -> ServerSampleModel:
    """Return the installation at one moment."""
    return {
        "at": sample.at.isoformat(),
        "sandboxes": sample.sandboxes,
        "waiting": sample.waiting,
        "kernels": sample.kernels,
        "cpu": round(sample.cpu, 4),
        "memory_bytes": sample.memory_bytes,
        "lag_ms": _milliseconds(sample.lag),
    }


def observed_model(
    sandbox: Sandbox, place: Membership | None, samples: Sequence[SandboxSample]
) -> ObservedModel:
    """Return a sandbox that runs, with whose it is and what it uses."""
    return {
        **sandbox_facts(sandbox),
        "project": {
            "id": sandbox.project_id,
            "name": place.project.name if place else None,
        },
        "owner": {
            "id": place.project.owner_id if place else None,
            "name": place.owner_name if place else None,
            "email": place.owner_email if place else None,
        },
        "usage": _usage_model(samples[-1]) if samples else None,
        "history": {
            "cpu": [round(sample.cpu, 4) for sample in samples],
            "memory_bytes": [sample.memory_bytes for sample in samples],
        },
    }


def _usage_model(sample: SandboxSample) -> ObservedUsageModel:
    return {
        "cpu": round(sample.cpu, 4),
        "memory_bytes": sample.memory_bytes,
        "pids": sample.pids,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 2)
