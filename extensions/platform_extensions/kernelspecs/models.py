"""The JSON of the kernelspecs resource."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict


class KernelSpecModel(TypedDict):
    """Jupyter's kernelspec model: what a kernel says of itself, and the addresses of its logos."""

    name: str
    spec: dict[str, Any]
    resources: dict[str, str]


class KernelSpecsModel(TypedDict):
    """All kernelspecs, by name, and which is taken when none is named."""

    default: str
    kernelspecs: dict[str, KernelSpecModel]
