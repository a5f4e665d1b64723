"""Where JupyterLab's files are: the application, its themes and the browser extensions."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_server.paths import resource

if TYPE_CHECKING:
    from collections.abc import Iterable

OURS = "platform-labextension"


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A prebuilt browser extension."""

    name: str
    folder: Path
    build: dict[str, Any]  # how JupyterLab loads it: ``load``, ``extension``, ``style``, …
    disables: tuple[str, ...]  # the plugins of JupyterLab that it takes the place of


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Everything that is served to the browser."""

    application: Path  # with ``static``, ``schemas`` and ``themes``
    extensions: tuple[Extension, ...]

    @property
    def static(self) -> Path:
        """JupyterLab's own bundle."""
        return self.application / "static"

    @property
    def schemas(self) -> Path:
        """The schemas of its settings."""
        return self.application / "schemas"

    @property
    def themes(self) -> Path:
        """Its themes."""
        return self.application / "themes"


def find_sources(extra: Iterable[str] = ()) -> Sources:
    """Return JupyterLab as installed, with our extension and those in the ``extra`` folders.

    No other extension is loaded, whatever is installed beside it.
    """
    folders = [_our_extension(), *(folder for one in extra for folder in _in(Path(one)))]
    return Sources(
        application=Path(sys.prefix) / "share" / "jupyter" / "lab",
        extensions=tuple(one for folder in folders if (one := _extension(folder)) is not None),
    )


def _our_extension() -> Path:
    """Return the built extension: of the checkout if there is one, else as installed."""
    checkout = resource("labextension") / "dist"
    if (checkout / "package.json").is_file():
        return checkout
    return Path(sys.prefix) / "share" / "jupyter" / "labextensions" / OURS


def _in(folder: Path) -> list[Path]:
    return [path.parent for path in sorted(folder.glob("**/package.json"))]


def _extension(folder: Path) -> Extension | None:
    package = folder / "package.json"
    if not package.is_file():
        return None
    data = json.loads(package.read_text())
    lab = data.get("jupyterlab", {})
    if "_build" not in lab:
        return None
    return Extension(
        name=data["name"],
        folder=folder,
        build=lab["_build"],
        disables=tuple(lab.get("disabledExtensions") or ()),
    )
