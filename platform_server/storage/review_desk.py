"""Named reviewers, rubrics and saved comments in SQL."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.exc import IntegrityError

from platform_server.errors import ProjectNotFound
from platform_server.identity.model import UserId
from platform_server.review.desk import SavedComment, SavedId
from platform_server.review.rubric import Criterion, Level, Rubric
from platform_server.storage import acts
from platform_server.storage.database import alone
from platform_server.storage.tables.review import project_reviewers, rubrics, saved_comments
from platform_server.versions import check_version

if TYPE_CHECKING:
    from collections.abc import Collection

    from platform_server.projects.model import ProjectId
    from platform_server.review.acts import TellingNamed, TellingRubric
    from platform_server.storage.database import Database


class SqlDeskRepository:
    """The desk's repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def name_reviewers(
        self,
        project_id: ProjectId,
        reviewers: Collection[UserId],
        telling: TellingNamed | None = None,
    ) -> None:
        """Keep who reviews a project."""
        of_project = project_reviewers.c.project_id == project_id
        before = delete(project_reviewers).where(of_project).returning(project_reviewers.c.user_id)
        named = [{"project_id": project_id, "user_id": one} for one in sorted(reviewers)]
        try:
            async with self._database.transaction() as connection:
                old = (await connection.execute(before)).scalars().all()
                if named:
                    await connection.execute(insert(project_reviewers), named)
                await acts.keep(connection, telling(old) if telling else None)
        except IntegrityError as error:
            raise ProjectNotFound from error

    async def rubric(self, project_id: ProjectId | None) -> Rubric | None:
        """Return a rubric."""
        found = select(rubrics.c.criteria).where(rubrics.c.scope == (project_id or ""))
        async with self._database.read() as connection:
            criteria = (await connection.execute(found)).scalar()
        return _rubric_of(criteria)

    async def save_rubric(
        self,
        project_id: ProjectId | None,
        rubric: Rubric | None,
        telling: TellingRubric | None = None,
        expected: str | None = None,
    ) -> None:
        """Keep a rubric, or none; who comes at the same time waits for the end."""
        scope = project_id or ""
        before = delete(rubrics).where(rubrics.c.scope == scope).returning(rubrics.c.criteria)
        async with self._database.transaction() as connection:
            await alone(connection, rubrics)
            old = _rubric_of((await connection.execute(before)).scalar())
            check_version(expected, (old or Rubric()).version, "this rubric")
            if rubric is not None:
                criteria = json.dumps([asdict(one) for one in rubric.criteria])
                await connection.execute(insert(rubrics).values(scope=scope, criteria=criteria))
            if telling is not None:
                await acts.keep(connection, telling(old))

    async def saved(self, user_id: UserId) -> list[SavedComment]:
        """Return somebody's saved comments."""
        of = saved_comments.c
        found = select(saved_comments).where(of.user_id == user_id).order_by(of.title, of.id)
        async with self._database.read() as connection:
            return [
                SavedComment(
                    id=SavedId(row.id),
                    user_id=UserId(row.user_id),
                    title=row.title,
                    body=row.body,
                    created_at=row.created_at,
                )
                for row in await connection.execute(found)
            ]

    async def save(self, comment: SavedComment) -> None:
        """Keep a comment."""
        async with self._database.transaction() as connection:
            await connection.execute(insert(saved_comments).values(asdict(comment)))

    async def drop(self, user_id: UserId, saved_id: SavedId) -> bool:
        """Remove a saved comment."""
        of = saved_comments.c
        one = delete(saved_comments).where(and_(of.user_id == user_id, of.id == saved_id))
        async with self._database.transaction() as connection:
            return (await connection.execute(one)).rowcount > 0


def _rubric_of(criteria: str | None) -> Rubric | None:
    if criteria is None:
        return None
    kept: list[dict[str, Any]] = json.loads(criteria)
    return Rubric(
        criteria=tuple(
            Criterion(**{**one, "levels": tuple(Level(**level) for level in one["levels"])})
            for one in kept
        )
    )
