"""Which submissions are asked for, in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select, true

from platform_server.storage.review_access import is_of_group, is_reviewed_by
from platform_server.storage.tables.review import submission_rounds, submissions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import ColumnElement

    from platform_server.identity.model import UserId
    from platform_server.review.repository import Wanted

_of = submissions.c


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return what is true of each submission that is wanted."""
    return [true(), *_simple(wanted), *_whose(wanted)]


def _simple(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.states is not None:
        yield _of.state.in_([one.value for one in wanted.states])
    if wanted.reviewer_id is not None:
        yield _of.reviewer_id == wanted.reviewer_id
    if wanted.is_free:
        yield _of.reviewer_id.is_(None)
    if wanted.project_id is not None:
        yield _of.project_id == wanted.project_id
    if wanted.since is not None:
        yield _of.updated_at <= wanted.since


def _whose(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    whose = []
    if wanted.submitters is not None:
        whose.append(_made_by(wanted.submitters))
    if wanted.projects is not None:
        whose.append(_of.project_id.in_(list(wanted.projects)))
    if whose:
        yield or_(*whose)
    if wanted.maker_id is not None:
        yield _made_by([wanted.maker_id])
    if wanted.group_id is not None:
        yield is_of_group(wanted.group_id)
    if wanted.visible_to is not None:
        yield or_(is_reviewed_by(wanted.visible_to), _made_by([wanted.visible_to]))


def _made_by(people: Collection[UserId]) -> ColumnElement[bool]:
    rounds = submission_rounds.c
    made = select(rounds.submission_id).where(rounds.submitter_id.in_(list(people)))
    return _of.id.in_(made)
