"""What the people of a project are told about its sandbox, unasked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Ended, Sandbox, SandboxId


class NoticeKind(Enum):
    """What a notice is about."""

    MEMORY = "memory"  # it is nearly used up
    OUT_OF_MEMORY = "out_of_memory"  # a process was ended, and no kernel or shell
    PROCESSES = "processes"  # no more can be started
    DISK = "disk"  # the project's files have nearly all the room that they may
    IDLE = "idle"  # the sandbox will be stopped because nobody uses it
    IN_USE = "in_use"  # it will not: somebody uses it again
    EXPIRY = "expiry"  # the sandbox will be stopped because of its age
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something to be told."""

    kind: NoticeKind
    project_id: ProjectId
    sandbox_id: SandboxId
    at: datetime
    detail: str  # for the user: what is the matter, and what to do
    used: int | None = None  # bytes or processes, as the kind has it
    limit: int | None = None  # of the same
    deadline: datetime | None = None  # when the sandbox will be stopped
    ended: Ended | None = None  # why it did


class Notices:
    """Passes notices on to all who listen."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Notice], None]] = []

    def tell(self, notice: Notice) -> None:
        """Tell everybody."""
        for listener in self.listeners:
            listener(notice)


def notice_of_end(sandbox: Sandbox, ended: Ended) -> Notice:
    """Return the notice that a sandbox has ended."""
    return Notice(
        kind=NoticeKind.ENDED,
        project_id=sandbox.project_id,
        sandbox_id=sandbox.id,
        at=ended.at,
        detail=ended.detail,
        ended=ended,
    )
