"""The JSON of the submissions resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from platform_extensions.base import RequestBody
from platform_server.review.desk import MAX_NAMED
from platform_server.review.discussion import MAX_BODY, MAX_SUGGESTION, Remark
from platform_server.review.model import Anchor, Verdict
from platform_server.review.rubric import (
    MAX_CRITERIA,
    MAX_LEVELS,
    MAX_TEXT,
    MAX_TITLE,
    Criterion,
    Given,
    Level,
    Rubric,
)
from platform_server.review.service import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_extensions.submissions.shapes import (
        AnchorModel,
        ChangedFileModel,
        CommentModel,
        CriterionModel,
        DecisionModel,
        EventModel,
        KeptRubricModel,
        PersonModel,
        PlaceModel,
        PreviewModel,
        ProjectRubricModel,
        ResolvedModel,
        ReviewNoticeModel,
        RoundModel,
        RubricModel,
        SavedCommentModel,
        ScoreModel,
        SubmissionModel,
        SubmittedModel,
        ThreadModel,
        ViewModel,
    )
    from platform_server.identity.model import UserId
    from platform_server.review.changes.files import ChangedFile
    from platform_server.review.desk import SavedComment
    from platform_server.review.following import Place
    from platform_server.review.model import (
        Comment,
        Decision,
        Event,
        Notice,
        Round,
        Submission,
        SubmittedFile,
        Thread,
    )
    from platform_server.review.preview import Preview
    from platform_server.review.rubric import Score
    from platform_server.review.rules import View

_Points = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False, strict=False)]
_Line = Annotated[int, Field(ge=1, le=10_000_000)]


class NewSubmission(RequestBody):
    """What the maker says about what they submit."""

    message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""


class WhichRound(RequestBody):
    """A round, the latest if none is named."""

    round: Annotated[int, Field(ge=1)] | None = None


class GivenPoints(RequestBody):
    """Points for a criterion of the rubric."""

    criterion: Annotated[str, Field(min_length=1, max_length=64)]
    points: _Points
    note: Annotated[str, Field(max_length=MAX_TEXT)] = ""

    @property
    def given(self) -> Given:
        """The points as a value."""
        return Given(criterion=self.criterion, points=self.points, note=self.note)


class LevelBody(RequestBody):
    """A step of a criterion."""

    points: _Points
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""


class CriterionBody(RequestBody):
    """Something that points are given for."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    points: _Points = 1.0
    levels: list[LevelBody] = Field(default_factory=list, max_length=MAX_LEVELS)


class RubricBody(RequestBody):
    """All criteria."""

    criteria: list[CriterionBody] = Field(default_factory=list, max_length=MAX_CRITERIA)

    @property
    def rubric(self) -> Rubric:
        """The criteria as values."""
        return Rubric(criteria=tuple(_criterion_of(one) for one in self.criteria))


class NamedReviewers(RequestBody):
    """Who reviews a project."""

    reviewers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=MAX_NAMED)
    ]


class Assignment(RequestBody):
    """Whose task something becomes."""

    reviewer: Annotated[str, Field(min_length=1, max_length=64)]


class NewSavedComment(RequestBody):
    """Something to be said again."""

    title: Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
    body: Annotated[str, Field(min_length=1, max_length=MAX_BODY)]


class NewDecision(RequestBody):
    """A decision about a round."""

    round: Annotated[int, Field(ge=1)]
    decision: Annotated[Verdict, Field(strict=False)]
    summary: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""
    scores: list[GivenPoints] = Field(default_factory=list, max_length=MAX_CRITERIA)


class Part(RequestBody):
    """A part of a file: a cell, lines of it or of the file, or one of the cell's outputs."""

    cell_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    line: _Line | None = None
    end_line: _Line | None = None
    output: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Said(RequestBody):
    """The words of a comment."""

    body: Annotated[str, Field(max_length=MAX_BODY)] = ""
    suggestion: Annotated[str, Field(max_length=MAX_SUGGESTION)] | None = None
    draft: bool | None = None

    @property
    def remark(self) -> Remark:
        """The words as a value."""
        return Remark(body=self.body, suggestion=self.suggestion, draft=self.draft)


class NewComment(Said):
    """A comment: in a thread that there is, or on a place of a round."""

    reply_to: Annotated[str, Field(max_length=64)] | None = None  # a comment
    round: Annotated[int, Field(ge=1)] | None = None  # None: the latest
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    anchor: Part = Part()

    @property
    def place(self) -> Anchor:
        """What the comment is about."""
        return Anchor(path=self.path, **self.anchor.model_dump())


def submission_model(submission: Submission, names: Mapping[UserId, str]) -> SubmissionModel:
    """Return a submission."""
    return {
        "id": submission.id,
        "project": submission.project_id,
        "project_name": submission.project_name,
        "state": submission.state.value,
        "round": submission.round,
        "submitter": _person(submission.submitter_id, names),
        "reviewer": _somebody(submission.reviewer_id, names),
        "created_at": submission.created_at.isoformat(),
        "updated_at": submission.updated_at.isoformat(),
    }


def view_model(view: View, names: Mapping[UserId, str]) -> ViewModel:
    """Return a submission with its rounds, and what its reader may do."""
    decisions = {one.round: one for one in view.decisions}
    return {
        **submission_model(view.submission, names),
        "rounds": [_round_model(one, decisions.get(one.number), names) for one in view.rounds],
        "may": {"review": view.is_reviewer, "change": view.is_maker, "assign": view.may_assign},
    }


def rubric_model(rubric: Rubric) -> RubricModel:
    """Return all criteria."""
    return {"criteria": [_criterion_model(one) for one in rubric.criteria]}


def kept_rubric_model(rubric: Rubric) -> KeptRubricModel:
    """Return all criteria, with their version."""
    return {**rubric_model(rubric), "version": rubric.version}


def project_rubric_model(own: Rubric | None, common: Rubric) -> ProjectRubricModel:
    """Return what counts in a project: its own rubric, or that of all projects without one."""
    version = (own or Rubric()).version
    return {**rubric_model(own or common), "version": version, "own": own is not None}


def saved_comment_model(saved: SavedComment) -> SavedCommentModel:
    """Return a saved comment."""
    return {"id": saved.id, "title": saved.title, "body": saved.body}


def people_of(view: View) -> list[UserId]:
    """Return everybody whose name a submission's model tells."""
    deciders = [one.reviewer_id for one in view.decisions]
    return [*view.parties, view.submission.submitter_id, *deciders]


def submitted_model(file: SubmittedFile) -> SubmittedModel:
    """Return a file of a round."""
    return {"path": file.path, "size": file.size, "sha256": file.blob}


def preview_model(preview: Preview) -> PreviewModel:
    """Return what would be submitted now."""
    changes = {change.value: paths for change, paths in preview.changes().items()}
    return {
        "submission": preview.submission_id,
        "round": preview.round,
        "waiting": preview.is_waiting,
        "files": [submitted_model(one) for one in preview.files],
        "changed": None
        if preview.before is None
        else {
            "added": changes["added"],
            "changed": changes["changed"],
            "removed": changes["removed"],
        },
        "unkept": list(preview.unkept),
    }


def changed_file_model(changed: ChangedFile) -> ChangedFileModel:
    """Return a file that is not as it was."""
    return {
        "path": changed.path,
        "change": changed.change.value,
        "before": None if changed.before is None else submitted_model(changed.before),
        "after": None if changed.after is None else submitted_model(changed.after),
    }


def thread_model(thread: Thread, names: Mapping[UserId, str]) -> ThreadModel:
    """Return a thread with its comments."""
    resolved: ResolvedModel | None = None
    if thread.resolved_at is not None:
        resolved = {
            "at": thread.resolved_at.isoformat(),
            "by": _somebody(thread.resolved_by, names),
        }
    return {
        "id": thread.id,
        "round": thread.round,
        "path": thread.anchor.path,
        "anchor": _anchor_model(thread.anchor),
        "comments": [_comment_model(one, names) for one in thread.comments],
        "resolved": resolved,
        "applied_at": thread.applied_at.isoformat() if thread.applied_at else None,
    }


def place_model(place: Place) -> PlaceModel:
    """Return what became of a thread's place, and where it is."""
    return {
        "fate": place.fate.value,
        "path": place.anchor.path,
        "anchor": _anchor_model(place.anchor),
    }


def speakers_of(thread: Thread) -> list[UserId]:
    """Return everybody whose name a thread's model tells."""
    speakers = [one.author_id for one in thread.comments]
    return speakers if thread.resolved_by is None else [*speakers, thread.resolved_by]


def event_model(event: Event, names: Mapping[UserId, str]) -> EventModel:
    """Return something that happened."""
    return {
        "submission": event.submission_id,
        "number": event.number,
        "at": event.at.isoformat(),
        "actor": _person(event.actor_id, names),
        "what": event.what.value,
        "detail": dict(event.detail),
    }


def notice_model(notice: Notice, names: Mapping[UserId, str]) -> ReviewNoticeModel:
    """Return an event that somebody is told of."""
    return {
        **event_model(notice.event, names),
        "project_name": notice.project_name,
        "read": notice.read_at is not None,
    }


def _round_model(
    submitted: Round, decision: Decision | None, names: Mapping[UserId, str]
) -> RoundModel:
    return {
        "number": submitted.number,
        "message": submitted.message,
        "submitter": _person(submitted.submitter_id, names),
        "submitted_at": submitted.submitted_at.isoformat(),
        "digest": submitted.digest,
        "files": submitted.files,
        "size": submitted.size,
        "decision": None if decision is None else _decision_model(decision, names),
    }


def _decision_model(decision: Decision, names: Mapping[UserId, str]) -> DecisionModel:
    return {
        "decision": decision.verdict.value,
        "summary": decision.summary,
        "reviewer": _person(decision.reviewer_id, names),
        "decided_at": decision.decided_at.isoformat(),
        "scores": [_score_model(one) for one in decision.scores],
    }


def _score_model(score: Score) -> ScoreModel:
    return {
        "criterion": score.criterion,
        "title": score.title,
        "points": score.points,
        "most": score.most,
        "note": score.note,
    }


def _criterion_model(criterion: Criterion) -> CriterionModel:
    return {
        "id": criterion.id,
        "title": criterion.title,
        "text": criterion.text,
        "points": criterion.points,
        "levels": [{"points": one.points, "text": one.text} for one in criterion.levels],
    }


def _anchor_model(anchor: Anchor) -> AnchorModel:
    return {
        "cell_id": anchor.cell_id,
        "line": anchor.line,
        "end_line": anchor.end_line,
        "output": anchor.output,
        "quote": anchor.quote,
    }


def _comment_model(comment: Comment, names: Mapping[UserId, str]) -> CommentModel:
    return {
        "id": comment.id,
        "author": _person(comment.author_id, names),
        "body": comment.body,
        "suggestion": comment.suggestion,
        "created_at": comment.created_at.isoformat(),
        "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
        "draft": comment.published_at is None,
    }


def _criterion_of(body: CriterionBody) -> Criterion:
    return Criterion(
        id=body.id,
        title=body.title,
        text=body.text,
        points=body.points,
        levels=tuple(Level(points=one.points, text=one.text) for one in body.levels),
    )


def _person(user_id: UserId, names: Mapping[UserId, str]) -> PersonModel:
    return {"id": user_id, "name": names.get(user_id)}


def _somebody(user_id: UserId | None, names: Mapping[UserId, str]) -> PersonModel | None:
    return None if user_id is None else _person(user_id, names)
