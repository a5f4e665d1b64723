"""What the service of groups needs from a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from platform_server.acts.model import Act
    from platform_server.identity.model import UserId
    from platform_server.review.acts import TellingGroup
    from platform_server.review.groups.model import Group, GroupId, Listed


class GroupRepository(Protocol):
    """Groups and who is in them. Every method is one transaction, and keeps the act of it.

    A group that is removed, and an account that is, take their places with them.
    """

    async def add(self, group_id: GroupId, name: str, act: Act) -> None:
        """Keep a new group without people. Raises NameTaken."""

    async def rename(self, group_id: GroupId, name: str, telling: TellingGroup) -> None:
        """Change what a group is called. Raises GroupNotFound, NameTaken."""

    async def remove(self, group_id: GroupId, telling: TellingGroup) -> None:
        """Remove a group; whose it was keep their work. Raises GroupNotFound."""

    async def set_members(
        self,
        group_id: GroupId,
        people: Collection[UserId],
        telling: TellingGroup,
        expected: str | None = None,
    ) -> None:
        """Keep these as a group's members, and nobody else.

        Raises GroupNotFound, InvalidInput for who has no account, PreconditionFailed if the
        group's people are not those of the version that is expected, where one is.
        """

    async def set_reviewers(
        self,
        group_id: GroupId,
        people: Collection[UserId],
        telling: TellingGroup,
        expected: str | None = None,
    ) -> None:
        """Keep these as a group's reviewers, and nobody else.

        Raises GroupNotFound, InvalidInput for who has no account, PreconditionFailed if the
        group's people are not those of the version that is expected, where one is.
        """

    async def group(self, group_id: GroupId) -> Group | None:
        """Return a group with its people."""

    async def groups(
        self, *, member: UserId | None = None, reviewer: UserId | None = None
    ) -> list[Listed]:
        """Return groups by name: all, or those that somebody is a member or a reviewer of."""
