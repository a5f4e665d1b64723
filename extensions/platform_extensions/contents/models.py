"""The JSON models of Jupyter's contents API. No I/O."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypeAlias

from typing_extensions import TypedDict

from platform_extensions.projects.storage_models import Stored
from platform_extensions.shapes import one_of
from platform_server.contents.model import Entry, Kind
from platform_server.errors import InvalidContent, InvalidInput
from platform_server.projects.model import Access
from platform_server.projects.names import join, name_of, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.projects.model import ProjectView

Model: TypeAlias = dict[str, Any]  # as a client sends it
_EPOCH = datetime.fromtimestamp(0, UTC)


class ContentsModel(TypedDict):
    """Jupyter's contents model.

    The content of a folder is a list of models without theirs; of what was not asked for, the
    content is null. ``message`` says what is wrong with a notebook; ``stored`` where saved bytes
    are.
    """

    name: str
    path: str
    type: Annotated[str, one_of("directory", "notebook", "file")]
    created: datetime
    last_modified: datetime
    writable: bool
    content: str | list[ContentsModel] | dict[str, Any] | None  # the third: of a notebook
    format: Annotated[str, one_of("json", "text", "base64")] | None
    mimetype: str | None
    size: int | None
    hash: str | None
    hash_algorithm: str | None
    message: NotRequired[str]
    stored: NotRequired[Stored]


class CheckpointModel(TypedDict):
    """Jupyter's model of a file's checkpoint."""

    id: str
    last_modified: datetime


@dataclass(frozen=True, kw_only=True)
class Address:
    """An API path: the project as its reader sees it, and the path in it."""

    label: str  # "" for the list of projects
    path: str  # "" for the project itself

    @property
    def api_path(self) -> str:
        """The path as clients write it."""
        return join(self.label, self.path) if self.path else self.label


def address_of(api_path: str) -> Address:
    """Return what an API path names; raises InvalidPath."""
    label, _, path = parse_path(api_path).partition("/")
    return Address(label=label, path=path)


def type_of(entry: Entry) -> str:
    """Return "directory", "notebook" or "file"."""
    if entry.kind is Kind.DIRECTORY:
        return "directory"
    return "notebook" if entry.path.endswith(".ipynb") else "file"


def is_writable(view: ProjectView) -> bool:
    """Tell whether the reader may change the project's files."""
    return view.access >= Access.EDITOR and view.project.archived_at is None


def root_model(views: Iterable[ProjectView] | None) -> ContentsModel:
    """Return the top folder, with the projects in it if they are given."""
    model = _model("", "directory", _EPOCH, _EPOCH, writable=True)
    return model if views is None else with_json(model, [project_model(view) for view in views])


def project_model(view: ProjectView) -> ContentsModel:
    """Return a project as a folder, without what is in it."""
    project = view.project
    return _model(
        view.label,
        "directory",
        project.created_at,
        project.updated_at,
        writable=is_writable(view),
    )


def entry_model(view: ProjectView, entry: Entry, *, kind: str | None = None) -> ContentsModel:
    """Return a file or folder without its content; ``kind`` overrides what its name suggests."""
    if not entry.path:
        return project_model(view)
    model = _model(
        join(view.label, entry.path),
        kind or type_of(entry),
        entry.created_at,
        entry.modified_at,
        writable=is_writable(view),
    )
    if entry.kind is Kind.FILE:
        model["mimetype"] = None if model["type"] == "notebook" else _mimetype(entry.path)
        model["size"] = entry.size
    if entry.revision is not None:
        model["hash"], model["hash_algorithm"] = entry.revision.blob, "sha256"
    return model


def pending_model(view: ProjectView, path: str, at: datetime) -> ContentsModel:
    """Return a file whose upload is under way."""
    return _model(join(view.label, path), "file", at, at, writable=is_writable(view))


def with_json(model: ContentsModel, content: Any, fault: str | None = None) -> ContentsModel:
    """Return the model with the content of a folder or notebook, and what is wrong with that."""
    shown: ContentsModel = {**model, "content": content, "format": "json"}
    if fault is not None:
        shown["message"] = fault
    return shown


def with_text_or_bytes(model: ContentsModel, data: bytes, wanted: str | None) -> ContentsModel:
    """Return the model with a file's content; raises InvalidInput if it is not text as wanted."""
    content, used = _encoded(data, wanted)
    default = "text/plain" if used == "text" else "application/octet-stream"
    mimetype = model["mimetype"] or default
    return {**model, "content": content, "format": used, "mimetype": mimetype}


def bytes_of(model: Model) -> bytes:
    """Return the bytes of a file that a client sends; raises InvalidContent."""
    content = model.get("content")
    if not isinstance(content, str):
        raise InvalidContent('Send the file\'s "content" as a string.')
    try:
        if model.get("format", "text") in {None, "text"}:
            return content.encode()
        if model["format"] == "base64":
            return base64.b64decode("".join(content.split()), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise InvalidContent(f"The content is not {model['format']}.") from error
    raise InvalidContent('The "format" of a file is "text" or "base64".')


def _encoded(data: bytes, wanted: str | None) -> tuple[str, str]:
    if wanted != "base64":
        try:
            return data.decode(), "text"
        except UnicodeDecodeError as error:
            if wanted == "text":
                raise InvalidInput("The file is not UTF-8 text: ask for base64.") from error
    return base64.b64encode(data).decode(), "base64"


def _mimetype(path: str) -> str | None:
    return mimetypes.guess_type(name_of(path), strict=False)[0]


def _model(
    path: str, kind: str, created: datetime, modified: datetime, *, writable: bool
) -> ContentsModel:
    return {
        "name": name_of(path),
        "path": path,
        "type": kind,
        "created": created,
        "last_modified": modified,
        "writable": writable,
        "content": None,
        "format": None,
        "mimetype": None,
        "size": None,
        "hash": None,
        "hash_algorithm": None,
    }
