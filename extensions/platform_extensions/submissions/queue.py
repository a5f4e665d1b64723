"""``/api/submissions``: what waits, for whom, and whose task it is."""

from __future__ import annotations

import math
from datetime import timedelta

from tornado import web

from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import Assignment, submission_model
from platform_extensions.submissions.shapes import NamedModel
from platform_server.clock import utc_now
from platform_server.errors import InvalidInput
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.review.groups.model import GroupId
from platform_server.review.model import State
from platform_server.review.repository import Wanted

_NOBODY = "nobody"
_LONGEST = 24.0 * 366 * 10  # hours
_MOST = 500


class SubmissionsHandler(ReviewHandler):
    """All submissions that the principal sees."""

    @web.authenticated
    async def get(self) -> None:
        """List them, the one that waits longest first.

        Only some: ``?state=a,b``; ``?project=``, ``?learner=`` and ``?reviewer=`` have ids, the
        last one ``nobody``, too; ``?group=`` the id of a group whose people one sees: work of its
        members; ``?waiting=`` has hours since anything happened; ``?own=1`` those
        of one's own work, ``?assigned=1`` those that are one's own to review; ``?limit=`` a number.
        """
        is_own = self.get_query_argument("own", "0") != "0"
        wanted = self._wanted()
        if wanted.group_id is not None:
            await self.reviews.groups.roster(self.principal, wanted.group_id)
        found = await self.reviews.submissions.list(self.principal, wanted, own=is_own)
        people = [one.submitter_id for one in found]
        people += [one.reviewer_id for one in found if one.reviewer_id is not None]
        names = await self.reviews.submissions.names(people)
        self.reply([submission_model(one, names) for one in found])

    def _wanted(self) -> Wanted:
        reviewer = self.get_query_argument("reviewer", "")
        if self.get_query_argument("assigned", "0") != "0":
            reviewer = self.principal.id
        project = self.get_query_argument("project", "")
        learner = self.get_query_argument("learner", "")
        group = self.get_query_argument("group", "")
        waiting = self._number("waiting", 0.0, _LONGEST)
        return Wanted(
            states=self._states(),
            reviewer_id=UserId(reviewer) if reviewer not in {"", _NOBODY} else None,
            is_free=reviewer == _NOBODY,
            project_id=ProjectId(project) if project else None,
            maker_id=UserId(learner) if learner else None,
            group_id=GroupId(group) if group else None,
            since=utc_now() - timedelta(hours=waiting) if waiting else None,
            limit=int(self._number("limit", 200.0, _MOST)) or 1,
        )

    def _number(self, name: str, default: float, most: float) -> float:
        try:
            value = float(self.get_query_argument(name, str(default)))
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            raise InvalidInput(f'"{name}" is a number from 0 to {most:g}.')
        return value

    def _states(self) -> frozenset[State] | None:
        wanted = self.get_query_argument("state", "")
        if not wanted:
            return None
        try:
            return frozenset(State(one) for one in wanted.split(","))
        except ValueError as error:
            known = ", ".join(one.value for one in State)
            raise InvalidInput(f'"state" is one or more of: {known}.') from error


class AssignHandler(ReviewHandler):
    """Whose task a submission becomes."""

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Give it to a reviewer: an admin, or whoever reviews it now."""
        view = await self.view(submission_id)
        reviewer = UserId(self.body(Assignment).reviewer)
        await self.reply_view(await self.reviews.desk.assign(view, reviewer))


class ReviewersHandler(ReviewHandler):
    """Everybody who may review."""

    @web.authenticated
    async def get(self) -> None:
        """List them by name.

        ``?submission=`` an id: only those whose task it can be, for whoever may assign it.
        """
        submission = self.get_query_argument("submission", "")
        view = await self.view(submission) if submission else None
        known = await self.reviews.desk.reviewers(view)
        named = sorted(known.items(), key=lambda one: one[1])
        self.reply([NamedModel(id=one, name=name) for one, name in named])
