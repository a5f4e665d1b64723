"""What the contents service and its helpers are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.contents.limits import ContentsLimits

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore
    from platform_server.contents.garbage import GarbageRepository
    from platform_server.contents.past import PastRepository
    from platform_server.contents.repository import ContentsRepository
    from platform_server.contents.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The stores, the bounds and the clock."""

    repository: ContentsRepository
    past: PastRepository
    garbage: GarbageRepository
    blobs: BlobStore
    workspace: Workspace
    spool_folder: Path  # private to the server, on the file system of the blobs
    limits: ContentsLimits = field(default_factory=ContentsLimits)
    now: clock.Clock = clock.utc_now
    new_id: clock.IdFactory = clock.new_id
