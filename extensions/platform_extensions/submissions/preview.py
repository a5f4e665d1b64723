"""``/api/projects/{id}/submissions/preview``: what a submission would have in it."""

from __future__ import annotations

from tornado import web

from platform_extensions.submissions.handlers import ReviewHandler
from platform_extensions.submissions.models import preview_model
from platform_server.projects.model import ProjectId


class PreviewHandler(ReviewHandler):
    """What would be submitted now."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Tell ``files``, the ``round`` that they would be, and what ``changed``: paths that are
        ``added``, ``changed`` or ``removed`` since the round before; None for a first round.

        ``waiting`` is whether a round waits for its decision, so that nothing can be submitted;
        ``unkept`` are paths of files that are in the sandbox only. Editors only.
        """
        preview = await self.reviews.previews.preview(self.principal, ProjectId(project_id))
        self.reply(preview_model(preview))
