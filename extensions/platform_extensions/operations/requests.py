"""How long the requests take that people wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_extensions.contents.handlers import ContentsHandler
from platform_extensions.kernels.handlers import KernelActionHandler, KernelsHandler
from platform_extensions.projects.files import ProjectFileHandler
from platform_extensions.sessions.handlers import SessionsHandler
from platform_extensions.terminals.handlers import TerminalsHandler
from platform_server.operations.figures import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.web import RequestHandler

    from platform_server.operations.figures import Figures

_TIMED: Mapping[tuple[type[RequestHandler], str], Operation] = {
    (ContentsHandler, "PUT"): Operation.SAVE,
    (ProjectFileHandler, "PUT"): Operation.SAVE,
    (KernelsHandler, "POST"): Operation.KERNEL_START,
    (SessionsHandler, "POST"): Operation.KERNEL_START,
    (TerminalsHandler, "POST"): Operation.TERMINAL_OPEN,
}
_OK = range(200, 300)


def time_request(figures: Figures, handler: RequestHandler) -> None:
    """Count an answered request, if it is one of these and was granted."""
    operation = _operation(handler)
    if operation is not None and handler.get_status() in _OK:
        figures.took(operation, handler.request.request_time())


def _operation(handler: RequestHandler) -> Operation | None:
    if isinstance(handler, KernelActionHandler):
        is_restart = handler.path_kwargs.get("action") == "restart"
        return Operation.KERNEL_RESTART if is_restart else None
    return _TIMED.get((type(handler), handler.request.method or ""))
