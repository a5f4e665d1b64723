"""The JSON of the projects resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.projects.storage_models import StorageModel, Stored
from platform_extensions.shapes import Moment
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.contents.limits import Quota
    from platform_server.contents.model import Entry, Usage
    from platform_server.projects.model import ProjectView
    from platform_server.projects.repository import Member

MemberRole = Literal["viewer", "editor", "owner"]
ROLES: dict[Access, MemberRole] = {
    Access.VIEWER: "viewer",
    Access.EDITOR: "editor",
    Access.OWNER: "owner",
}
_SHOWN = 20  # paths
_Name = Annotated[str, Field(min_length=1, max_length=1024)]


class NewProject(RequestBody):
    """A project to make."""

    name: _Name


class ProjectChange(RequestBody):
    """What to change of a project; what is not named stays."""

    name: _Name | None = None
    archived: bool | None = None


class NewMember(RequestBody):
    """Whom to share a project with."""

    email: Annotated[str, Field(min_length=3, max_length=320)]
    role: Literal["viewer", "editor"] = "viewer"

    @property
    def access(self) -> Access:
        """What they may do."""
        return Access.EDITOR if self.role == "editor" else Access.VIEWER


class ProjectModel(TypedDict):
    """A project, as its reader sees it; ``label`` is its folder in the contents API."""

    id: str
    name: str
    label: str
    role: MemberRole
    created_at: Moment
    updated_at: Moment
    archived_at: Moment | None


class ProjectQuotaModel(TypedDict):
    """How much a project may have."""

    bytes: int
    files: int


class NotKeptModel(TypedDict):
    """What code wrote and for which there is no room: it is in the sandbox only."""

    files: int
    bytes: int
    paths: list[str]  # some of them


class ProjectUsageModel(TypedDict):
    """How much a project has."""

    bytes: int
    files: int
    limits: ProjectQuotaModel
    not_kept: NotKeptModel


class ShownProjectModel(ProjectModel):
    """A project with how much it has, and where what was saved is."""

    usage: ProjectUsageModel
    storage: StorageModel


class MemberModel(TypedDict):
    """A member of a project."""

    user_id: str
    email: str
    name: str
    role: MemberRole
    added_at: Moment


class FileModel(TypedDict):
    """A file; one that is in the sandbox only has no revision."""

    path: str
    size: int | None
    sha256: str | None
    revision: str | None
    modified_at: Moment


class SavedFileModel(FileModel):
    """A file that was saved, and where its bytes are."""

    stored: Stored


class ImportedModel(TypedDict):
    """What came of a zip file."""

    files: int
    unchanged: int
    bytes: int


def project_model(view: ProjectView) -> ProjectModel:
    """Return a project."""
    project = view.project
    return {
        "id": project.id,
        "name": project.name,
        "label": view.label,
        "role": ROLES[view.access],
        "created_at": project.created_at.isoformat(),
        "updated_at": project.updated_at.isoformat(),
        "archived_at": project.archived_at.isoformat() if project.archived_at else None,
    }


def usage_model(usage: Usage, most: Quota, not_kept: Mapping[str, int]) -> ProjectUsageModel:
    """Return how much a project has; ``not_kept`` are the sizes of what there is no room for."""
    return {
        "bytes": usage.bytes,
        "files": usage.files,
        "limits": {"bytes": most.bytes, "files": most.files},
        "not_kept": {
            "files": len(not_kept),
            "bytes": sum(not_kept.values()),
            "paths": sorted(not_kept)[:_SHOWN],
        },
    }


def member_model(member: Member) -> MemberModel:
    """Return a member."""
    return {
        "user_id": member.user_id,
        "email": member.email,
        "name": member.name,
        "role": ROLES[member.access],
        "added_at": member.added_at.isoformat(),
    }


def file_model(entry: Entry) -> FileModel:
    """Return a file."""
    revision = entry.revision
    return {
        "path": entry.path,
        "size": entry.size,
        "sha256": revision.blob if revision else None,
        "revision": revision.id if revision else None,
        "modified_at": entry.modified_at.isoformat(),
    }
