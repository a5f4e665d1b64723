"""Errors as the outside sees them: JSON for programs, a page for people, nothing internal."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from jupyter_server.base.handlers import JupyterHandler
from pydantic import Field
from tornado.web import HTTPError
from typing_extensions import TypedDict

from platform_server import errors

if TYPE_CHECKING:
    from types import TracebackType

    Raised = tuple[type[BaseException], BaseException, TracebackType]

STATUS: dict[type[errors.PlatformError], int] = {
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.AccessDenied: 403,
    errors.UnknownKernel: 404,
    errors.InvalidInput: 400,
    errors.PreconditionFailed: 412,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooManyRequests: 429,
    errors.QuotaExceeded: 507,
    errors.LimitReached: 429,
    errors.Unavailable: 503,
}

_INTERNAL = "Something went wrong on the server. It is in the server's log; please try again."


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What is said about an error."""

    status: int
    message: str
    reason: str  # stable, for programs


def status_of(error: errors.PlatformError) -> int:
    """Return the HTTP status of a condition."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def failure_of(error: BaseException | None, status: int) -> Failure:
    """Return what is said about an error that was raised, or about a bare status."""
    if isinstance(error, errors.PlatformError):
        return Failure(status=status_of(error), message=error.message, reason=error.reason)
    if isinstance(error, HTTPError):
        return Failure(status=status, message=_said(error), reason=_code(status))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR or error is not None:
        return Failure(status=status, message=_INTERNAL, reason="internal_error")
    return Failure(status=status, message=_phrase(status), reason=_code(status))


class Failures(JupyterHandler):
    """A handler whose methods raise PlatformError; of HTTP errors nothing but the words get out."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an error."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        failure = failure_of(error, status_code)
        self.set_status(failure.status)
        if isinstance(error, errors.TooManyRequests | errors.PlacesTaken):
            self.set_header("Retry-After", str(error.retry_after))
        self.show(failure)

    def show(self, failure: Failure) -> None:
        """Write what is said."""
        raise NotImplementedError

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log what was not foreseen; a refusal is no event."""
        if not isinstance(value, errors.PlatformError):
            super().log_exception(typ, value, tb)


class Refusal(TypedDict):
    """Why a request was refused, and what to do."""

    message: Annotated[str, Field(description="For people; it may change.")]
    reason: Annotated[str, Field(description="For programs; it stays.")]


def refusal_of(failure: Failure) -> Refusal:
    """Return what is said about an error."""
    return {"message": failure.message, "reason": failure.reason}


class JsonFailures(Failures):
    """Errors as JSON."""

    def show(self, failure: Failure) -> None:
        """Write it as JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(refusal_of(failure)))


class PageFailures(Failures):
    """Errors as a page for people, or as JSON for what asks for JSON, or the API."""

    def show(self, failure: Failure) -> None:
        """Write it as HTML, unless the client prefers JSON."""
        accepts = self.request.headers.get("Accept", "")
        is_api = self.request.path.startswith(f"{self.base_url}api/")
        if is_api or ("application/json" in accepts and "text/html" not in accepts):
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(refusal_of(failure)))
            return
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(
            self.settings["platform_pages"]
            .get_template("error.html")
            .render(base_url=self.base_url, failure=failure, phrase=_phrase(failure.status))
        )


def _said(error: HTTPError) -> str:
    """Return the message that whoever raised it meant for the client."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or not error.log_message:
        return _phrase(error.status_code)
    return error.log_message % error.args if error.args else error.log_message


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown error"


def _code(status: int) -> str:
    return re.sub(r"\W+", "_", _phrase(status).lower())
