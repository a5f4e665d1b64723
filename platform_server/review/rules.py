"""Who may do what with a submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import AccessDenied, SubmissionNotFound
from platform_server.identity.model import Role
from platform_server.identity.permissions import ROLE_PERMISSIONS, Permission, may

if TYPE_CHECKING:
    from platform_server.identity.model import Principal, User, UserId
    from platform_server.review.model import Comment, Decision, Round, Submission, Thread

REVIEWING = frozenset(
    role for role, permissions in ROLE_PERMISSIONS.items() if Permission.REVIEW in permissions
)
_OWN = "This is your own work: somebody else has to review it."
_NOT_YOURS = "Only those whose work it is may do this."
_NO_REVIEWER = "Only a reviewer may do this."


@dataclass(frozen=True, kw_only=True)
class View:
    """A submission as somebody sees it."""

    submission: Submission
    rounds: tuple[Round, ...]
    decisions: tuple[Decision, ...]
    viewer: Principal
    is_maker: bool  # submitted a round of it, or may change the project
    named: frozenset[UserId] = frozenset()  # who alone reviews it, and admins; nobody: all

    @property
    def makers(self) -> frozenset[UserId]:
        """Everybody who submitted a round."""
        return frozenset(one.submitter_id for one in self.rounds)

    @property
    def is_reviewer(self) -> bool:
        """Tell whether the viewer may review it."""
        return not self.is_maker and may_review(self.viewer, self.named)

    @property
    def may_assign(self) -> bool:
        """Tell whether the viewer may give it to a reviewer: an admin, or whose task it is."""
        is_theirs = self.is_reviewer and self.submission.reviewer_id == self.viewer.id
        return is_theirs or may(self.viewer, Permission.ADMIN)

    @property
    def parties(self) -> frozenset[UserId]:
        """Everybody who takes part: the makers and the reviewer."""
        reviewer = self.submission.reviewer_id
        return self.makers | ({reviewer} if reviewer is not None else set())


def sees(viewer: Principal, *, is_maker: bool, named: frozenset[UserId]) -> bool:
    """Tell whether somebody may look at a submission."""
    return is_maker or may_review(viewer, named)


def may_review(viewer: Principal, named: frozenset[UserId]) -> bool:
    """Tell whether somebody may review what others made, where these review it; nobody: all do."""
    is_named = not named or viewer.id in named or may(viewer, Permission.ADMIN)
    return is_named and may(viewer, Permission.REVIEW)


def may_be_given(person: User, named: frozenset[UserId]) -> bool:
    """Tell whether a reviewer's account may see what these review, so that it can be their task."""
    return not named or person.id in named or person.role is Role.ADMIN


def require_maker(view: View) -> None:
    """Raise AccessDenied unless it is the viewer's work."""
    if not view.is_maker:
        raise AccessDenied(_NOT_YOURS)


def require_reviewer(view: View) -> None:
    """Raise AccessDenied unless the viewer may review it; nobody reviews their own work."""
    if view.is_maker:
        raise AccessDenied(_OWN)
    if not view.is_reviewer:
        raise AccessDenied(_NO_REVIEWER)


def require_round(view: View, number: int) -> Round:
    """Return a round. Raises SubmissionNotFound."""
    for one in view.rounds:
        if one.number == number:
            return one
    raise SubmissionNotFound("The submission has no such round.")


def visible(thread: Thread, viewer: Principal) -> tuple[Comment, ...]:
    """Return the comments of a thread that somebody may read: drafts are their author's only."""
    return tuple(
        one for one in thread.comments if one.published_at is not None or one.author_id == viewer.id
    )
