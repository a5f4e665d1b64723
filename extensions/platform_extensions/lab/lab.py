"""JupyterLab as one part of the server, with what it keeps in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from platform_extensions.lab.assets import Assets, Mount
from platform_extensions.lab.page import EXTENSIONS, STATIC, make_page
from platform_extensions.lab.schemas import SchemaCatalog
from platform_extensions.lab.settings import SettingsReader

if TYPE_CHECKING:
    from platform_extensions.lab.sources import Sources

_OWN = Path(__file__).parent.parent / "static"


class Lab:
    """The page, its files and its settings. ``start``, then ``aclose``."""

    def __init__(self, sources: Sources, *, base_url: str, cache: Path, expose_app: bool) -> None:
        self.page = make_page(sources, base_url, expose_app=expose_app)
        self.assets = Assets(_mounts(sources), cache)
        self.schemas = SchemaCatalog(sources)
        self.reader = SettingsReader()

    def start(self) -> None:
        """Begin to read schemas and to compress files, in threads."""
        self.schemas.start()
        self.assets.start()

    async def aclose(self) -> None:
        """Stop that. May be called twice."""
        await self.schemas.aclose()
        await self.assets.aclose()


def page_templates() -> Environment:
    """Return the templates of all pages; what is put into them is escaped."""
    return Environment(
        loader=PackageLoader("platform_extensions"), autoescape=True, undefined=StrictUndefined
    )


def _mounts(sources: Sources) -> list[Mount]:
    return [
        Mount(prefix=STATIC, folder=sources.static),
        Mount(prefix="lab/api/themes", folder=sources.themes),
        Mount(prefix="static/platform", folder=_OWN),
        *(
            Mount(prefix=f"{EXTENSIONS}/{one.name}", folder=one.folder)
            for one in sources.extensions
        ),
    ]
