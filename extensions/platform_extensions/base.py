"""What every handler of ours shares: services, the principal, typed bodies, errors as JSON."""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from pydantic import BaseModel, ConfigDict, ValidationError
from tornado import web

from platform_server import errors

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.services import Services

PRINCIPAL: ContextVar[Principal | None] = ContextVar("principal", default=None)

STATUS: dict[type[errors.PlatformError], int] = {
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.AccessDenied: 403,
    errors.InvalidInput: 400,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.TooManyRequests: 429,
    errors.QuotaExceeded: 507,
    errors.LimitReached: 429,
    errors.Unavailable: 503,
}

Body = TypeVar("Body", bound="RequestBody")


class RequestBody(BaseModel):
    """A JSON request body: unknown fields are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def status_of(error: errors.PlatformError) -> int:
    """Return the HTTP status of a condition."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def current_principal() -> Principal:
    """Return who makes the present request; raises NotSignedIn outside of one (fails closed)."""
    principal = PRINCIPAL.get()
    if principal is None:
        raise errors.NotSignedIn
    return principal


class PlatformHandler(APIHandler):
    """Base of our JSON handlers: methods raise PlatformError, the answer is its status."""

    @property
    def services(self) -> Services:
        """The installation's services."""
        return self.settings["platform_services"]  # type: ignore[no-any-return]  # tornado's dict

    @property
    def principal(self) -> Principal:
        """Who makes this request."""
        return current_principal()

    def body(self, kind: type[Body]) -> Body:
        """Return the request's JSON body as a value; raises InvalidInput with what is wrong."""
        try:
            return kind.model_validate_json(self.request.body or b"{}")
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise errors.InvalidInput(f"{where}: {first['msg']}") from error

    def reply(self, model: Any, *, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(model))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an error as ``{"message", "reason"}``; nothing internal leaks."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        message, reason = "Something went wrong on the server.", "internal_error"
        if isinstance(error, errors.PlatformError):
            status_code = status_of(error)
            message, reason = error.message, error.reason
            if isinstance(error, errors.TooManyRequests):
                self.set_header("Retry-After", str(error.retry_after))
        elif isinstance(error, web.HTTPError):
            message = error.log_message or self._reason
            reason = getattr(error, "reason", None) or self._reason.lower().replace(" ", "_")
        self.set_status(status_code)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"message": message, "reason": reason}))
