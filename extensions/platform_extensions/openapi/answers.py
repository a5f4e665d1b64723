"""Of which type an expression in a handler is, as far as its source tells.

A function returns what its annotation says, which is checked elsewhere. So this follows names to
what was assigned to them, attributes to the properties behind them, and calls to their functions.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import is_typeddict

if TYPE_CHECKING:
    from collections.abc import Callable


class Unclear(Exception):
    """The source does not tell."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an expression is: in a function that a handler calls, or that is one of its own."""

    handler: type
    function: Callable[..., Any]

    def kind_of(self, value: ast.expr) -> Any:
        """Return the type of an expression. Raises Unclear."""
        match value:
            case ast.Await():
                kind = self.kind_of(value.value)
            case ast.Constant(value=None):
                kind = type(None)
            case ast.IfExp():
                kind = self.kind_of(value.body) | self.kind_of(value.orelse)
            case ast.ListComp():
                kind = list[self.kind_of(value.elt)]  # type: ignore[misc]  # it is a value
            case ast.Name():
                kind = self._kind_of_variable(value.id)
            case ast.Attribute():
                kind = self._result_of(self._member(value))
            case ast.Call():
                kind = self._kind_of_call(value)
            case _:
                raise Unclear(ast.unparse(value))
        return kind

    def named(self, annotation: ast.expr) -> Any:
        """Return the type that an annotation names."""
        return _meant(ast.unparse(annotation), self.function)

    def _kind_of_call(self, call: ast.Call) -> Any:
        if isinstance(call.func, ast.Name):
            callee = _named(call.func.id, self.function.__module__)
        elif isinstance(call.func, ast.Attribute):
            callee = self._member(call.func)
        else:
            raise Unclear(ast.unparse(call))
        if callee is cast:
            return self.named(call.args[0])
        return callee if is_typeddict(callee) else self._result_of(callee)

    def _result_of(self, thing: Any) -> Any:
        if isinstance(thing, property):
            thing = thing.fget
        elif isinstance(thing, cached_property):
            thing = thing.func
        function = inspect.unwrap(thing) if callable(thing) else thing
        if not inspect.isfunction(function) or "return" not in function.__annotations__:
            raise Unclear(str(thing))
        return _meant(function.__annotations__["return"], function)

    def _member(self, value: ast.Attribute) -> Any:
        is_own = isinstance(value.value, ast.Name) and value.value.id == "self"
        owner = self.handler if is_own else self.kind_of(value.value)
        if not hasattr(owner, value.attr):
            raise Unclear(ast.unparse(value))
        return inspect.getattr_static(owner, value.attr)

    def _kind_of_variable(self, name: str) -> Any:
        if name in self.function.__annotations__:
            return _meant(self.function.__annotations__[name], self.function)
        values = [
            node.value
            for node in ast.walk(tree_of(self.function))
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
        ]
        if not values:
            raise Unclear(name)
        kind = self.kind_of(values[0])
        for value in values[1:]:
            kind |= self.kind_of(value)
        return kind


@cache
def tree_of(function: Callable[..., Any]) -> ast.Module:
    """Return the source of a function."""
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _meant(annotation: Any, function: Callable[..., Any]) -> Any:
    """Return the type that an annotation of a function is, or in it."""
    names = _Names(function.__module__)
    while isinstance(annotation, str):
        annotation = eval(annotation, {}, names)  # noqa: S307 - it is our own source
    return type(None) if annotation is None else annotation


class _Names(dict[str, Any]):
    """The names of a module."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        try:
            return _named(name, self._module)
        except Unclear as error:
            raise KeyError(name) from error


def _named(name: str, module: str) -> Any:
    """Return what a name in a module is, even if it is imported for types only."""
    known = vars(sys.modules[module])
    if name in known:
        return known[name]
    where = _imports(module).get(name)
    if where is None:
        raise Unclear(name)
    return getattr(import_module(where), name)


@cache
def _imports(module: str) -> dict[str, str]:
    """Return from where a module imports which names."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
