"""The JSON of a project's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from platform_extensions.base import RequestBody
from platform_server.contents.model import Entry, Kind, Revision

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


def revision_model(revision: Revision, names: Mapping[UserId, str]) -> dict[str, Any]:
    """Return ``{"id", "path", "size", "sha256", "origin", "author", "created_at"}``.

    ``author`` is ``{"id", "name"}``, null for what code in the sandbox wrote; the name is null of
    those who are no members any more.
    """
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
) -> dict[str, Any]:
    """Return ``{"revisions", "next"}``: as many as fit, and what ``before`` the next page has."""
    shown = revisions[:limit]
    return {
        "revisions": [revision_model(one, names) for one in shown],
        "next": shown[-1].id if len(revisions) > limit else None,
    }


def checkpoint_model(checkpoint: ProjectCheckpoint, names: Mapping[UserId, str]) -> dict[str, Any]:
    """Return ``{"id", "name", "author", "created_at", "automatic", "files"}``."""
    return {
        "id": checkpoint.id,
        "name": checkpoint.name,
        "author": _author_model(checkpoint.author_id, names),
        "created_at": checkpoint.created_at.isoformat(),
        "automatic": checkpoint.is_automatic,
        "files": checkpoint.files,
    }


def differences_model(found: Differences) -> dict[str, Any]:
    """Return ``{"changed", "missing", "extra"}``: files now, compared with a checkpoint.

    Each is ``{"path", "revision", "size"}``, as the checkpoint has it, the extra ones as they are.
    """
    return {
        name: [{"path": path, "revision": one.id, "size": one.size} for path, one in some.items()]
        for name, some in (
            ("changed", found.changed),
            ("missing", found.missing),
            ("extra", found.extra),
        )
    }


def marked_model(marked: Marked) -> dict[str, Any]:
    """Return ``{"path", "type", "revision", "size", "sha256"}``, the last three null of folders."""
    revision = marked.revision
    return {
        "path": marked.path,
        "type": "directory" if revision is None else "file",
        "revision": revision.id if revision else None,
        "size": revision.size if revision else None,
        "sha256": revision.blob if revision else None,
    }


def return_model(result: Return, names: Mapping[UserId, str]) -> dict[str, Any]:
    """Return ``{"before", "restored", "removed", "left"}``: a checkpoint, and lists of paths."""
    return {
        "before": checkpoint_model(result.before, names),
        "restored": result.restored,
        "removed": result.removed,
        "left": result.left,
    }


def diff_model(diff: Diff) -> dict[str, Any]:
    """Return ``{"kind", "unified", "notebook", "coarse"}``.

    ``kind`` is "same", "text", "notebook", "binary" or "too large". ``unified`` is text for "text"
    and "notebook", ``notebook`` is nbdime's difference for "notebook", otherwise they are null;
    ``coarse`` tells that an exact comparison would have taken too long.
    """
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


def _author_model(author: UserId | None, names: Mapping[UserId, str]) -> dict[str, Any] | None:
    return None if author is None else {"id": author, "name": names.get(author)}
