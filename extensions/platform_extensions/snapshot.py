"""The list of all routes of the live server, compared at start-up with the one checked in.

An upgrade of a dependency that adds or replaces a route stops the server until somebody looked.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from tornado.routing import PathMatches, RuleRouter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tornado.routing import Rule
    from tornado.web import Application

FILE = Path(__file__).with_name("routes.snapshot")
_REWRITE = ".venv/bin/python scripts/write_routes.py"


class RoutesChanged(Exception):
    """The server's routes are not the ones that were checked in."""

    def __init__(self, file: Path, expected: list[str], live: list[str]) -> None:
        self.live = live
        lines = difflib.unified_diff(expected, live, "checked in", "live", lineterm="")
        self.difference = "\n".join(lines)
        super().__init__(
            f"The routes of this server are not the ones in {file}:\n{self.difference}\n"
            f"Look at each, list it in a route table, then write them down with: {_REWRITE}"
        )


def live_routes(application: Application, base_url: str) -> list[str]:
    """Return ``pattern handler`` for each route in the order in which they are tried."""
    prefix = base_url.rstrip("/")
    return [
        f"{_pattern(rule).removeprefix(prefix)}  {_name(rule.target)}"
        for rule in _rules(application.default_router)
    ]


def check(application: Application, base_url: str) -> None:
    """Raise RoutesChanged, with the difference, unless the file lists the live routes."""
    live, file = live_routes(application, base_url), FILE
    expected = file.read_text().splitlines() if file.exists() else []
    if live != expected:
        raise RoutesChanged(file, expected, live)


def _rules(router: RuleRouter) -> Iterator[Rule]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        else:
            yield rule


def _pattern(rule: Rule) -> str:
    matcher = rule.matcher
    return matcher.regex.pattern if isinstance(matcher, PathMatches) else "*"


def _name(target: object) -> str:
    if isinstance(target, type):
        return f"{target.__module__}.{target.__qualname__}"
    return repr(type(target))
