"""The JSON of the sessions resource."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from platform_extensions.kernels.models import (
    JupyterBody,
    KernelModel,
    PathText,
    ShortText,
    kernel_model,
)
from platform_server.errors import InvalidInput, SessionNotFound
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class KernelBody(JupyterBody):
    """Which kernel a session is to have: an existing one by id, or a new one by name."""

    id: ShortText | None = None
    name: ShortText | None = None


class DocumentBody(JupyterBody):
    """The document, as clients of long ago name it."""

    path: PathText | None = None
    name: PathText | None = None


class SessionBody(JupyterBody):
    """``POST /api/sessions`` and, with what is to change, ``PATCH /api/sessions/{id}``."""

    path: PathText | None = None
    name: PathText | None = None
    type: ShortText | None = None
    kernel: KernelBody | None = None
    notebook: DocumentBody | None = None

    @property
    def document_path(self) -> str | None:
        """The document's path, wherever the client put it."""
        return (self.notebook.path if self.notebook else None) or self.path

    @property
    def document_type(self) -> str | None:
        """What kind of document it is."""
        return "notebook" if self.notebook else self.type

    def require_document(self) -> tuple[str, str]:
        """Return path and type of a new session's document. Raises InvalidInput."""
        if not self.document_path:
            raise InvalidInput("path: a session needs the path of its document")
        if not self.document_type:
            raise InvalidInput('type: say what the document is, for example "notebook"')
        return self.document_path, self.document_type


def parse_session_id(text: str) -> KernelSessionId:
    """Return the id in a URL; raises SessionNotFound when it cannot be one."""
    if not _UUID.fullmatch(text):
        raise SessionNotFound
    return KernelSessionId(text)


class NotebookModel(TypedDict):
    """The document, as clients of long ago name it."""

    path: str
    name: str


class SessionModel(TypedDict):
    """Jupyter's session model."""

    id: str
    path: str
    name: str
    type: str
    kernel: KernelModel
    notebook: NotRequired[NotebookModel]  # if it is one


def session_model(session: KernelSession, kernel: PlatformKernel, label: str) -> SessionModel:
    """Return Jupyter's session model; ``label`` is how the user calls the project."""
    path = f"{label}/{session.path}" if session.is_addressed else session.path
    model: SessionModel = {
        "id": session.id,
        "path": path,
        "name": session.name,
        "type": session.type,
        "kernel": kernel_model(kernel),
    }
    if session.type == "notebook":
        model["notebook"] = {"path": path, "name": session.name}
    return model
