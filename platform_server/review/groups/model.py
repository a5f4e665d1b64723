"""Groups, as they are kept and as somebody sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from platform_server.versions import version_of

if TYPE_CHECKING:
    from platform_server.identity.model import UserId

GroupId = NewType("GroupId", str)


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who is in a group; each side by name."""

    members: tuple[UserId, ...] = ()
    reviewers: tuple[UserId, ...] = ()  # nobody: the group changes nothing

    @property
    def version(self) -> str:
        """What stands for just these people."""
        return version_of({"members": sorted(self.members), "reviewers": sorted(self.reviewers)})


@dataclass(frozen=True, kw_only=True)
class Group:
    """A course, a class, a team."""

    id: GroupId
    name: str  # no other group's
    roster: Roster | None  # None: not for whoever asks to know


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A group in a list of them."""

    id: GroupId
    name: str
    members: int | None  # how many; None: not for whoever asks to know
    reviewers: int | None


def by_name(listed: Listed) -> tuple[str, str]:
    """Return what a list of groups is sorted by."""
    return listed.name.casefold(), listed.id
