"""The HTTP API as OpenAPI 3.1, from the route table and what its handlers read and answer.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

import platform_server
from platform_extensions.openapi.sources import facts_of
from platform_extensions.route_table import ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from platform_extensions.base import RequestBody
    from platform_extensions.openapi.sources import Facts
    from platform_extensions.routing import Route

Json = dict[str, Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
DESCRIBED = ("/api", "/files", "/metrics", "/terminals", "/ws")  # the rest are JupyterLab's pages
_UNIMPLEMENTED = RequestHandler._unimplemented_method  # noqa: SLF001 - what tornado tests for
_GROUP = re.compile(r"\((?:\?:|\?P<(?P<name>\w+)>)?(?P<inside>(?:[^()\\]|\\.)*)\)(?P<often>\??)")
_WORD = re.compile(r"\\w\+|\[[^]]+\]\+|\w+(\|\w+)+")
_REFUSALS = (400, 401, 403, 404, 409, 412, 413, 429, 503, 507)
_EMPTY = {204, 304}
_SCHEMAS = "#/components/schemas/"


def document() -> Json:
    """Return the whole description."""
    paths: dict[str, Json] = {}
    models: set[type[RequestBody]] = set()
    for route in _described():
        for method, implementation in _methods(route):
            operation = _operation(route, method, implementation, models)
            address, _ = _template(route, implementation)
            operation = {"operationId": _name(method, address), **operation}
            paths.setdefault(address, {})[method.lower()] = operation
    ordered = sorted(models, key=lambda one: one.__name__)
    _, schemas = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_SCHEMAS + "{model}"
    )
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
            "schemas": {"Refusal": _REFUSAL, **schemas.get("$defs", {})},
            "responses": {str(status): _refusal(status) for status in _REFUSALS},
            "securitySchemes": _SCHEMES,
        },
    }


_REFUSAL: Json = {
    "type": "object",
    "description": "Why a request was refused, and what to do.",
    "required": ["message", "reason"],
    "properties": {
        "message": {"type": ["string", "null"], "description": "For people; it may change."},
        "reason": {"type": ["string", "null"], "description": "For programs; it stays."},
    },
}
_SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, or a JWT."},
    "session": {"type": "apiKey", "in": "cookie", "name": "platform-session"},
    "forgery": {"type": "apiKey", "in": "header", "name": "X-XSRFToken"},
}


def _described() -> Iterator[Route]:
    for route in ROUTES:
        if route.pattern.startswith(DESCRIBED):
            yield route


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


def _operation(
    route: Route,
    method: str,
    implementation: Callable[..., Any],
    models: set[type[RequestBody]],
) -> Json:
    facts = facts_of(route.handler, implementation)
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
        "responses": _answers(route, method, facts),
    }
    if needed is None:
        operation["security"] = []
    else:
        operation["x-permission"] = needed.code
    if body := _body(route, method, facts):
        operation["requestBody"] = body
    if facts.body is not None:
        models.add(facts.body)
    return operation


def _name(method: str, address: str) -> str:
    return f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', address).strip('_')}"


def _body(route: Route, method: str, facts: Facts) -> Json | None:
    if facts.body is not None:
        schema = {"$ref": f"{_SCHEMAS}{facts.body.__name__}"}
        is_needed = any(one.is_required() for one in facts.body.model_fields.values())
        return {"required": is_needed, "content": {"application/json": {"schema": schema}}}
    if facts.takes_json:
        return {"content": {"application/json": {"schema": {"type": "object"}}}}
    if route.max_body is None and method in {"PUT", "POST"}:
        return {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}
    return None


def _answers(route: Route, method: str, facts: Facts) -> Json:
    if issubclass(route.handler, WebSocketHandler):
        answers: Json = {"101": {"description": HTTPStatus.SWITCHING_PROTOCOLS.phrase}}
    else:
        # One that says another status than 200 may still answer 200, if it says so nowhere.
        found = facts.statuses or {200}
        answers = {str(one): _answer(one, facts) for one in sorted(found | _also(method, found))}
    refusals = {str(one): {"$ref": f"#/components/responses/{one}"} for one in _REFUSALS}
    return answers | refusals


def _refusal(status: int) -> Json:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {"application/json": {"schema": {"$ref": f"{_SCHEMAS}Refusal"}}},
    }


def _also(method: str, found: set[int]) -> set[int]:
    """Return the statuses of which a source that names others need not speak."""
    return {200} if method == "GET" or found == {206} else set()


def _answer(status: int, facts: Facts) -> Json:
    answer: Json = {"description": HTTPStatus(status).phrase}
    if status not in _EMPTY:
        answer["content"] = {kind: {} for kind in sorted(facts.kinds or {"*/*"})}
    return answer


def _part(name: str, pattern: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if _WORD.fullmatch(pattern):
        schema["pattern"] = f"^{pattern}$"
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _argument(name: str, *, is_needed: bool) -> Json:
    return {"name": name, "in": "query", "required": is_needed, "schema": {"type": "string"}}


def _tag(route: Route) -> str:
    """Return the resource, which is the handler's folder."""
    return route.handler.__module__.split(".")[1]


def _sentence(thing: object) -> str:
    return " ".join((inspect.getdoc(thing) or "").split("\n\n", maxsplit=1)[0].split())
