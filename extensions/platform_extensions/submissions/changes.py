"""What changed between rounds, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

from tornado import web

from platform_extensions.projects.history_models import diff_model
from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import changed_file_model
from platform_extensions.submissions.shapes import ChangesModel, SubmittedDiffModel
from platform_server.review.changes.service import Span, require_submitted

if TYPE_CHECKING:
    from platform_extensions.submissions.shapes import FindingsModel, SidesModel, SpanModel
    from platform_server.review.rules import View

_NOW: Final = "now"
_MINE = "mine"
_NOTHING = "0"


class ChangesHandler(ReviewHandler):
    """Which files changed."""

    async def span(self, view: View) -> Span:
        """Return what is compared: ``?against=`` a round, ``0`` for nothing, or ``mine`` for the
        last round before the other one that the principal decided about or commented on; with
        ``?round=`` a round, the latest if left out, or ``now`` for the project, for its makers.
        """
        is_now = self.get_query_argument("round", "") == _NOW
        new = None if is_now else self.number(view)
        against = self.get_query_argument("against", str((new or view.submission.round + 1) - 1))
        if against == _NOTHING:
            old = None
        elif against == _MINE:
            before = view.submission.round + 1 if new is None else new
            old = await self.reviews.changes.last_seen(view, before)
        else:
            old = self.number_of(against, "against")
        span = Span(old=old, new=new)
        require_submitted(view, span)
        return span

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """List the files that were added, changed, renamed or removed, by path. ``?against=``
        and ``?round=`` say between which rounds.
        """
        view = await self.view(submission_id)
        span = await self.span(view)
        found = await self.reviews.changes.files(view, span)
        files = [changed_file_model(one) for one in found]
        self.reply(ChangesModel(**span_model(span), files=files))


class SubmittedDiffHandler(ChangesHandler):
    """What changed in a file."""

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """Compare ``?path=`` of round ``?against=`` with round ``?round=``, as ``/changes`` does.

        ``findings`` tells of each cell whether its source, outputs or metadata changed, and which
        characters deceive; null if that took too long. ``sides`` are the addresses of both states.
        """
        view = await self.view(submission_id)
        path, span = self.get_query_argument("path"), await self.span(view)
        diff = await self.reviews.files.compare(view, path, old=span.old, new=span.new)
        findings = await self.reviews.changes.findings(view, path, span)
        self.reply(
            SubmittedDiffModel(
                **diff_model(diff),
                **span_model(span),
                findings=cast("FindingsModel | None", findings),
                sides=_sides(view, path, span),
            )
        )


def span_model(span: Span) -> SpanModel:
    """Return between what files are compared."""
    return {"against": span.old, "round": _NOW if span.new is None else span.new}


def _sides(view: View, path: str, span: Span) -> SidesModel:
    at = f"/api/submissions/{view.submission.id}/raw/{quote(path)}"
    now = f"/api/projects/{view.submission.project_id}/files/{quote(path)}"
    return {
        "before": None if span.old is None else f"{at}?round={span.old}",
        "after": now if span.new is None else f"{at}?round={span.new}",
    }
