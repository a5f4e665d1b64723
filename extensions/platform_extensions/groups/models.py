"""The JSON of the groups resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.submissions.shapes import NamedModel
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


class GroupCountsModel(TypedDict):
    """How many people a group has."""

    members: int
    reviewers: int


class ListedGroupModel(TypedDict):
    """A group in a list; ``counts`` is null for who is only a member."""

    id: str
    name: str
    counts: GroupCountsModel | None


class GroupModel(TypedDict):
    """A group with its people, by name; both are null for who is only a member."""

    id: str
    name: str
    members: list[NamedModel] | None
    reviewers: list[NamedModel] | None
    version: str | None  # of these people; If-Match with it, in quotes, saves over no other


def listed_group_model(listed: Listed) -> ListedGroupModel:
    """Return a group in a list."""
    counts: GroupCountsModel | None = None
    if listed.members is not None and listed.reviewers is not None:
        counts = {"members": listed.members, "reviewers": listed.reviewers}
    return {"id": listed.id, "name": listed.name, "counts": counts}


def group_model(group: Group, names: Mapping[UserId, str]) -> GroupModel:
    """Return a group with its people."""
    if group.roster is None:
        return {
            "id": group.id,
            "name": group.name,
            "members": None,
            "reviewers": None,
            "version": None,
        }
    return {
        "id": group.id,
        "name": group.name,
        "members": _people(group.roster.members, names),
        "reviewers": _people(group.roster.reviewers, names),
        "version": group.roster.version,
    }


def _people(people: Iterable[UserId], names: Mapping[UserId, str]) -> list[NamedModel]:
    named: list[NamedModel] = [{"id": one, "name": names.get(one, "")} for one in people]
    return sorted(named, key=lambda one: (one["name"].casefold(), one["id"]))
