"""The JSON of the groups resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from platform_extensions.base import RequestBody
from platform_server.review.groups.service import MAX_MEMBERS, MAX_REVIEWERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from platform_server.identity.model import UserId
    from platform_server.review.groups.model import Group, Listed

_Person = Annotated[str, Field(min_length=1, max_length=64)]


class GroupName(RequestBody):
    """What a group is called."""

    name: Annotated[str, Field(max_length=1024)]


class GroupMembers(RequestBody):
    """Who is in a group: all of them, by their ids."""

    members: Annotated[list[_Person], Field(max_length=MAX_MEMBERS)]


class GroupReviewers(RequestBody):
    """Who reviews what a group's members make: all of them, by their ids."""

    reviewers: Annotated[list[_Person], Field(max_length=MAX_REVIEWERS)]


def listed_group_model(listed: Listed) -> dict[str, Any]:
    """Return ``{"id", "name", "counts": {"members", "reviewers"}}``; counts may be null."""
    counts = {"members": listed.members, "reviewers": listed.reviewers}
    return {
        "id": listed.id,
        "name": listed.name,
        "counts": None if listed.members is None else counts,
    }


def group_model(group: Group, names: Mapping[UserId, str]) -> dict[str, Any]:
    """Return ``{"id", "name", "members", "reviewers"}``; people are ``{"id", "name"}``, by name.

    Both are null for who is only a member.
    """
    shown: dict[str, Any] = {"id": group.id, "name": group.name}
    if group.roster is None:
        return shown | {"members": None, "reviewers": None}
    return shown | {
        "members": _people(group.roster.members, names),
        "reviewers": _people(group.roster.reviewers, names),
    }


def _people(people: Iterable[UserId], names: Mapping[UserId, str]) -> list[dict[str, str]]:
    named = [{"id": str(one), "name": names.get(one, "")} for one in people]
    return sorted(named, key=lambda one: (one["name"].casefold(), one["id"]))
