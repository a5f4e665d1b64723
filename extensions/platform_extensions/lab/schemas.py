"""The schemas of JupyterLab's settings: read and checked once, in a thread, when the server starts.

Stock JupyterLab reads and checks them all for each page load, which takes the one event loop of a
shared server 80 ms a time.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from platform_extensions.lab.sources import Sources

# What everybody starts with; they may change it.
DEFAULTS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    # A kernel answers its first question in a second or two, while it loads what it needs for that;
    # with JupyterLab's own second of patience that answer would be thrown away.
    "@jupyterlab/completer-extension:manager": {"providerTimeout": 5000},
}
# What nobody may change: another person's output must not be able to run commands.
LOCKED: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:sanitizer": {
        "allowCommandLinker": False,
        "allowNamedProperties": False,
    },
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False},
}


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A plugin that has settings."""

    id: str
    schema: dict[str, Any]
    version: str
    head: str  # ``{"id": …, "schema": …, "version": …`` as JSON, still open
    untouched: str  # the whole answer for somebody who changed nothing


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """All plugins with settings."""

    plugins: Mapping[str, Plugin]
    untouched: bytes  # the whole list for somebody who changed nothing, compressed with gzip


class SchemaCatalog:
    """Loads the catalog in the background. ``start``, then ``aclose``."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._task: asyncio.Task[Catalog] | None = None

    def start(self) -> None:
        """Begin to load."""
        self._task = asyncio.create_task(asyncio.to_thread(load, self._sources))

    async def get(self) -> Catalog:
        """Return the catalog once it is loaded."""
        assert self._task is not None
        return await asyncio.shield(self._task)

    async def aclose(self) -> None:
        """Stop loading. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def load(sources: Sources) -> Catalog:
    """Read every schema; raises jsonschema's SchemaError for one that is none."""
    found = {plugin.id: plugin for plugin in _plugins(sources)}
    plugins = {name: found[name] for name in sorted(found, reverse=True)}
    return Catalog(
        plugins=plugins,
        untouched=gzip.compress(
            whole(plugin.untouched for plugin in plugins.values()).encode(), mtime=0
        ),
    )


def whole(entries: Iterator[str]) -> str:
    """Return the list of settings as JupyterLab wants it."""
    return f'{{"settings": [{", ".join(entries)}]}}'


def entry(plugin: Plugin, *, raw: str, settings: Any, modified: str | None) -> str:
    """Return one plugin's settings as JupyterLab wants them."""
    own = {
        "raw": raw,
        "settings": settings,
        "warning": None,
        "last_modified": modified,
        "created": modified,
    }
    return f"{plugin.head}, {json.dumps(own)[1:]}"


def _plugins(sources: Sources) -> Iterator[Plugin]:
    yield from _in_folder(sources.schemas)
    for extension in sources.extensions:
        yield from _in_folder(extension.folder / "schemas")


def _in_folder(folder: Path) -> Iterator[Plugin]:
    for path in sorted(folder.rglob("*.json")):
        package = path.parent.relative_to(folder).as_posix()
        yield _plugin(f"{package}:{path.stem}", json.loads(path.read_text()), _version(path.parent))


def _version(folder: Path) -> str:
    package = folder / "package.json.orig"
    return str(json.loads(package.read_text())["version"]) if package.is_file() else "N/A"


def _plugin(name: str, schema: dict[str, Any], version: str) -> Plugin:
    _set(schema, DEFAULTS.get(name, {}), locked=False)
    _set(schema, LOCKED.get(name, {}), locked=True)
    Draft7Validator.check_schema(schema)
    head = json.dumps({"id": name, "schema": schema, "version": version})[:-1]
    bare = Plugin(id=name, schema=schema, version=version, head=head, untouched="")
    return Plugin(
        id=name,
        schema=schema,
        version=version,
        head=head,
        untouched=entry(bare, raw="{}", settings={}, modified=None),
    )


def _set(schema: dict[str, Any], values: Mapping[str, Any], *, locked: bool) -> None:
    for key, value in values.items():
        described = schema["properties"][key]
        described["default"] = value
        if locked:
            described["const"] = value
