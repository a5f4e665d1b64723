"""Each user's JupyterLab settings."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import json5
from cachetools import LRUCache
from jsonschema import Draft7Validator, ValidationError
from pydantic import Field
from tornado import web

from platform_extensions.base import PlatformHandler, RequestBody
from platform_extensions.lab.schemas import entry, whole
from platform_server.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from platform_extensions.lab.schemas import Catalog, Plugin
    from platform_server.identity.preferences import PreferenceService

MAX_RAW = 64 * 1024  # characters of one plugin's settings
MAX_COMMENTED = 16 * 1024  # characters where they are JSON5, which takes long to read
_REMEMBERED = 256  # settings whose meaning is remembered
_KIND: Final = "settings"


class SettingsBody(RequestBody):
    """``PUT``: the text as the user typed it, JSON with comments."""

    raw: Annotated[str, Field(max_length=MAX_RAW)]


class SettingsReader:
    """Understands what users typed, and remembers what it understood."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[str, bytes], dict[str, Any] | None] = LRUCache(_REMEMBERED)

    async def read(self, plugin: Plugin, raw: str) -> dict[str, Any] | None:
        """Return the settings, None if they do not fit the plugin's schema any more."""
        key = (plugin.id, hashlib.sha256(raw.encode()).digest())
        if key not in self._known:
            try:
                self._known[key] = await asyncio.to_thread(parse, plugin, raw)
            except InvalidInput:
                self._known[key] = None
        return self._known[key]


def parse(plugin: Plugin, raw: str) -> dict[str, Any]:
    """Return the settings that the text means. Raises InvalidInput, saying what is wrong."""
    value = _value(raw)
    if not isinstance(value, dict):
        raise InvalidInput("Settings have to be a JSON object.")
    try:
        Draft7Validator(plugin.schema).validate(value)
    except ValidationError as error:
        raise InvalidInput(f"{error.json_path}: {error.message}"[:500]) from error
    return value


def _value(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        pass
    except RecursionError as error:
        raise InvalidInput("The settings are nested too deeply.") from error
    if len(raw) > MAX_COMMENTED:
        raise InvalidInput(f"Settings with comments may have {MAX_COMMENTED} characters.")
    try:
        return json5.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The settings are not JSON.") from error


class SettingsHandler(PlatformHandler):
    """What the handlers of settings share."""

    @property
    def preferences(self) -> PreferenceService:
        """Where they are kept."""
        return self.services.preferences

    async def catalog(self) -> Catalog:
        """Return the plugins that have settings."""
        catalog: Catalog = await self.settings["platform_lab"].schemas.get()
        return catalog

    async def plugin(self, name: str) -> Plugin:
        """Return one plugin. Raises NotFound: the name is looked up, and never a path."""
        plugins = (await self.catalog()).plugins
        if name not in plugins:
            raise NotFound("There are no settings of that name.")
        return plugins[name]

    async def entry(self, plugin: Plugin, modified: str | None) -> str:
        """Return the user's settings of a plugin, as JSON."""
        raw = await self.preferences.get(self.principal.id, _KIND, plugin.id)
        if raw is None:
            return plugin.untouched
        reader: SettingsReader = self.settings["platform_lab"].reader
        settings = await reader.read(plugin, raw)
        if settings is None:
            return plugin.untouched
        return entry(plugin, raw=raw, settings=settings, modified=modified)


class AllSettingsHandler(SettingsHandler):
    """The settings of all plugins."""

    @web.authenticated
    async def get(self) -> None:
        """List them; with ``ids_only=true`` only the names."""
        catalog = await self.catalog()
        if self.get_query_argument("ids_only", "") == "true":
            self.reply({"settings": [{"id": name} for name in catalog.plugins]})
            return
        changed = {
            name: when.isoformat()
            for name, when in await self.preferences.names(self.principal.id, _KIND)
            if name in catalog.plugins
        }
        await self._send(catalog, changed)

    async def _send(self, catalog: Catalog, changed: dict[str, str]) -> None:
        packed = catalog.untouched
        if changed:
            own = {
                name: await self.entry(catalog.plugins[name], when)
                for name, when in changed.items()
            }
            text = whole(own.get(one.id, one.untouched) for one in catalog.plugins.values())
            packed = await asyncio.to_thread(gzip.compress, text.encode(), 1)
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(packed)
        else:
            self.finish(await asyncio.to_thread(gzip.decompress, packed))


class PluginSettingsHandler(SettingsHandler):
    """The settings of one plugin."""

    @web.authenticated
    async def get(self, name: str) -> None:
        """Show them."""
        self.finish(await self.entry(await self.plugin(name), None))

    @web.authenticated
    async def put(self, name: str) -> None:
        """Change them."""
        plugin = await self.plugin(name)
        raw = self.body(SettingsBody).raw
        await asyncio.to_thread(parse, plugin, raw)
        await self.preferences.put(self.principal.id, _KIND, plugin.id, raw)
        self.set_status(204)
        self.finish()
