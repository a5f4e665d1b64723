"""Who reviews a submission, in SQL: whom its project names, else the groups of whose work it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, literal, or_, select, union

from platform_server.identity.model import UserId
from platform_server.storage.tables.groups import group_members, group_reviewers
from platform_server.storage.tables.projects import projects
from platform_server.storage.tables.review import (
    project_reviewers,
    submission_rounds,
    submissions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, FromClause, Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.review.groups.model import GroupId
    from platform_server.review.model import SubmissionId

_OF_GROUPS = group_reviewers.join(
    group_members, group_members.c.group_id == group_reviewers.c.group_id
)


async def reviewers_of(
    connection: AsyncConnection, submission_id: SubmissionId
) -> frozenset[UserId]:
    """Return who alone may review a submission, besides admins; nobody: every reviewer."""
    return chosen((await connection.execute(REVIEWERS, {"submission_id": submission_id})).all())


def chosen(found: Sequence[Row[Any]]) -> frozenset[UserId]:
    """Return who of those that ``REVIEWERS`` finds reviews: whom the project names, else all."""
    rows = [row for row in found if row.is_named] or found
    return frozenset(UserId(row.user_id) for row in rows)


def is_reviewed_by(user_id: UserId) -> ColumnElement[bool]:
    """Tell whether a reviewer may review a submission that others made."""
    named = exists().where(project_reviewers.c.project_id == submissions.c.project_id)
    is_named = named.where(project_reviewers.c.user_id == user_id)
    is_of_theirs = _is_any(_OF_GROUPS, group_reviewers.c.user_id == user_id)
    return or_(is_named, and_(~named, or_(is_of_theirs, ~_is_any(_OF_GROUPS))))


def is_of_group(group_id: GroupId) -> ColumnElement[bool]:
    """Tell whether a submission is the work of a group's members, or of one of them."""
    return _is_any(group_members, group_members.c.group_id == group_id)


def _is_any(source: FromClause, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell whether a submission is the work of such members.

    What it is compared with is looked up once, and not for each submission anew.
    """
    owned, submitted = _by_whose_work(source)
    projects_of = owned.with_only_columns(projects.c.id).where(*also)
    submissions_of = submitted.with_only_columns(submission_rounds.c.submission_id).where(*also)
    return or_(submissions.c.project_id.in_(projects_of), submissions.c.id.in_(submissions_of))


def _by_whose_work(source: FromClause) -> tuple[Select[Any], Select[Any]]:
    """Return the members of groups with the projects that they own, and with their rounds.

    Two selections, because a database uses its indexes for either and for none of both at once.
    """
    member = group_members.c.user_id
    owned = source.join(projects, projects.c.owner_id == member)
    submitted = source.join(submission_rounds, submission_rounds.c.submitter_id == member)
    return select(projects).select_from(owned), select(submission_rounds).select_from(submitted)


def _reviewers(submission_id: BindParameter[Any]) -> CompoundSelect[Any]:
    """Return the statement that finds whom a submission's project names, and those of groups."""
    named = (
        select(literal(value=True).label("is_named"), project_reviewers.c.user_id)
        .join(submissions, submissions.c.project_id == project_reviewers.c.project_id)
        .where(submissions.c.id == submission_id)
    )
    owned, submitted = (
        one.with_only_columns(literal(value=False).label("is_named"), group_reviewers.c.user_id)
        for one in _by_whose_work(_OF_GROUPS)
    )
    of_groups = (
        owned.join(submissions, submissions.c.project_id == projects.c.id).where(
            submissions.c.id == submission_id
        ),
        submitted.where(submission_rounds.c.submission_id == submission_id),
    )
    return union(named, *of_groups)


REVIEWERS = _reviewers(bindparam("submission_id"))
