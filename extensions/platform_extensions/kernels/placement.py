"""From the paths that Jupyter clients send to a project and a folder in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.contents.model import Kind
from platform_server.errors import FileMissing, InvalidInput, ProjectNotFound
from platform_server.projects.model import Access
from platform_server.projects.names import parent_of, parse_path

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.projects.model import ProjectView
    from platform_server.services import Services

_NO_PROJECT = (
    'Say in which project: send "path", a project\'s name or a path that begins with it, '
    "or create a project first (POST /api/projects/)."
)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a client wants code to run."""

    project: ProjectView
    path: str  # of the document, relative to the project
    cwd: str  # the folder to run in, relative to the project
    is_addressed: bool = True  # the client's path began with the project


async def place_document(services: Services, principal: Principal, path: str) -> Placement:
    """Return where the document at ``path`` runs: in its project, in its folder.

    Clients that know no projects send a bare name; their code runs in the project that its owner
    changed last. Raises ProjectNotFound, AccessDenied, InvalidPath, InvalidInput.
    """
    label, _, rest = parse_path(path).partition("/")
    try:
        project = await services.projects.by_label(principal, label, Access.EDITOR)
    except ProjectNotFound:
        if rest or not label:
            raise
        project = await _latest_project(services, principal)
        return Placement(project=project, path=label, cwd="", is_addressed=False)
    return Placement(project=project, path=rest, cwd=parent_of(rest))


async def place_folder(services: Services, principal: Principal, path: str | None) -> Placement:
    """Return where a kernel without a document runs: in the folder at ``path``.

    A file's path stands for its folder, no path for the project that its owner changed last.
    Raises ProjectNotFound, AccessDenied, InvalidPath, InvalidInput.
    """
    label, _, rest = parse_path(path or "").partition("/")
    if not label:
        project = await _latest_project(services, principal)
        return Placement(project=project, path="", cwd="", is_addressed=False)
    project = await services.projects.by_label(principal, label, Access.EDITOR)
    return Placement(project=project, path=rest, cwd=await _folder(services, project, rest))


async def _folder(services: Services, project: ProjectView, path: str) -> str:
    if not path:
        return ""
    try:
        entry = await services.contents.stat(project.project.id, path)
    except FileMissing:
        return parent_of(path)
    return path if entry.kind is Kind.DIRECTORY else parent_of(path)


async def _latest_project(services: Services, principal: Principal) -> ProjectView:
    own = [view for view in await services.projects.list(principal) if view.access is Access.OWNER]
    if not own:
        raise InvalidInput(_NO_PROJECT)
    return max(own, key=lambda view: view.project.updated_at)
