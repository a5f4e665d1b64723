"""Tests of one module, run once more by another that has other fixtures."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path


def rerun(path: Path, names: Container[str] | None = None) -> dict[str, Any]:
    """Return a module's tests, or those of these names, and its fixtures, under their names."""
    spec = importlib.util.spec_from_file_location(f"rerun_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {
        name: value
        for name, value in vars(module).items()
        if hasattr(value, "_fixture_function_marker")
        or (name.startswith("test_") and (names is None or name in names))
    }
