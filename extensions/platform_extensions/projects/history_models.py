"""The JSON of a project's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.shapes import Moment, value_of
from platform_server.contents.differ import DiffKind
from platform_server.contents.model import Entry, Kind, Origin, Revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from platform_server.contents.differ import Diff
    from platform_server.contents.model import ProjectCheckpoint
    from platform_server.contents.past import Differences, Marked
    from platform_server.contents.revert import Return
    from platform_server.identity.model import UserId

_Text = Annotated[str, Field(min_length=1, max_length=4096)]


class FileToRestore(RequestBody):
    """Which state a file is to have again."""

    path: _Text
    revision: _Text
    new: bool = False  # there must not be anything at the path


class NewCheckpoint(RequestBody):
    """A checkpoint of a project to make."""

    name: _Text


class AuthorModel(TypedDict):
    """Who made something; the name is null of those who are no members any more."""

    id: str
    name: str | None


class RevisionModel(TypedDict):
    """One saved state of one file; the author is null of what code in the sandbox wrote."""

    id: str
    path: str
    size: int
    sha256: str
    origin: Annotated[str, value_of(Origin)]
    author: AuthorModel | None
    created_at: Moment


class RevisionsModel(TypedDict):
    """Some revisions, and what ``before`` the next page has."""

    revisions: list[RevisionModel]
    next: str | None


class HistoryModel(RevisionsModel):
    """Some revisions of one file, with the conflict copies beside it."""

    conflict_copies: list[RevisionModel]


class ProjectCheckpointModel(TypedDict):
    """All of a project at one moment, under a name."""

    id: str
    name: str
    author: AuthorModel | None
    created_at: Moment
    automatic: bool  # made before the project was brought back to another one
    files: int


class MarkedModel(TypedDict):
    """What a checkpoint has at a path; the last three are null of folders."""

    path: str
    type: Literal["directory", "file"]
    revision: str | None
    size: int | None
    sha256: str | None


class ShownCheckpointModel(ProjectCheckpointModel):
    """A checkpoint with what it has."""

    entries: list[MarkedModel]


class DifferingModel(TypedDict):
    """A file in which now and a checkpoint differ."""

    path: str
    revision: str
    size: int


class DifferencesModel(TypedDict):
    """Files now, compared with a checkpoint: as that has them, the extra ones as they are."""

    changed: list[DifferingModel]
    missing: list[DifferingModel]
    extra: list[DifferingModel]


class ReturnModel(TypedDict):
    """What bringing a project back did: a checkpoint of what was, and lists of paths."""

    before: ProjectCheckpointModel
    restored: list[str]
    removed: list[str]
    left: list[str]  # something is in the way there


class DiffModel(TypedDict):
    """What is different between two states of a file.

    ``unified`` is text for "text" and "notebook", ``notebook`` is nbdime's difference for
    "notebook", otherwise they are null; ``coarse`` tells that an exact comparison would have taken
    too long.
    """

    kind: Annotated[str, value_of(DiffKind)]
    unified: str | None
    notebook: Any
    coarse: bool


def revision_model(revision: Revision, names: Mapping[UserId, str]) -> RevisionModel:
    """Return a revision."""
    return {
        "id": revision.id,
        "path": revision.path,
        "size": revision.size,
        "sha256": revision.blob,
        "origin": revision.origin.value,
        "author": _author_model(revision.author_id, names),
        "created_at": revision.created_at.isoformat(),
    }


def page_model(
    revisions: Sequence[Revision], limit: int, names: Mapping[UserId, str]
) -> RevisionsModel:
    """Return as many as fit, and what ``before`` the next page has."""
    shown = revisions[:limit]
    return {
        "revisions": [revision_model(one, names) for one in shown],
        "next": shown[-1].id if len(revisions) > limit else None,
    }


def checkpoint_model(
    checkpoint: ProjectCheckpoint, names: Mapping[UserId, str]
) -> ProjectCheckpointModel:
    """Return a checkpoint."""
    return {
        "id": checkpoint.id,
        "name": checkpoint.name,
        "author": _author_model(checkpoint.author_id, names),
        "created_at": checkpoint.created_at.isoformat(),
        "automatic": checkpoint.is_automatic,
        "files": checkpoint.files,
    }


def differences_model(found: Differences) -> DifferencesModel:
    """Return what has changed since a checkpoint."""
    return {
        "changed": _differing_models(found.changed),
        "missing": _differing_models(found.missing),
        "extra": _differing_models(found.extra),
    }


def marked_model(marked: Marked) -> MarkedModel:
    """Return what a checkpoint has at a path."""
    revision = marked.revision
    return {
        "path": marked.path,
        "type": "directory" if revision is None else "file",
        "revision": revision.id if revision else None,
        "size": revision.size if revision else None,
        "sha256": revision.blob if revision else None,
    }


def return_model(result: Return, names: Mapping[UserId, str]) -> ReturnModel:
    """Return what bringing a project back did."""
    return {
        "before": checkpoint_model(result.before, names),
        "restored": result.restored,
        "removed": result.removed,
        "left": result.left,
    }


def diff_model(diff: Diff) -> DiffModel:
    """Return what is different."""
    return {
        "kind": diff.kind.value,
        "unified": diff.unified,
        "notebook": diff.notebook,
        "coarse": diff.is_coarse,
    }


def entry_then(revision: Revision) -> Entry:
    """Return a file as it was."""
    return Entry(
        project_id=revision.project_id,
        path=revision.path,
        kind=Kind.FILE,
        revision=revision,
        created_at=revision.created_at,
        modified_at=revision.created_at,
    )


def _author_model(author: UserId | None, names: Mapping[UserId, str]) -> AuthorModel | None:
    return None if author is None else {"id": author, "name": names.get(author)}


def _differing_models(some: Mapping[str, Revision]) -> list[DifferingModel]:
    return [{"path": path, "revision": one.id, "size": one.size} for path, one in some.items()]
