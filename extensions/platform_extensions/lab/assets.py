"""Static files, found once and kept compressed in memory.

They are the same for everybody and hold no secrets. What is served is what stood in the folders
when the server started: a request only looks its path up, and touches no folder by name.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platform_server.codings import PACK, coding_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_COMPRESSED = {".css", ".html", ".js", ".json", ".map", ".svg", ".ttf", ".eot"}
_WORTH_IT = 1024  # bytes; smaller files are sent as they are
_HASHED = re.compile(r"(^|[./-])[0-9a-f]{16,}\.\w+$")
_TYPES = {".js": "text/javascript", ".woff": "font/woff", ".woff2": "font/woff2"}


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A folder and where it is served."""

    prefix: str  # without a slash at either end
    folder: Path


@dataclass(kw_only=True)
class Asset:
    """A file."""

    path: Path
    content_type: str
    is_immutable: bool  # its name says what is in it
    is_compressed: bool
    etag: str = ""
    encoded: dict[str, bytes] = field(default_factory=dict)  # by content coding, as far as known


class Assets:
    """All static files. ``start`` compresses them in the background; ``aclose`` ends that."""

    def __init__(self, mounts: Iterable[Mount], cache: Path) -> None:
        self._cache = cache
        self._assets = _found(mounts)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to compress whatever is not in the cache yet."""
        self._task = asyncio.create_task(self._prepare_all())

    async def aclose(self) -> None:
        """Stop compressing. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def get(self, path: str, accepted: str) -> tuple[Asset, str, bytes] | None:
        """Return a file, its content coding ("" for none) and its bytes; None if there is none.

        ``accepted`` is the request's Accept-Encoding.
        """
        asset = self._assets.get(path)
        if asset is None:
            return None
        if not asset.encoded:
            await asyncio.to_thread(_prepare, asset, self._cache)
        coding = coding_for(accepted, asset.encoded)
        if coding or "" in asset.encoded:
            return asset, coding, asset.encoded[coding]
        return asset, "", await asyncio.to_thread(gzip.decompress, asset.encoded["gzip"])

    async def _prepare_all(self) -> None:
        for asset in self._assets.values():
            if not asset.encoded:
                await asyncio.to_thread(_prepare, asset, self._cache)


def _found(mounts: Iterable[Mount]) -> Mapping[str, Asset]:
    return {
        f"{mount.prefix}/{path.relative_to(mount.folder).as_posix()}": _asset(path)
        for mount in mounts
        for path in sorted(mount.folder.rglob("*"))
        if path.is_file()
    }


def _asset(path: Path) -> Asset:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    content_type = guessed or "application/octet-stream"
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Asset(
        path=path,
        content_type=content_type,
        is_immutable=_HASHED.search(path.name) is not None,
        is_compressed=path.suffix in _COMPRESSED and path.stat().st_size > _WORTH_IT,
    )


def _prepare(asset: Asset, cache: Path) -> None:
    """Read a file and its compressed forms, which are made the first time. Runs in a thread."""
    raw = asset.path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()[:32]
    asset.etag = f'"{digest}"'
    if not asset.is_compressed:
        asset.encoded = {"": raw}
        return
    asset.encoded = {
        "br": _cached(cache / f"{digest}.br") or _keep(cache / f"{digest}.br", PACK["br"](raw)),
        "gzip": _cached(cache / f"{digest}.gz") or _keep(cache / f"{digest}.gz", PACK["gzip"](raw)),
    }


def _cached(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _keep(path: Path, data: bytes) -> bytes:
    """Remember the bytes for the next start; a full disk costs no more than that."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(f"{path.suffix}.new")
        temporary.write_bytes(data)
        temporary.rename(path)
    except OSError:
        return data
    return data
