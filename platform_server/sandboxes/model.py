"""A sandbox, its limits, its life and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

SandboxId = NewType("SandboxId", str)
KernelId = NewType("KernelId", str)  # the UUID that Jupyter clients see
TerminalName = NewType("TerminalName", str)  # unguessable, matches \w+

WORKSPACE = "/workspace"  # where code in the sandbox sees the project's files
HOME = "/home/learner"  # persistent, private to the project, not part of its files


class SandboxState(Enum):
    """Where a sandbox is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"


class EndCause(Enum):
    """Why a kernel, terminal or sandbox ended."""

    EXITED = "exited"  # by itself
    KILLED = "killed"  # by a signal from inside
    OUT_OF_MEMORY = "out_of_memory"
    PROCESS_LIMIT = "process_limit"  # it ended while it could start no process or thread
    DISK_FULL = "disk_full"  # it ended while there was no room for what it writes
    USER = "user"  # somebody asked for it
    IDLE = "idle"
    EXPIRED = "expired"
    ENGINE = "engine"  # the container engine
    HOST = "host"  # the machine: it was restarted, or ran out of memory itself
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured from outside of a sandbox when something in it ended, or it did."""

    memory_peak_bytes: int
    memory_limit_bytes: int
    oom_kills: int  # processes that were ended for lack of memory since the sandbox started
    pids_peak: int
    pids_limit: int
    forks_refused: int  # since the sandbox started
    full: tuple[str, ...] = ()  # folders that had no room left


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An end, with what proves it."""

    cause: EndCause
    at: datetime
    exit_code: int | None = None
    signal: int | None = None
    detail: str = ""  # for the user: what happened, and what to do
    evidence: Evidence | None = None  # None: nothing could be measured


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a sandbox may use at most."""

    cpus: float = 1.0
    memory_bytes: int = 512 * 2**20
    pids: int = 256
    tmp_bytes: int = 64 * 2**20  # the tmpfs at /tmp; it counts as memory


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a sandbox uses now."""

    cpu_seconds: float  # since its start
    memory_bytes: int  # without reclaimable page cache
    memory_peak_bytes: int | None  # the most since its start, page cache included; None: not known
    pids: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether a sandbox does what it is asked."""

    answers: bool
    latency_ms: float | None  # of the last question; None: it was not answered
    detail: str = ""  # one sentence for the user, when it does not answer


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """How near a sandbox is to its limits, and how often it ran into them."""

    memory_bytes: int  # now, without reclaimable page cache
    memory_peak_bytes: int  # since its start, page cache included
    oom_kills: int  # processes that were ended for lack of memory since its start
    pids: int
    pids_peak: int
    forks_refused: int  # since its start


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A project's sandbox. The engine's own ids never appear here."""

    id: SandboxId
    project_id: ProjectId
    state: SandboxState
    limits: Limits
    created_at: datetime
    started_at: datetime | None = None
    ended: Ended | None = None


@dataclass(frozen=True, kw_only=True)
class KernelLaunch:
    """What it takes to start one kernel."""

    kernel_id: KernelId
    kernel_name: str  # a kernelspec's name, checked against the allowed ones by the caller
    owner_id: UserId
    # Signs the messages; never written where sandboxed code could change it.
    key: bytes = field(repr=False)
    cwd: str = ""  # relative to the project's root
    env: Mapping[str, str] = field(default_factory=dict)  # added to the sandbox's own


@dataclass(frozen=True, kw_only=True)
class KernelRecord:
    """What another server process needs to take over a kernel: a secret, as it has the key."""

    sandbox_id: SandboxId
    launch: KernelLaunch
    socket_name: str  # begins the names of its five sockets
    generation: int  # how often it was started
    oom_kills: int  # how many of the sandbox's processes had run out of memory before


@dataclass(frozen=True, kw_only=True)
class TypedCommand:
    """A command line of a terminal, as its shell tells of it: a stranger's word."""

    number: int  # tells it from the others of its sandbox, also when it is told again
    terminal: TerminalName
    text: str
    cwd: str  # relative to the project, or absolute where it is not in there
    exit_code: int
    began: float  # seconds since 1970, by the sandbox's clock
    duration: float  # seconds


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """What a command left behind."""

    exit_code: int  # 128 + signal when a signal ended it, 124 when the time limit did
    stdout: bytes
    stderr: bytes
    duration_ms: int
    truncated: bool  # output beyond the limit was dropped


@dataclass(frozen=True, kw_only=True)
class CommandOutput:
    """Something that a running command wrote."""

    stream: Literal["stdout", "stderr"]
    data: bytes


@dataclass(frozen=True, kw_only=True)
class CommandEnd:
    """How a command ended whose output was handed over as it came."""

    exit_code: int  # as in CommandResult
    duration_ms: int
    truncated: bool  # output beyond the limit was dropped
