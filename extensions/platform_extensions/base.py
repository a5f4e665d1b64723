"""What every handler of ours shares: services, the principal, typed bodies, errors as JSON."""

from __future__ import annotations

import hashlib
import json
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_server.base.handlers import APIHandler
from pydantic import BaseModel, ConfigDict, ValidationError

from platform_extensions.failures import STATUS, Failure, JsonFailures, failure_of, status_of
from platform_server import errors

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.services import Services

__all__ = [
    "PRINCIPAL",
    "STATUS",
    "Failure",
    "JsonFailures",
    "PlatformHandler",
    "RequestBody",
    "current_principal",
    "failure_of",
    "status_of",
]

PRINCIPAL: ContextVar[Principal | None] = ContextVar("principal", default=None)

Body = TypeVar("Body", bound="RequestBody")


class RequestBody(BaseModel):
    """A JSON request body: unknown fields are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def current_principal() -> Principal:
    """Return who makes the present request; raises NotSignedIn outside of one (fails closed)."""
    principal = PRINCIPAL.get()
    if principal is None:
        raise errors.NotSignedIn
    return principal


class PlatformHandler(JsonFailures, APIHandler):
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
        """Answer with JSON. The description of the API has what the model's function returns."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(model, default=_text_of))

    def reply_made(self, kind: Any, text: bytes) -> None:
        """Answer with JSON that was made before, of a model of this type."""
        del kind  # the description of the API has it
        self.finish_made(text, "application/json")

    def finish_made(self, body: bytes, content_type: str) -> None:
        """Answer with what was made before, and is kept: it is sent from where it is.

        Its ETag is made anew unless it was set. Tornado copies what is sent together with the
        headers, so these go first.
        """
        if "Etag" not in self._headers:
            self.set_header("Etag", f'"{hashlib.sha256(body).hexdigest()}"')
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        self.set_header("Content-Type", content_type)
        self.set_header("Content-Length", len(body))
        self.flush()
        self.finish(body)


def _text_of(moment: object) -> str:
    if isinstance(moment, datetime):
        return moment.isoformat().replace("+00:00", "Z")
    raise TypeError(type(moment))
