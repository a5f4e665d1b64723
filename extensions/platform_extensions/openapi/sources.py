"""What a handler reads and answers, found in its source and that of the helpers it calls.

``self.body(Model)``, ``self.get_query_argument("name")``, ``self.reply(a_model(...))`` and
``status=201`` are looked for in a method, and in our own functions that it calls with or on itself.
What is read in another way is not found: the tests then see a status or a kind of content that
nobody promised, or nothing.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from platform_extensions.base import PlatformHandler
from platform_extensions.openapi.answers import Place, Unclear, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_extensions.base import RequestBody

_ARGUMENTS = {"get_query_argument", "get_query_arguments"}


@dataclass
class Facts:
    """What a method reads and answers, as far as its source tells."""

    body: type[RequestBody] | None = None
    takes_json: bool = False
    query: dict[str, bool] = field(default_factory=dict)  # by name: whether it has to be there
    statuses: set[int] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)  # of content
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A reply with JSON."""

    statuses: frozenset[int]  # none: any that is no refusal
    kind: Any  # of what is replied; Any: the source does not tell


def facts_of(handler: type, implementation: Callable[..., Any]) -> Facts:
    """Find what a method of a handler reads and answers."""
    facts = Facts()
    pending, known = [_Step(inspect.unwrap(implementation))], set()
    while pending:
        step = pending.pop()
        if step in known:
            continue
        known.add(step)
        for call in _calls(step.function):
            _note(call, step, facts)
            _note_answer(call, Place(handler=handler, function=step.function), facts)
            callee = _callee(call, handler, step.function)
            if callee is not None:
                pending.append(_Step(callee, _bound(call, callee)))
    return facts


@dataclass(frozen=True)
class _Step:
    """A function to look through, and which of its parameters are known words."""

    function: Callable[..., Any]
    words: frozenset[tuple[str, str]] = frozenset()

    def word(self, value: ast.expr | None) -> str | None:
        """Return the word that an expression is, if that can be known."""
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
        if not isinstance(value, ast.Name):
            return None
        found = dict(self.words).get(value.id, self.function.__globals__.get(value.id))
        return found if isinstance(found, str) else None


def _bound(call: ast.Call, callee: Callable[..., Any]) -> frozenset[tuple[str, str]]:
    """Return the words with which a call calls one of our functions, by the parameters' names."""
    parameters = inspect.signature(callee).parameters
    names = list(parameters)[isinstance(call.func, ast.Attribute) :]  # without self
    words = {one.name: one.default for one in parameters.values()}
    for name, value in (
        *zip(names, call.args, strict=False),
        *((one.arg, one.value) for one in call.keywords if one.arg),
    ):
        words[name] = value.value if isinstance(value, ast.Constant) else None
    return frozenset((name, word) for name, word in words.items() if isinstance(word, str))


def _note(call: ast.Call, step: _Step, facts: Facts) -> None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    first = call.args[0] if call.args else None
    if name == "body" and isinstance(first, ast.Name):
        facts.body = step.function.__globals__[first.id]
    elif name == "get_json_body":
        facts.takes_json = True
    elif name in _ARGUMENTS and (word := step.word(first)):
        has_default = len(call.args) > 1 or bool(call.keywords) or name == "get_query_arguments"
        facts.query[word] = not has_default
    elif name == "set_header" and step.word(first) == "Content-Type":
        facts.kinds.add(step.word(call.args[1]) or "*/*")
    elif name == "set_status" and first is not None:
        facts.statuses |= _constants(first)
    for keyword in call.keywords:
        if keyword.arg == "status":
            facts.statuses |= _constants(keyword.value)
        elif keyword.arg == "set_content_type":
            facts.kinds.add(step.word(keyword.value) or "*/*")


def _note_answer(call: ast.Call, place: Place, facts: Facts) -> None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name not in {"reply", "reply_made"}:
        return
    said = [one.value for one in call.keywords if one.arg == "status"]
    statuses = _constants(said[0]) if said else {200}
    try:
        read = place.named if name == "reply_made" else place.kind_of
        kind = read(call.args[0])
    except Unclear:
        kind = Any
    facts.kinds.add("application/json")
    facts.statuses |= statuses
    facts.answers.append(Answer(statuses=frozenset(statuses), kind=kind))


def _constants(value: ast.expr) -> set[int]:
    """Return the statuses that an expression may be."""
    if isinstance(value, ast.IfExp):
        return _constants(value.body) | _constants(value.orelse)
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return {value.value}
    if isinstance(value, ast.Attribute):
        return {HTTPStatus[value.attr].value} if value.attr in HTTPStatus.__members__ else set()
    return set()


def _callee(call: ast.Call, handler: type, function: Callable[..., Any]) -> Any:
    """Return our own function that a call on or with the handler leads to."""
    if isinstance(call.func, ast.Attribute) and _is_self(call.func.value):
        found = getattr(handler, call.func.attr, None)
    elif isinstance(call.func, ast.Name) and any(map(_is_self, call.args)):
        found = function.__globals__.get(call.func.id)
    else:
        return None
    found = inspect.unwrap(found) if callable(found) else found
    is_ours = getattr(found, "__module__", "").startswith("platform_extensions.")
    is_base = getattr(found, "__module__", "") == PlatformHandler.__module__
    return found if inspect.isfunction(found) and is_ours and not is_base else None


def _is_self(value: ast.expr) -> bool:
    return (isinstance(value, ast.Name) and value.id in {"self", "handler"}) or (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "super"
    )


@cache
def _calls(function: Callable[..., Any]) -> tuple[ast.Call, ...]:
    return tuple(node for node in ast.walk(tree_of(function)) if isinstance(node, ast.Call))
