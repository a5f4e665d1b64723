"""What is imported is declared, so that an installation has it by more than luck."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = {"platform_server", "platform_kernels", "platform_extensions", "agent"}
PACKAGES = ("platform_server", "kernels/platform_kernels", "extensions/platform_extensions")
TESTING = "platform_server/testing"


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level name of every module that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def distributions_behind(names: set[str]) -> set[str]:
    """Return what has to be installed for these imports to work."""
    known = packages_distributions()
    foreign = names - OURS - set(sys.stdlib_module_names)
    return {_normal(known.get(name, [name])[0]) for name in foreign}


@pytest.fixture(scope="module")
def project(root: Path) -> Any:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def test_what_the_platform_imports_is_declared(root: Path, project: Any) -> None:
    needed = {
        name
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
        if TESTING not in path.as_posix()
        for name in imported(path)
    }
    assert distributions_behind(needed) - _declared(project["dependencies"]) == set()


def test_what_its_parts_for_testing_import_is_declared(root: Path, project: Any) -> None:
    needed = {name for path in (root / TESTING).rglob("*.py") for name in imported(path)}
    declared = _declared(project["dependencies"] + project["optional-dependencies"]["test"])
    assert distributions_behind(needed) - declared == set()


def test_all_that_is_declared_is_pinned(root: Path, project: Any) -> None:
    pinned = _declared((root / "constraints.txt").read_text().splitlines())
    declared = _declared(project["dependencies"] + project["optional-dependencies"]["test"])
    assert declared - pinned == set()


def _declared(lines: list[str]) -> set[str]:
    return {_normal(re.split(r"[\[<>=!~ ;]", line)[0]) for line in lines}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
