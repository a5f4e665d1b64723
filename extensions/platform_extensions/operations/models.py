"""The JSON of what an admin sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_extensions.containers.models import sandbox_model
from platform_extensions.projects.storage_models import storage_model
from platform_server.operations.figures import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from platform_extensions.operations.metrics import Now
    from platform_server.operations.figures import Figures, Summary
    from platform_server.operations.history import SandboxSample, ServerSample
    from platform_server.projects.repository import Membership
    from platform_server.sandboxes.model import Sandbox


def overview_model(now: Now, figures: Figures, history: Iterable[ServerSample]) -> dict[str, Any]:
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


def summary_model(summary: Summary) -> dict[str, Any]:
    """Return how long something took, in milliseconds."""
    return {
        "count": summary.count,
        "p50_ms": _milliseconds(summary.p50),
        "p95_ms": _milliseconds(summary.p95),
    }


def server_sample_model(sample: ServerSample) -> dict[str, Any]:
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
) -> dict[str, Any]:
    """Return a sandbox that runs, with whose it is and what it uses."""
    return sandbox_model(sandbox) | {
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


def _usage_model(sample: SandboxSample) -> dict[str, Any]:
    return {
        "cpu": round(sample.cpu, 4),
        "memory_bytes": sample.memory_bytes,
        "pids": sample.pids,
    }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 2)
