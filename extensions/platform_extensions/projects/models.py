"""The JSON of the projects resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from platform_extensions.base import RequestBody
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.contents.limits import Quota
    from platform_server.contents.model import Entry, Usage
    from platform_server.projects.model import ProjectView
    from platform_server.projects.repository import Member

ROLES = {Access.VIEWER: "viewer", Access.EDITOR: "editor", Access.OWNER: "owner"}
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


def project_model(view: ProjectView) -> dict[str, Any]:
    """Return ``{"id", "name", "label", "role", "created_at", "updated_at", "archived_at"}``.

    ``label`` is the project's folder in the contents API.
    """
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


def usage_model(usage: Usage, most: Quota, not_kept: Mapping[str, int]) -> dict[str, Any]:
    """Return ``{"bytes", "files", "limits": {"bytes", "files"}, "not_kept"}``.

    ``not_kept`` is ``{"files", "bytes", "paths"}`` of what code wrote and for which there is no
    room: it is in the sandbox only. Of the paths there are some.
    """
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


def member_model(member: Member) -> dict[str, Any]:
    """Return ``{"user_id", "email", "name", "role", "added_at"}``."""
    return {
        "user_id": member.user_id,
        "email": member.email,
        "name": member.name,
        "role": ROLES[member.access],
        "added_at": member.added_at.isoformat(),
    }


def file_model(entry: Entry) -> dict[str, Any]:
    """Return ``{"path", "size", "sha256", "revision", "modified_at"}``."""
    revision = entry.revision
    return {
        "path": entry.path,
        "size": entry.size,
        "sha256": revision.blob if revision else None,
        "revision": revision.id if revision else None,
        "modified_at": entry.modified_at.isoformat(),
    }
