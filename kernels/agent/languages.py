"""The languages of this sandbox's kernels, by the names of their kernelspecs."""

from __future__ import annotations

import importlib
from typing import Any

# Classes of ipykernel's kind, and where they are: they are imported when a kernel needs them.
LANGUAGES = {
    "python3": "agent.publisher:JournaledKernel",
    "bash": "agent.language_bash:Bash",
    "deno": "agent.language_deno:Deno",
}


def language(name: str) -> type[Any]:
    """Return the class of a language's kernels. Raises KeyError."""
    module, _, kind = LANGUAGES[name].partition(":")
    found: type[Any] = getattr(importlib.import_module(module), kind)
    return found
