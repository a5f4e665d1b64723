"""``/api/submissions/{id}/reproduction``: whether what was submitted reproduces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.submissions.check_models import standing_model
from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import WhichRound
from platform_extensions.submissions.submitted import PageHandler

if TYPE_CHECKING:
    from platform_server.review.reproduction.service import ReproductionService


class ReproductionHandler(ReviewHandler):
    """A round, run again from top to bottom in a sandbox that nobody has used."""

    @property
    def checks(self) -> ReproductionService:
        """The service that runs rounds again."""
        return self.reviews.reproduction

    @web.authenticated
    async def get(self, submission_id: str) -> None:
        """Tell how it stands, and what came of each cell. ``?round=``: of an earlier round."""
        view = await self.view(submission_id)
        self.reply(standing_model(await self.checks.get(view, self.number(view))))

    @web.authenticated
    async def post(self, submission_id: str) -> None:
        """Run it once more. Reviewers only."""
        view = await self.view(submission_id)
        number = self.body(WhichRound).round or view.submission.round
        self.reply(standing_model(await self.checks.again(view, number)), status=202)

    @web.authenticated
    async def delete(self, submission_id: str) -> None:
        """End it, whether it waits or runs. Reviewers only."""
        view = await self.view(submission_id)
        self.reply(standing_model(await self.checks.cancel(view, self.number(view))))


class ReproducedPageHandler(PageHandler):
    """A notebook with the outputs that it had when it was run again, as a page."""

    @web.authenticated
    async def get(self, submission_id: str, path: str) -> None:
        """Show it, if they differ: no scripts, no requests. ``?round=``: of an earlier round."""
        view = await self.view(submission_id)
        data = await self.reviews.reproduction.notebook(view, self.number(view), path)
        await self.reply_page(await self.reviews.viewer.page_of("again.ipynb", data))
