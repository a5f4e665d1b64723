"""Packages for projects: what the index has, within the policy, with a note of what was fetched."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from platform_server.environments.model import IndexFile, IndexPage, PackagePolicy, normalised
from platform_server.errors import PackageDenied, PackageNotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from platform_server.environments.cache import FileCache
    from platform_server.environments.index import PackageIndex
    from platform_server.projects.model import ProjectId

_METADATA = ".metadata"
_LARGEST_METADATA = 16 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PackageEvent:
    """What the gateway did for a project: one line of an installation's progress."""

    kind: str  # "listed", "denied", "downloading", "served"
    package: str
    filename: str = ""
    size: int | None = None  # bytes in all, if known
    done: int = 0  # bytes that came so far


Told = "Callable[[ProjectId, PackageEvent], None]"


class PackageService:
    """The gateway's decisions. The network and the disk are behind it, the sandboxes before it."""

    def __init__(self, index: PackageIndex, cache: FileCache, policy: PackagePolicy) -> None:
        self.listeners: list[Callable[[ProjectId, PackageEvent], None]] = []
        self._index = index
        self._cache = cache
        self._policy = policy

    def start(self) -> None:
        """Make ready."""
        self._cache.start()

    async def aclose(self) -> None:
        """Give up what is being fetched."""
        await self._cache.aclose()
        await self._index.aclose()

    async def page(self, project_id: ProjectId, name: str) -> IndexPage:
        """Return what of a package may be installed, with addresses at the gateway.

        Raises PackageDenied, PackageNotFound, PackageIndexUnavailable.
        """
        package = self._allowed(project_id, name)
        page = await self._index.page(package)
        self._tell(project_id, PackageEvent(kind="listed", package=package))
        files = [
            one.model_copy(update={"url": f"/files/{package}/{one.sha256}/{one.filename}"})
            for one in page.files
            if self._is_served(one)
        ]
        return page.model_copy(update={"files": files})

    async def file(self, project_id: ProjectId, name: str, digest: str, filename: str) -> Path:
        """Return a listed file, or with the ending .metadata what PEP 658 has beside it.

        Raises PackageDenied, PackageNotFound, PackageIndexUnavailable, TooLarge.
        """
        package = self._allowed(project_id, name)
        page = await self._index.page(package)
        for one in page.files:
            if one.sha256 == digest and self._is_served(one):
                if filename == one.filename:
                    return await self._whole(project_id, package, one)
                if filename == one.filename + _METADATA:
                    return await self._metadata(one)
        raise PackageNotFound

    async def _whole(self, project_id: ProjectId, package: str, one: IndexFile) -> Path:
        assert one.sha256 is not None

        def tell(kind: str, done: int) -> None:
            event = PackageEvent(
                kind=kind, package=package, filename=one.filename, size=one.size, done=done
            )
            self._tell(project_id, event)

        path = await self._cache.get(
            one.sha256,
            lambda: self._read(one.url),
            limit=self._policy.max_file_bytes,
            told=lambda done: tell("downloading", done),
        )
        size = path.stat().st_size
        tell("served", size)
        log.info("project %s took the package file %s (%s)", project_id, one.filename, one.sha256)
        return path

    async def _metadata(self, one: IndexFile) -> Path:
        digests = one.core_metadata
        if not isinstance(digests, dict) or "sha256" not in digests:
            raise PackageNotFound
        return await self._cache.get(
            digests["sha256"].lower(),
            lambda: self._read(one.url + _METADATA),
            limit=_LARGEST_METADATA,
            told=lambda _done: None,
        )

    def _read(self, url: str) -> AsyncIterator[bytes]:
        return self._index.read(url)

    def _allowed(self, project_id: ProjectId, name: str) -> str:
        package = normalised(name)
        policy = self._policy
        is_allowed = any(fnmatchcase(package, pattern) for pattern in policy.allow)
        if not is_allowed or any(fnmatchcase(package, pattern) for pattern in policy.deny):
            self._tell(project_id, PackageEvent(kind="denied", package=package))
            log.warning("project %s asked for the package %s, which is denied", project_id, package)
            raise PackageDenied(f'The package "{package}" may not be installed on this server.')
        return package

    def _is_served(self, one: IndexFile) -> bool:
        is_small = one.size is None or one.size <= self._policy.max_file_bytes
        return (
            one.sha256 is not None and is_small and (one.is_wheel or not self._policy.wheels_only)
        )

    def _tell(self, project_id: ProjectId, event: PackageEvent) -> None:
        for listener in self.listeners:
            listener(project_id, event)
