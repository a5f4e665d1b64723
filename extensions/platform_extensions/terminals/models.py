"""The JSON of the terminals resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from platform_extensions.kernels.models import JupyterBody, PathText, ShortText
from platform_extensions.shapes import Moment

if TYPE_CHECKING:
    from platform_server.terminals.commands import Command
    from platform_server.terminals.model import TerminalInfo


class OpenBody(JupyterBody):
    """``POST /api/terminals``. What runs, and under which name, is not for the client to say."""

    cwd: PathText | None = None  # a folder, its project's name first
    name: ShortText | None = None  # JupyterLab sends one when it restores its tabs; not used


class TerminalModel(TypedDict):
    """Jupyter's terminal model."""

    name: str
    last_activity: Moment


class ShownTerminalModel(TerminalModel):
    """A terminal with the folder that its shell is in, null if that is not known."""

    cwd: str | None


class CommandModel(TypedDict):
    """A command line that was typed in a terminal."""

    id: str
    text: str
    cwd: str  # within the project, or absolute
    exit_code: int
    began_at: Moment
    duration_ms: int


class CommandsModel(TypedDict):
    """Some command lines, and whether there are more."""

    commands: list[CommandModel]
    more: bool


def shown_model(info: TerminalInfo, folder: str | None) -> ShownTerminalModel:
    """Return the model of one terminal, with the folder that its shell is in."""
    return {**terminal_model(info), "cwd": folder}


def command_model(command: Command) -> CommandModel:
    """Return a command line as JSON."""
    return {
        "id": command.id,
        "text": command.text,
        "cwd": command.cwd,
        "exit_code": command.exit_code,
        "began_at": command.began_at.isoformat(),
        "duration_ms": command.duration_ms,
    }


def terminal_model(info: TerminalInfo) -> TerminalModel:
    """Return Jupyter's terminal model."""
    return {
        "name": info.name,
        "last_activity": info.last_activity.isoformat().replace("+00:00", "Z"),
    }
