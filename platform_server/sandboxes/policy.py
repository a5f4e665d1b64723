"""What an installation lets sandboxes do."""

from __future__ import annotations

from dataclasses import dataclass, field

from platform_server.sandboxes.admission import Places
from platform_server.sandboxes.model import Limits
from platform_server.sandboxes.pool import PoolSize


@dataclass(frozen=True, kw_only=True)
class SandboxPolicy:
    """What sandboxes may use, and how many there may be."""

    image: str
    limits: Limits = field(default_factory=Limits)
    places: Places = field(default_factory=Places)
    warm: PoolSize = field(default_factory=PoolSize)  # that wait for a project
    starts: int = 60  # of one owner's sandboxes in ten minutes; 0: no limit
