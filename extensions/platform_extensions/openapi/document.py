"""The HTTP API as OpenAPI 3.1, from the route table and what its handlers read and answer.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

import platform_server
from platform_extensions.failures import Refusal
from platform_extensions.openapi.schemas import Json, Schemas
from platform_extensions.openapi.sources import facts_of
from platform_extensions.route_table import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from platform_extensions.openapi.sources import Facts
    from platform_extensions.routing import Route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIBED = ("/api", "/files", "/metrics", "/terminals", "/ws")  # the rest are JupyterLab's pages
_UNIMPLEMENTED = RequestHandler._unimplemented_method  # noqa: SLF001 - what tornado tests for
_GROUP = re.compile(r"\((?:\?:|\?P<(?P<name>\w+)>)?(?P<inside>(?:[^()\\]|\\.)*)\)(?P<often>\??)")
_WORD = re.compile(r"\\w\+|\[[^]]+\]\+|\w+(\|\w+)+")
_REFUSALS = (400, 401, 403, 404, 409, 412, 413, 429, 503, 507)
_EMPTY = {204, 304}
_JSON = "application/json"
_ANY = "*/*"


class _Described(NamedTuple):
    route: Route
    method: str
    implementation: Callable[..., Any]
    facts: Facts

    @property
    def kinds(self) -> list[Any]:
        """The types of what it reads and answers."""
        body = [] if self.facts.body is None else [self.facts.body]
        return [*body, *(one.kind for one in self.facts.answers)]


def document() -> Json:
    """Return the whole description."""
    described = list(_described())
    schemas = Schemas([Refusal, Any, *(kind for one in described for kind in one.kinds)])
    paths: dict[str, Json] = {}
    for one in described:
        address, _ = _template(one.route, one.implementation)
        operation = {"operationId": _name(one.method, address), **_operation(one, schemas)}
        paths.setdefault(address, {})[one.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Python Execution Platform",
            "version": platform_server.__version__,
            "description": "Projects, files, sandboxes, kernels, terminals and reviews. The API of "
            "Jupyter Server is part of it.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": [], "forgery": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.components,
            "responses": {str(status): _refusal(status, schemas) for status in _REFUSALS},
            "securitySchemes": _SCHEMES,
        },
    }


_SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, or a JWT."},
    "session": {"type": "apiKey", "in": "cookie", "name": "platform-session"},
    "forgery": {"type": "apiKey", "in": "header", "name": "X-XSRFToken"},
}


def _described() -> Iterator[_Described]:
    for route in ROUTES:
        if route.pattern.startswith(DESCRIBED):
            for method, implementation in _methods(route):
                facts = facts_of(route.handler, implementation)
                yield _Described(route, method, implementation, facts)


def _methods(route: Route) -> Iterator[tuple[str, Callable[..., Any]]]:
    for method in METHODS:
        implementation = getattr(route.handler, method.lower())
        if implementation is not _UNIMPLEMENTED:
            yield method, implementation


def _template(route: Route, implementation: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return a route's pattern with its parts' names in braces, and what each part may be."""
    names, parts = _part_names(implementation), {}

    def named(group: re.Match[str]) -> str:
        inside = group["inside"]
        is_part = group["name"] or "\\w" in inside or ".+" in inside
        if not is_part:
            return "" if group["often"] else inside
        name = group["name"] or next(names)
        parts[name] = inside
        return f"{{{name}}}"

    text, count = route.pattern, 1
    while count:  # from the inside out
        text, count = _GROUP.subn(named, text)
    text = text.removesuffix("/?").replace("\\", "")
    return text.replace("/api/contents{path}", "/api/contents/{path}"), parts


def _part_names(implementation: Callable[..., Any]) -> Iterator[str]:
    parameters = list(inspect.signature(implementation).parameters.values())[1:]
    return iter([one.name.strip("_") for one in parameters])


def _operation(described: _Described, schemas: Schemas) -> Json:
    route, method, implementation, facts = described
    needed = route.needs(method)
    operation: Json = {
        "tags": [_tag(route)],
        "summary": _sentence(implementation) or _sentence(route.handler),
        "parameters": [
            *(
                _part(name, pattern)
                for name, pattern in _template(route, implementation)[1].items()
            ),
            *(_argument(name, is_needed=needs) for name, needs in sorted(facts.query.items())),
        ],
        "responses": _answers(route, method, facts, schemas),
    }
    if needed is None:
        operation["security"] = []
    else:
        operation["x-permission"] = needed.code
    if body := _body(route, method, facts, schemas):
        operation["requestBody"] = body
    return operation


def _name(method: str, address: str) -> str:
    return f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', address).strip('_')}"


def _body(route: Route, method: str, facts: Facts, schemas: Schemas) -> Json | None:
    if facts.body is not None:
        schema = schemas.of([facts.body])
        is_needed = any(one.is_required() for one in facts.body.model_fields.values())
        return {"required": is_needed, "content": {_JSON: {"schema": schema}}}
    if facts.takes_json:
        return {"content": {_JSON: {"schema": {"type": "object"}}}}
    if route.max_body is None and method in {"PUT", "POST"}:
        return {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
    return None


def _answers(route: Route, method: str, facts: Facts, schemas: Schemas) -> Json:
    if issubclass(route.handler, WebSocketHandler):
        answers: Json = {"101": {"description": HTTPStatus.SWITCHING_PROTOCOLS.phrase}}
    else:
        # One that says another status than 200 may still answer 200, if it says so nowhere.
        found = facts.statuses or {200}
        found = found | _also(method, found)
        answers = {str(one): _answer(one, facts, schemas) for one in sorted(found)}
    refusals = {str(one): {"$ref": f"#/components/responses/{one}"} for one in _REFUSALS}
    return answers | refusals


def _refusal(status: int, schemas: Schemas) -> Json:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {_JSON: {"schema": schemas.of([Refusal])}},
    }


def _also(method: str, found: set[int]) -> set[int]:
    """Return the statuses of which a source that names others need not speak."""
    return {200} if method == "GET" or found == {206} else set()


def _answer(status: int, facts: Facts, schemas: Schemas) -> Json:
    if status >= HTTPStatus.BAD_REQUEST:
        return _refusal(status, schemas)
    answer: Json = {"description": HTTPStatus(status).phrase}
    if status in _EMPTY:
        return answer
    models = [one.kind for one in facts.answers if not one.statuses or status in one.statuses]
    kinds = facts.kinds - (set() if models else {_JSON})
    content: dict[str, Json] = {kind: {} for kind in sorted(kinds or {_ANY})}
    if models:
        # A file may have any JSON in it.
        models += [Any] if _ANY in kinds else []
        content[_JSON] = {"schema": schemas.of(models)}
    return answer | {"content": content}


def _part(name: str, pattern: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if _WORD.fullmatch(pattern):
        schema["pattern"] = f"^({pattern})$"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _argument(name: str, *, is_needed: bool) -> Json:
    return {"name": name, "in": "query", "required": is_needed, "schema": {"type": "string"}}


def _tag(route: Route) -> str:
    """Return the resource, which is the handler's folder."""
    return route.handler.__module__.split(".")[1]


def _sentence(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n", maxsplit=1)[0].split())
