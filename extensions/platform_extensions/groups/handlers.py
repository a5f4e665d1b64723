"""``/api/groups``: learners, and who reviews what they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.groups.models import (
    GroupMembers,
    GroupName,
    GroupReviewers,
    group_model,
    listed_group_model,
)
from platform_extensions.versioned import VersionedHandler
from platform_server.identity.model import UserId
from platform_server.review.groups.model import GroupId

if TYPE_CHECKING:
    from platform_server.review.groups.model import Group
    from platform_server.review.groups.service import GroupService


class GroupsBase(VersionedHandler):
    """Base of what is about groups."""

    @property
    def groups(self) -> GroupService:
        """The service behind it."""
        return self.services.reviews.groups

    async def reply_group(self, group: Group, *, status: int = 200) -> None:
        """Answer with a group and the names of its people."""
        roster = group.roster
        people = [] if roster is None else [*roster.members, *roster.reviewers]
        names = await self.services.reviews.submissions.names(people)
        self.reply(group_model(group, names), status=status)


class GroupsHandler(GroupsBase):
    """All groups that the principal sees."""

    @web.authenticated
    async def get(self) -> None:
        """List them by name: all for admins, for reviewers those that they review.

        Whoever is a member of a group sees its name.
        """
        self.reply([listed_group_model(one) for one in await self.groups.list(self.principal)])

    @web.authenticated
    async def post(self) -> None:
        """Make one without people. Admins only."""
        group = await self.groups.make(self.principal, self.body(GroupName).name)
        await self.reply_group(group, status=201)


class GroupHandler(GroupsBase):
    """One group."""

    @web.authenticated
    async def get(self, group_id: str) -> None:
        """Show it; its people to its reviewers and to admins only."""
        await self.reply_group(await self.groups.get(self.principal, GroupId(group_id)))

    @web.authenticated
    async def patch(self, group_id: str) -> None:
        """Rename it. Admins only."""
        name = self.body(GroupName).name
        await self.reply_group(await self.groups.rename(self.principal, GroupId(group_id), name))

    @web.authenticated
    async def delete(self, group_id: str) -> None:
        """Remove it; its people, and their work, stay. Admins only."""
        await self.groups.remove(self.principal, GroupId(group_id))
        self.set_status(204)
        self.finish()


class GroupMembersHandler(GroupsBase):
    """Who is in a group. ``If-Match: "<version>"`` makes a change conditional."""

    @web.authenticated
    async def put(self, group_id: str) -> None:
        """Say who, all of them. Admins only."""
        people = [UserId(one) for one in self.body(GroupMembers).members]
        await self.reply_group(
            await self.groups.set_members(self.principal, GroupId(group_id), people, self.expected)
        )


class GroupReviewersHandler(GroupsBase):
    """Who reviews what a group's members make. ``If-Match`` as for the members."""

    @web.authenticated
    async def put(self, group_id: str) -> None:
        """Say who, all of them: only they, and admins, see and review it. Admins only."""
        people = [UserId(one) for one in self.body(GroupReviewers).reviewers]
        await self.reply_group(
            await self.groups.set_reviewers(
                self.principal, GroupId(group_id), people, self.expected
            )
        )
