"""The JSON of the terminals resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_extensions.kernels.models import JupyterBody, PathText, ShortText

if TYPE_CHECKING:
    from platform_server.terminals.commands import Command
    from platform_server.terminals.model import TerminalInfo


class OpenBody(JupyterBody):
    """``POST /api/terminals``. What runs, and under which name, is not for the client to say."""

    cwd: PathText | None = None  # a folder, its project's name first
    name: ShortText | None = None  # JupyterLab sends one when it restores its tabs; not used


def shown_model(info: TerminalInfo, folder: str | None) -> dict[str, Any]:
    """Return the model of one terminal, with the folder that its shell is in."""
    return {**terminal_model(info), "cwd": folder}


def command_model(command: Command) -> dict[str, Any]:
    """Return a command line as JSON."""
    return {
        "id": command.id,
        "text": command.text,
        "cwd": command.cwd,
        "exit_code": command.exit_code,
        "began_at": command.began_at.isoformat(),
        "duration_ms": command.duration_ms,
    }


def terminal_model(info: TerminalInfo) -> dict[str, Any]:
    """Return Jupyter's terminal model."""
    return {
        "name": info.name,
        "last_activity": info.last_activity.isoformat().replace("+00:00", "Z"),
    }
