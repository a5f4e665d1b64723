"""Where saved bytes are: in the project store, or still on this server only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from platform_server.contents.model import BlobHash
    from platform_server.projects.model import ProjectId

    Listener = Callable[[ProjectId], None]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What of a project is saved on this server only, because the store does not answer."""

    files: int = 0
    bytes: int = 0
    since: datetime | None = None  # of the oldest; None: nothing waits


class Keeping(Protocol):
    """Tells where the bytes of projects are."""

    @property
    def on_change(self) -> list[Listener]:
        """Who is told when something of a project begins to wait, and when nothing does."""

    def waiting(self, project_id: ProjectId) -> Waiting:
        """Return what of the project waits for the store."""

    def in_all(self) -> Waiting:
        """Return what waits of all projects together."""

    def is_waiting(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Tell whether these bytes wait for the store."""


class NeverWaiting:
    """Of a store that takes everything before a save is answered."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @property
    def on_change(self) -> list[Listener]:
        """Who would be told."""
        return self._listeners

    def waiting(self, project_id: ProjectId) -> Waiting:
        """Nothing waits."""
        del project_id
        return Waiting()

    def in_all(self) -> Waiting:
        """Nothing waits."""
        return Waiting()

    def is_waiting(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Nothing waits."""
        del project_id, blob
        return False
