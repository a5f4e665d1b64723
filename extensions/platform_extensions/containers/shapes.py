"""What the models of the containers resource are made of."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from platform_extensions.shapes import Moment, value_of
from platform_server.sandboxes.admission import Shortage
from platform_server.sandboxes.model import EndCause, SandboxState
from platform_server.sandboxes.notices import NoticeKind

_State = Annotated[str, value_of(SandboxState)]


class LimitsModel(TypedDict):
    """What a sandbox may use at most."""

    cpus: float
    memory_bytes: int
    pids: int
    tmp_bytes: int  # of its /tmp, which counts as memory


class EvidenceModel(TypedDict):
    """What was measured from outside when something ended."""

    memory_peak_bytes: int
    memory_limit_bytes: int
    oom_kills: int  # processes that were ended for lack of memory
    pids_peak: int
    pids_limit: int
    forks_refused: int
    full: list[str]  # folders that had no room left


class EndedModel(TypedDict):
    """Why and when something ended, with the evidence, null if nothing could be measured."""

    cause: Annotated[str, value_of(EndCause)]
    at: Moment
    exit_code: int | None
    signal: int | None
    detail: str  # what happened, and what to do
    evidence: EvidenceModel | None


class SandboxFacts(TypedDict):
    """A sandbox, whosever it is."""

    id: str
    state: _State
    limits: LimitsModel
    started_at: Moment | None
    ended: EndedModel | None


class SandboxModel(SandboxFacts):
    """A project's sandbox."""

    project: str


class QueueModel(TypedDict):
    """Where a start is in the queue, and what it waits for."""

    position: int  # from 1
    before: int
    length: int
    waits_for: Annotated[str, value_of(Shortage)]


class ContainerModel(SandboxModel):
    """A sandbox; ``queue`` is null when its start does not wait."""

    queue: QueueModel | None


class DiskModel(TypedDict):
    """How much the project's files take, and how much they may."""

    bytes: int
    files: int
    quota_bytes: int
    quota_files: int


class UsageModel(TypedDict):
    """What a sandbox uses now."""

    cpu_seconds: float  # since its start
    memory_bytes: int
    memory_peak_bytes: int | None
    pids: int
    disk: DiskModel


class UsedContainerModel(ContainerModel):
    """A sandbox with what it uses; null when it does not run."""

    usage: UsageModel | None


class StopsModel(TypedDict):
    """When a running sandbox will be stopped, and by which rules; null: by none."""

    idle_at: Moment | None
    idle_seconds: float | None
    expires_at: Moment | None
    most_seconds: float | None


class ShownContainerModel(UsedContainerModel):
    """A sandbox with all that is known of it."""

    stops: StopsModel | None


class NoticeModel(TypedDict):
    """What a project's people are told about its sandbox."""

    project_id: str
    container_id: str
    kind: Annotated[str, value_of(NoticeKind)]
    at: Moment
    detail: str
    used: int | None
    limit: int | None
    deadline: Moment | None
    ended: EndedModel | None


class HealthModel(TypedDict):
    """Whether a sandbox answers."""

    id: str
    state: _State
    healthy: bool
    latency_ms: float | None  # null: it did not answer
    detail: str


class EndModel(TypedDict):
    """How a command ended."""

    exit_code: int  # 128 + signal when a signal ended it, 124 when the time limit did
    duration_ms: int
    truncated: bool  # output beyond the limit was dropped


class ResultModel(EndModel):
    """A command's outcome; bytes that are not UTF-8 are U+FFFD."""

    stdout: str
    stderr: str
