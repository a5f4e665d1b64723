"""Groups: made and changed by admins, seen by their reviewers, known by name to their members."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from platform_server import clock
from platform_server.acts.model import ActName
from platform_server.errors import AccessDenied, GroupNotFound, InvalidInput, LimitReached
from platform_server.identity.addresses import check_display_name
from platform_server.identity.permissions import Permission, may
from platform_server.review.acts import Chosen, Teller
from platform_server.review.groups.model import Group, GroupId, Listed, Roster, by_name
from platform_server.review.rules import REVIEWING

if TYPE_CHECKING:
    from collections.abc import Collection

    from platform_server.identity.model import Principal, UserId
    from platform_server.review.desk import People
    from platform_server.review.groups.repository import GroupRepository

Groups: TypeAlias = list[Listed]

MAX_GROUPS = 1000
MAX_MEMBERS = 2000  # of one group
MAX_REVIEWERS = 100  # of one group
_NAMELESS = "A group needs a name."
_FULL = f"There can be {MAX_GROUPS} groups: remove some that nobody needs."
_NOBODY = "There is no such account."
_NO_REVIEWER = "Only reviewers and admins may review."

log = logging.getLogger(__name__)


class GroupService:
    """What admins do with groups, and what others see of them.

    A group that somebody may not see is not found.
    """

    def __init__(
        self,
        repository: GroupRepository,
        people: People,
        *,
        now: clock.Clock = clock.utc_now,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._repository = repository
        self._people = people
        self._now = now
        self._new_id = new_id

    async def list(self, principal: Principal) -> Groups:
        """Return the groups that the principal sees, by name.

        Admins see all, reviewers those that they review; of the groups that somebody is in, they
        see the names.
        """
        if may(principal, Permission.ADMIN):
            return await self._repository.groups()
        seen: Groups = []
        if may(principal, Permission.REVIEW):
            seen = await self._repository.groups(reviewer=principal.id)
        known = {one.id for one in seen}
        own = await self._repository.groups(member=principal.id)
        seen += [replace(one, members=None, reviewers=None) for one in own if one.id not in known]
        return sorted(seen, key=by_name)

    async def get(self, principal: Principal, group_id: GroupId) -> Group:
        """Return a group; to its members, without its people. Raises GroupNotFound."""
        group = await self._repository.group(group_id)
        if group is None or group.roster is None:
            raise GroupNotFound
        if may(principal, Permission.ADMIN) or _reviews(principal, group.roster):
            return group
        if principal.id in group.roster.members:
            return replace(group, roster=None)
        raise GroupNotFound

    async def roster(self, principal: Principal, group_id: GroupId) -> Roster:
        """Return who is in a group: for its reviewers and for admins. Raises GroupNotFound."""
        roster = (await self.get(principal, group_id)).roster
        if roster is None:
            raise GroupNotFound
        return roster

    async def make(self, principal: Principal, name: str) -> Group:
        """Make a group without people. Admins only.

        Raises AccessDenied, InvalidInput, NameTaken, LimitReached.
        """
        _require_admin(principal)
        if len(await self._repository.groups()) >= MAX_GROUPS:
            raise LimitReached(_FULL)
        group = Group(id=GroupId(self._new_id()), name=_checked(name), roster=Roster())
        made = self._teller(principal).group(ActName.GROUP_MADE, group)
        await self._repository.add(group.id, group.name, made)
        log.info("%s made the group %s", principal.id, group.id)
        return group

    async def rename(self, principal: Principal, group_id: GroupId, name: str) -> Group:
        """Change what a group is called. Admins only.

        Raises AccessDenied, InvalidInput, GroupNotFound, NameTaken.
        """
        _require_admin(principal)
        called = _checked(name)
        told = self._teller(principal).group_renamed(called)
        await self._repository.rename(group_id, called, told)
        log.info("%s renamed the group %s", principal.id, group_id)
        return await self.get(principal, group_id)

    async def remove(self, principal: Principal, group_id: GroupId) -> None:
        """Remove a group. Admins only. Raises AccessDenied, GroupNotFound."""
        _require_admin(principal)
        await self._repository.remove(group_id, self._teller(principal).group_removed)
        log.info("%s removed the group %s", principal.id, group_id)

    async def set_members(
        self,
        principal: Principal,
        group_id: GroupId,
        people: Collection[UserId],
        expected: str | None = None,
    ) -> Group:
        """Say who is in a group, and nobody else. Admins only.

        ``expected`` is the version of the group's people that somebody looked at; None: any.
        Raises AccessDenied, GroupNotFound, InvalidInput for who has no account,
        PreconditionFailed.
        """
        _require_admin(principal)
        known = {one.id: one.email for one in await self._people.users()}
        if len(people) > MAX_MEMBERS or not known.keys() >= set(people):
            raise InvalidInput(_NOBODY)
        before = await self.roster(principal, group_id)
        told = self._teller(principal).members_changed(Chosen(ids=people, called=known))
        await self._repository.set_members(group_id, set(people), told, expected)
        _note(principal, f"members of the group {group_id}", before.members, people)
        return await self.get(principal, group_id)

    async def set_reviewers(
        self,
        principal: Principal,
        group_id: GroupId,
        people: Collection[UserId],
        expected: str | None = None,
    ) -> Group:
        """Say who reviews what a group's members make, and nobody else. Admins only.

        ``expected`` as above. Raises AccessDenied, GroupNotFound, InvalidInput for who may not
        review, PreconditionFailed.
        """
        _require_admin(principal)
        users = await self._people.users()
        known = {one.id: one.email for one in users}
        may_review = {one.id for one in users if one.role in REVIEWING}
        if len(people) > MAX_REVIEWERS or not may_review >= set(people):
            raise InvalidInput(_NO_REVIEWER)
        before = await self.roster(principal, group_id)
        told = self._teller(principal).reviewers_changed(Chosen(ids=people, called=known))
        await self._repository.set_reviewers(group_id, set(people), told, expected)
        _note(principal, f"reviewers of the group {group_id}", before.reviewers, people)
        return await self.get(principal, group_id)

    def _teller(self, principal: Principal) -> Teller:
        return Teller(by=principal.actor, at=self._now())


def _require_admin(principal: Principal) -> None:
    if not may(principal, Permission.ADMIN):
        raise AccessDenied


def _reviews(principal: Principal, roster: Roster) -> bool:
    return principal.id in roster.reviewers and may(principal, Permission.REVIEW)


def _checked(name: str) -> str:
    """Return a name as it is kept: like those of people, one line of 100 characters at most."""
    checked = check_display_name(name, email="")
    if not checked:
        raise InvalidInput(_NAMELESS)
    return checked


def _note(
    principal: Principal, what: str, before: Collection[UserId], after: Collection[UserId]
) -> None:
    """Have it in the log who came and who went."""
    came, went = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    log.info("%s changed the %s: came %s, went %s", principal.id, what, came, went)
