"""The JSON of version, health and status."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from platform_extensions.shapes import Moment


class VersionModel(TypedDict):
    """The version of Jupyter Server whose API this is."""

    version: str


class AliveModel(TypedDict):
    """That the server answers."""

    status: Literal["ok"]


class StatusModel(TypedDict):
    """What runs at the moment."""

    version: str
    started: Moment
    kernels: int
    sandboxes: int
