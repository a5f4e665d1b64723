"""The JSON about where saved bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.contents.keeping import Keeping, Waiting
    from platform_server.contents.model import Entry
    from platform_server.projects.model import ProjectView

PROJECT, SERVER = "project", "server"


def stored_at(keeping: Keeping, entry: Entry) -> str:
    """Return "project", or "server" while the file waits on this server for the project store."""
    revision = entry.revision
    is_here = revision is not None and keeping.is_waiting(entry.project_id, revision.blob)
    return SERVER if is_here else PROJECT


def storage_model(waiting: Waiting) -> dict[str, Any]:
    """Return ``{"stored", "waiting": {"files", "bytes", "since"}}``.

    ``stored`` is "project" when everything is in the project store; ``since`` is null then.
    """
    return {
        "stored": SERVER if waiting.files else PROJECT,
        "waiting": {
            "files": waiting.files,
            "bytes": waiting.bytes,
            "since": waiting.since.isoformat() if waiting.since else None,
        },
    }


def storages_model(views: Iterable[ProjectView], keeping: Keeping) -> dict[str, Any]:
    """Return ``{"stored", "projects": [{"id", "label", "stored", "waiting"}]}``.

    ``projects`` has those only of which something waits on this server.
    """
    found = [
        {"id": view.project.id, "label": view.label} | storage_model(waiting)
        for view in views
        if (waiting := keeping.waiting(view.project.id)).files
    ]
    return {"stored": SERVER if found else PROJECT, "projects": found}
