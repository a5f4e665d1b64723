"""The routes of the terminals resource."""

from __future__ import annotations

from platform_extensions.routing import Route
from platform_extensions.terminals.commands import CommandHandler, CommandsHandler
from platform_extensions.terminals.handlers import TerminalHandler, TerminalsHandler
from platform_extensions.terminals.protocol import NoShells
from platform_extensions.terminals.socket import TerminalSocket
from platform_server.identity.permissions import Permission

# What JupyterLab and Jupyter Server look for in the web application's settings.
SETTINGS = {"terminals_available": True, "terminal_manager": NoShells()}

ROUTES: tuple[Route, ...] = (
    Route(
        pattern=r"/api/projects/(\w+)/commands/?",
        handler=CommandsHandler,
        permission=Permission.READ,
        write=Permission.WRITE,
    ),
    Route(
        pattern=r"/api/projects/(\w+)/commands/(\w+)",
        handler=CommandHandler,
        permission=Permission.WRITE,
    ),
    Route(
        pattern=r"/api/terminals",
        handler=TerminalsHandler,
        permission=Permission.READ,
        write=Permission.RUN,
    ),
    Route(
        pattern=r"/api/terminals/(\w+)",
        handler=TerminalHandler,
        permission=Permission.READ,
        write=Permission.RUN,
    ),
    *(
        Route(
            pattern=pattern,
            handler=TerminalSocket,
            permission=Permission.RUN,
            kwargs={"term_manager": SETTINGS["terminal_manager"]},
        )
        # Jupyter's own, and a shorter one for others; both take a terminal's name.
        for pattern in (r"/terminals/websocket/(\w+)", r"/ws/(\w+)")
    ),
)
