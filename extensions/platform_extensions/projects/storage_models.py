"""The JSON about where saved bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from typing_extensions import TypedDict

from platform_extensions.shapes import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.contents.keeping import Keeping, Waiting
    from platform_server.contents.model import Entry
    from platform_server.projects.model import ProjectView

Stored = Literal["project", "server"]
PROJECT: Final = "project"
SERVER: Final = "server"


class WaitingModel(TypedDict):
    """What waits on this server for the project store; ``since`` is null if nothing does."""

    files: int
    bytes: int
    since: Moment | None


class StorageModel(TypedDict):
    """Where saved bytes are: "project" when everything is in the project store."""

    stored: Stored
    waiting: WaitingModel


class ProjectStorageModel(StorageModel):
    """Where the bytes of a project are."""

    id: str
    label: str


class StoragesModel(TypedDict):
    """Where the bytes of one's projects are; of those only of which something waits here."""

    stored: Stored
    projects: list[ProjectStorageModel]


def stored_at(keeping: Keeping, entry: Entry) -> Stored:
    """Return "project", or "server" while the file waits on this server for the project store."""
    revision = entry.revision
    is_here = revision is not None and keeping.is_waiting(entry.project_id, revision.blob)
    return SERVER if is_here else PROJECT


def storage_model(waiting: Waiting) -> StorageModel:
    """Return where saved bytes are."""
    return {
        "stored": SERVER if waiting.files else PROJECT,
        "waiting": {
            "files": waiting.files,
            "bytes": waiting.bytes,
            "since": waiting.since.isoformat() if waiting.since else None,
        },
    }


def storages_model(views: Iterable[ProjectView], keeping: Keeping) -> StoragesModel:
    """Return where the bytes of these projects are."""
    found: list[ProjectStorageModel] = [
        {"id": view.project.id, "label": view.label, **storage_model(waiting)}
        for view in views
        if (waiting := keeping.waiting(view.project.id)).files
    ]
    return {"stored": SERVER if found else PROJECT, "projects": found}
