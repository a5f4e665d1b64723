"""What the models of the submissions resource are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from typing_extensions import TypedDict

from platform_extensions.projects.history_models import DiffModel
from platform_extensions.projects.models import FileModel
from platform_extensions.shapes import Moment, value_of
from platform_server.review.changes.files import FileChange
from platform_server.review.lines import Fate
from platform_server.review.model import Happening, State, Verdict
from platform_server.review.rendering.parts import Doubt


class PersonModel(TypedDict):
    """Somebody; the name is null of those whose account is gone."""

    id: str
    name: str | None


class NamedModel(TypedDict):
    """Somebody, as others know them."""

    id: str
    name: str


class ReviewersModel(TypedDict):
    """The ids of those whom a project names as its reviewers."""

    reviewers: list[str]


class SubmissionModel(TypedDict):
    """What somebody submitted, of which the latest round counts."""

    id: str
    project: str
    project_name: str
    state: Annotated[str, value_of(State)]
    round: int
    submitter: PersonModel
    reviewer: PersonModel | None
    created_at: Moment
    updated_at: Moment


class ScoreModel(TypedDict):
    """Points that were given, with what they were given for, as it was then."""

    criterion: str
    title: str
    points: float
    most: float
    note: str


class DecisionModel(TypedDict):
    """What was decided about a round."""

    decision: Annotated[str, value_of(Verdict)]
    summary: str
    reviewer: PersonModel
    decided_at: Moment
    scores: list[ScoreModel]


class RoundModel(TypedDict):
    """All files of a project, as they were submitted."""

    number: int
    message: str
    submitter: PersonModel
    submitted_at: Moment
    digest: str
    files: int
    size: int
    decision: DecisionModel | None


class MayModel(TypedDict):
    """What a submission's reader may do."""

    review: bool
    change: bool
    assign: bool


class ViewModel(SubmissionModel):
    """A submission with its rounds, as its reader sees it."""

    rounds: list[RoundModel]
    may: MayModel


class LevelModel(TypedDict):
    """A step of a criterion, with what it takes."""

    points: float
    text: str


class CriterionModel(TypedDict):
    """Something that points are given for; without levels, any up to ``points``."""

    id: str
    title: str
    text: str
    points: float
    levels: list[LevelModel]


class RubricModel(TypedDict):
    """All criteria."""

    criteria: list[CriterionModel]


class KeptRubricModel(RubricModel):
    """All criteria that are kept in one place."""

    version: str  # of them; If-Match with it, in quotes, saves over no other


class ProjectRubricModel(KeptRubricModel):
    """What points are given for in a project; the version is of what it has of its own."""

    own: bool  # whether it is the project's; if not, it is that of all projects


class SavedCommentModel(TypedDict):
    """Something that a reviewer says again and again."""

    id: str
    title: str
    body: str


class SubmittedModel(TypedDict):
    """A file of a round."""

    path: str
    size: int
    sha256: str


class ChangedPathsModel(TypedDict):
    """Paths of files that are not as they were in the round before."""

    added: list[str]
    changed: list[str]
    removed: list[str]


class PreviewModel(TypedDict):
    """What would be submitted now.

    ``round`` is what it would be, ``changed`` is null for a first one. ``waiting`` is whether a
    round waits for its decision, so that nothing can be submitted; ``unkept`` are paths of files
    that are in the sandbox only.
    """

    submission: str | None
    round: int
    waiting: bool
    files: list[SubmittedModel]
    changed: ChangedPathsModel | None
    unkept: list[str]


class SpanModel(TypedDict):
    """Between what files are compared: rounds, null for nothing, "now" for the project."""

    against: int | None
    round: int | Literal["now"]


class ChangedFileModel(TypedDict):
    """A file that is not as it was; one of both states may be missing."""

    path: str
    change: Annotated[str, value_of(FileChange)]
    before: SubmittedModel | None
    after: SubmittedModel | None


class ChangesModel(SpanModel):
    """Which files changed."""

    files: list[ChangedFileModel]


class CellFindingModel(TypedDict):
    """A cell that is not as it was, and in what.

    ``number`` counts from 0, in the new state unless the cell was removed. ``stale``: the source
    changed, and the outputs did not.
    """

    cell_id: str | None
    number: int
    change: Literal["added", "removed", "moved", "changed"]
    source: bool
    outputs: bool
    metadata: bool
    stale: bool


class DeceivingModel(TypedDict):
    """A line that came, with characters that look like others, or cannot be seen."""

    cell_id: str | None
    line: int
    characters: list[str]


class FindingsModel(TypedDict):
    """What of a change deserves a second look; the cells are null if it is no notebook."""

    cells: list[CellFindingModel] | None
    metadata: bool
    deceiving: list[DeceivingModel]


class SidesModel(TypedDict):
    """The addresses of both states of a file."""

    before: str | None
    after: str | None


class SubmittedDiffModel(DiffModel, SpanModel):
    """What changed in a file; ``findings`` are null if they took too long."""

    findings: FindingsModel | None
    sides: SidesModel


class AnchorModel(TypedDict):
    """A part of a file; with everything null, all of it. Lines count from 1, outputs from 0."""

    cell_id: str | None
    line: int | None
    end_line: int | None
    output: int | None
    quote: str


class PlaceModel(TypedDict):
    """What became of a thread's place, and where it is."""

    fate: Annotated[str, value_of(Fate)]
    path: str | None
    anchor: AnchorModel


class CommentModel(TypedDict):
    """Something that was said; drafts are their author's."""

    id: str
    author: PersonModel
    body: str
    suggestion: str | None
    created_at: Moment
    edited_at: Moment | None
    draft: bool


class ResolvedModel(TypedDict):
    """When there was no more to say, and who found so."""

    at: Moment
    by: PersonModel | None


class ThreadModel(TypedDict):
    """A conversation about one place of one round."""

    id: str
    round: int
    path: str | None
    anchor: AnchorModel
    comments: list[CommentModel]
    resolved: ResolvedModel | None
    applied_at: Moment | None  # when a suggestion of it was taken over


class PlacedThreadModel(ThreadModel):
    """A conversation, and where its place is now."""

    now: PlaceModel


class AppliedModel(TypedDict):
    """A suggestion that was taken over, and the file that has it."""

    thread: ThreadModel
    file: FileModel


class EventModel(TypedDict):
    """Something that happened to a submission."""

    submission: str
    number: int  # 1, 2, 3, ... within the submission
    at: Moment
    actor: PersonModel
    what: Annotated[str, value_of(Happening)]
    detail: dict[str, str | int | None]


class ReviewNoticeModel(EventModel):
    """An event that somebody is told of."""

    project_name: str
    read: bool


class PartModel(TypedDict):
    """A cell, or a file that is no notebook.

    A line is a list of pieces, each with its kind (of Pygments) and its text.
    """

    kind: Literal["code", "markdown", "raw", "text", "picture", "nothing"]
    cell: bool
    cell_id: str | None
    label: str
    lines: list[list[tuple[str, str]]]
    html: str
    outputs: int
    warnings: list[Annotated[str, value_of(Doubt)]]


class PartsModel(TypedDict):
    """A file in parts; ``style`` and ``policy`` are for pages that show their ``html``."""

    style: str
    policy: str
    parts: list[PartModel]
