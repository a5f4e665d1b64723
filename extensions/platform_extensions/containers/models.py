"""The JSON of the containers resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from platform_extensions.base import RequestBody

if TYPE_CHECKING:
    from platform_extensions.containers.shapes import (
        ContainerModel,
        DiskModel,
        EndedModel,
        EndModel,
        EvidenceModel,
        HealthModel,
        LimitsModel,
        NoticeModel,
        QueueModel,
        ResultModel,
        SandboxFacts,
        SandboxModel,
        StopsModel,
        UsageModel,
    )
    from platform_server.contents.limits import Quota
    from platform_server.contents.model import Usage as Stored
    from platform_server.sandboxes.admission import Queued
    from platform_server.sandboxes.expiry import AgeStopper
    from platform_server.sandboxes.idle import IdleStopper
    from platform_server.sandboxes.model import (
        CommandEnd,
        CommandResult,
        Ended,
        Evidence,
        Health,
        Limits,
        Sandbox,
        Usage,
    )
    from platform_server.sandboxes.notices import Notice

MAX_TIMEOUT = 600.0  # seconds that one command may take
DEFAULT_TIMEOUT = 60.0  # seconds
MAX_STDIN = 1 << 20  # characters

_Argument = Annotated[str, Field(max_length=128 * 1024)]


class StartRequest(RequestBody):
    """Which project's sandbox to start."""

    project: Annotated[str, Field(min_length=1, max_length=64)]


class ExecuteRequest(RequestBody):
    """A command: a list of arguments, or one line for the shell."""

    command: (
        Annotated[list[_Argument], Field(min_length=1, max_length=1024)]
        | Annotated[str, Field(min_length=1, max_length=128 * 1024)]
    )
    timeout: Annotated[float, Field(gt=0, le=MAX_TIMEOUT, strict=False)] = DEFAULT_TIMEOUT
    stdin: Annotated[str, Field(max_length=MAX_STDIN)] = ""

    @property
    def argv(self) -> list[str]:
        """The arguments; a shell line is given to ``bash -lc``."""
        if isinstance(self.command, str):
            return ["bash", "-lc", self.command]
        return self.command


def limits_model(limits: Limits) -> LimitsModel:
    """Return what a sandbox may use at most."""
    return {
        "cpus": limits.cpus,
        "memory_bytes": limits.memory_bytes,
        "pids": limits.pids,
        "tmp_bytes": limits.tmp_bytes,
    }


def sandbox_model(sandbox: Sandbox) -> SandboxModel:
    """Return a project's sandbox."""
    return {**sandbox_facts(sandbox), "project": sandbox.project_id}


def sandbox_facts(sandbox: Sandbox) -> SandboxFacts:
    """Return a sandbox without whose it is."""
    return {
        "id": sandbox.id,
        "state": sandbox.state.value,
        "limits": limits_model(sandbox.limits),
        "started_at": sandbox.started_at.isoformat() if sandbox.started_at else None,
        "ended": ended_model(sandbox.ended) if sandbox.ended else None,
    }


def container_model(sandbox: Sandbox, queued: Queued | None) -> ContainerModel:
    """Return a sandbox with where its start is in the queue."""
    return {**sandbox_model(sandbox), "queue": queue_model(queued)}


def ended_model(ended: Ended) -> EndedModel:
    """Return why and when something ended, with the evidence."""
    return {
        "cause": ended.cause.value,
        "at": ended.at.isoformat(),
        "exit_code": ended.exit_code,
        "signal": ended.signal,
        "detail": ended.detail,
        "evidence": evidence_model(ended.evidence) if ended.evidence else None,
    }


def evidence_model(evidence: Evidence) -> EvidenceModel:
    """Return what was measured when something ended."""
    return {
        "memory_peak_bytes": evidence.memory_peak_bytes,
        "memory_limit_bytes": evidence.memory_limit_bytes,
        "oom_kills": evidence.oom_kills,
        "pids_peak": evidence.pids_peak,
        "pids_limit": evidence.pids_limit,
        "forks_refused": evidence.forks_refused,
        "full": list(evidence.full),
    }


def stops_model(sandbox: Sandbox, idle: IdleStopper, ages: AgeStopper) -> StopsModel:
    """Return when a running sandbox will be stopped, and by which rules."""
    unused, old = idle.end_of(sandbox), ages.end_of(sandbox)
    return {
        "idle_at": unused.isoformat() if unused else None,
        "idle_seconds": idle.after.total_seconds() if idle.after else None,
        "expires_at": old.isoformat() if old else None,
        "most_seconds": ages.most.total_seconds() if ages.most else None,
    }


def notice_model(notice: Notice) -> NoticeModel:
    """Return what a project's people are told about its sandbox."""
    return {
        "project_id": notice.project_id,
        "container_id": notice.sandbox_id,
        "kind": notice.kind.value,
        "at": notice.at.isoformat(),
        "detail": notice.detail,
        "used": notice.used,
        "limit": notice.limit,
        "deadline": notice.deadline.isoformat() if notice.deadline else None,
        "ended": ended_model(notice.ended) if notice.ended else None,
    }


def queue_model(queued: Queued | None) -> QueueModel | None:
    """Return where a start is in the queue, and what it waits for; None when it does not wait."""
    if queued is None:
        return None
    return {
        "position": queued.position,
        "before": queued.position - 1,
        "length": queued.length,
        "waits_for": queued.waits_for.value,
    }


def usage_model(usage: Usage, disk: DiskModel) -> UsageModel:
    """Return what a sandbox uses now, with its project's disk."""
    return {
        "cpu_seconds": usage.cpu_seconds,
        "memory_bytes": usage.memory_bytes,
        "memory_peak_bytes": usage.memory_peak_bytes,
        "pids": usage.pids,
        "disk": disk,
    }


def disk_model(used: Stored, quota: Quota) -> DiskModel:
    """Return how much the project's files take, and how much they may."""
    return {
        "bytes": used.bytes,
        "files": used.files,
        "quota_bytes": quota.bytes,
        "quota_files": quota.files,
    }


def health_model(sandbox: Sandbox, health: Health | None) -> HealthModel:
    """Return whether a sandbox answers; one that does not run does not."""
    answers = health is not None and health.answers
    return {
        "id": sandbox.id,
        "state": sandbox.state.value,
        "healthy": answers,
        "latency_ms": health.latency_ms if health else None,
        "detail": health.detail if health else "The sandbox does not run.",
    }


def end_model(end: CommandEnd) -> EndModel:
    """Return how a command ended."""
    return {
        "exit_code": end.exit_code,
        "duration_ms": end.duration_ms,
        "truncated": end.truncated,
    }


def result_model(result: CommandResult) -> ResultModel:
    """Return a command's outcome; bytes that are not UTF-8 become U+FFFD."""
    return {
        "exit_code": result.exit_code,
        "stdout": result.stdout.decode(errors="replace"),
        "stderr": result.stderr.decode(errors="replace"),
        "duration_ms": result.duration_ms,
        "truncated": result.truncated,
    }
