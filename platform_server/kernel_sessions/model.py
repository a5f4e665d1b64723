"""A document that is connected to a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import KernelId

KernelSessionId = NewType("KernelSessionId", str)  # a UUID, as Jupyter clients expect


@dataclass(frozen=True, kw_only=True)
class KernelSession:
    """One user's document and its kernel. Two users of one notebook have two of these."""

    id: KernelSessionId
    user_id: UserId
    project_id: ProjectId
    path: str  # of the document, relative to the project
    is_addressed: bool  # the client's path began with the project; otherwise it knows none
    name: str  # as the client calls the document
    type: str  # "notebook", "console", "file", ...
    kernel_id: KernelId
    created_at: datetime
