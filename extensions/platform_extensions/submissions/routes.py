"""The routes of the submissions resource."""

from __future__ import annotations

from platform_extensions.routing import Route
from platform_extensions.submissions.changes import ChangesHandler, SubmittedDiffHandler
from platform_extensions.submissions.desk import (
    OneSavedCommentHandler,
    ProjectReviewersHandler,
    ProjectRubricHandler,
    RubricHandler,
    SavedCommentsHandler,
    SubmissionRubricHandler,
)
from platform_extensions.submissions.handlers import (
    ClaimHandler,
    DecisionHandler,
    NoticesHandler,
    OneSubmissionHandler,
    ProjectSubmissionsHandler,
    SubmissionEventsHandler,
    WithdrawHandler,
)
from platform_extensions.submissions.preview import PreviewHandler
from platform_extensions.submissions.queue import (
    AssignHandler,
    ReviewersHandler,
    SubmissionsHandler,
)
from platform_extensions.submissions.reproduction import (
    ReproducedPageHandler,
    ReproductionHandler,
)
from platform_extensions.submissions.submitted import (
    SubmittedContentsHandler,
    SubmittedFilesHandler,
    SubmittedPageHandler,
    SubmittedPartsHandler,
    SubmittedRawHandler,
)
from platform_extensions.submissions.threads import (
    ApplyHandler,
    CommentsHandler,
    OneCommentHandler,
    ResolvedHandler,
)
from platform_server.identity.permissions import Permission

_READ, _WRITE, _REVIEW = Permission.READ, Permission.WRITE, Permission.REVIEW
_ADMIN = Permission.ADMIN
_ONE = r"/api/submissions/(\w+)"

ROUTES = (
    Route(r"/api/projects/(\w+)/submissions/?", ProjectSubmissionsHandler, _WRITE),
    Route(r"/api/projects/(\w+)/submissions/preview", PreviewHandler, _WRITE),
    Route(r"/api/projects/(\w+)/reviewers", ProjectReviewersHandler, _READ, write=_WRITE),
    Route(r"/api/projects/(\w+)/rubric", ProjectRubricHandler, _READ, write=_WRITE),
    Route(r"/api/reviewers", ReviewersHandler, _READ),
    Route(r"/api/rubric", RubricHandler, _READ, write=_ADMIN),
    Route(r"/api/saved-comments/?", SavedCommentsHandler, _REVIEW),
    Route(r"/api/saved-comments/(\w+)", OneSavedCommentHandler, _REVIEW),
    Route(r"/api/submissions/?", SubmissionsHandler, _READ),
    Route(_ONE, OneSubmissionHandler, _READ),
    Route(rf"{_ONE}/withdraw", WithdrawHandler, _WRITE),
    Route(rf"{_ONE}/claim", ClaimHandler, _REVIEW),
    Route(rf"{_ONE}/assign", AssignHandler, _REVIEW),
    Route(rf"{_ONE}/rubric", SubmissionRubricHandler, _READ),
    Route(rf"{_ONE}/decision", DecisionHandler, _REVIEW),
    Route(rf"{_ONE}/events", SubmissionEventsHandler, _READ),
    Route(rf"{_ONE}/files/?", SubmittedFilesHandler, _READ),
    Route(rf"{_ONE}/contents/(.+)", SubmittedContentsHandler, _READ),
    Route(rf"{_ONE}/view/(.+)", SubmittedPageHandler, _READ),
    Route(rf"{_ONE}/parts/(.+)", SubmittedPartsHandler, _READ),
    Route(rf"{_ONE}/raw/(.+)", SubmittedRawHandler, _READ),
    Route(rf"{_ONE}/changes", ChangesHandler, _READ),
    Route(rf"{_ONE}/diff", SubmittedDiffHandler, _READ),
    Route(rf"{_ONE}/reproduction", ReproductionHandler, _READ, write=_REVIEW),
    Route(rf"{_ONE}/reproduction/view/(.+)", ReproducedPageHandler, _READ),
    Route(rf"{_ONE}/comments/?", CommentsHandler, _READ, write=_WRITE),
    Route(rf"{_ONE}/comments/(\w+)", OneCommentHandler, _WRITE),
    Route(rf"{_ONE}/comments/(\w+)/apply", ApplyHandler, _WRITE),
    Route(rf"{_ONE}/threads/(\w+)/resolved", ResolvedHandler, _WRITE),
    Route(r"/api/notices/?", NoticesHandler, _READ, write=_WRITE),
)
