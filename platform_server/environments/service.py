"""Packages for projects: what the index has, within the policy, with a note of what was fetched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from platform_server import clock
from platform_server.environments import policy as rules
from platform_server.environments.model import (
    IndexFile,
    IndexPage,
    PackagePolicy,
    normalised,
    version_of,
)
from platform_server.errors import PackageDenied, PackageNotFound, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from platform_server.environments.allowance import Allowance
    from platform_server.environments.cache import FileCache
    from platform_server.environments.index import PackageIndex
    from platform_server.environments.ledger import Ledger
    from platform_server.projects.model import ProjectId

_METADATA = ".metadata"
_LARGEST_METADATA = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class PackageEvent:
    """What the gateway did for a project: one line of an installation's progress."""

    # "listed"; "withheld": not all of it was; "denied"; "downloading"; "served"; "noted"
    kind: str
    package: str
    filename: str = ""
    size: int | None = None  # bytes in all, if known
    done: int = 0  # bytes that came so far
    reason: str = ""


class PackageService:
    """The gateway's decisions. The network and the disk are behind it, the sandboxes before it."""

    def __init__(
        self,
        index: PackageIndex,
        cache: FileCache,
        policy: PackagePolicy,
        *,
        ledger: Ledger,
        allowance: Allowance,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self.listeners: list[Callable[[ProjectId, PackageEvent], None]] = []
        self.policy = policy
        self._index = index
        self._cache = cache
        self._ledger = ledger
        self._allowance = allowance
        self._now = now

    def start(self) -> None:
        """Make ready."""
        self._cache.start()

    async def aclose(self) -> None:
        """Give up what is being fetched."""
        await self._cache.aclose()
        await self._index.aclose()

    async def page(self, project_id: ProjectId, name: str) -> IndexPage:
        """Return what of a package may be installed, with addresses at the gateway.

        Raises PackageDenied, PackageNotFound, PackageIndexUnavailable, StorageUnavailable.
        """
        package = await self._allowed(project_id, name)
        page = await self._index.page(package)
        refusals = [self._refusal(package, one) for one in page.files]
        self._tell(project_id, PackageEvent(kind="listed", package=package))
        for reason, count in Counter(one for one in refusals if one).items():
            withheld = f"{count} of its files: {reason}"
            self._tell(project_id, PackageEvent(kind="withheld", package=package, reason=withheld))
        files = [
            one.model_copy(update={"url": f"/files/{package}/{one.sha256}/{one.filename}"})
            for one, refusal in zip(page.files, refusals, strict=True)
            if refusal is None
        ]
        return page.model_copy(update={"files": files})

    async def file(self, project_id: ProjectId, name: str, digest: str, filename: str) -> Path:
        """Return a listed file, or with the ending .metadata what PEP 658 has beside it.

        Raises PackageDenied, PackageNotFound, PackageIndexUnavailable, TooLarge,
        StorageUnavailable.
        """
        package = await self._allowed(project_id, name)
        one = await self._find(package, digest, filename.removesuffix(_METADATA))
        if filename != one.filename:
            return await self._metadata(package, one)
        return await self._whole(project_id, package, one)

    async def hashes(self, name: str, version: str) -> tuple[str, ...]:
        """Return the digests of all files of that version that may be installed.

        Raises PackageDenied, PackageNotFound, PackageIndexUnavailable.
        """
        page = await self._index.page(normalised(name))
        return tuple(
            one.sha256
            for one in page.files
            if one.sha256 is not None
            and version_of(one.filename) == version
            and self._refusal(normalised(name), one) is None
        )

    async def note_refused(self, project_id: ProjectId, reason: str) -> None:
        """Keep that a project wanted something of the gateway that is for no package."""
        await self._ledger.refused(project_id, "", reason)

    async def _find(self, package: str, digest: str, filename: str) -> IndexFile:
        for one in (await self._index.page(package)).files:
            if (one.sha256, one.filename) == (digest, filename):
                if self._refusal(package, one) is not None:
                    break
                return one
        raise PackageNotFound

    async def _whole(self, project_id: ProjectId, package: str, one: IndexFile) -> Path:
        assert one.sha256 is not None

        def tell(kind: str, done: int, reason: str = "") -> None:
            event = PackageEvent(
                kind=kind,
                package=package,
                filename=one.filename,
                size=one.size,
                done=done,
                reason=reason,
            )
            self._tell(project_id, event)

        async def refuse_beyond_allowance(size: int) -> None:
            reason = await self._allowance.refusal(project_id, digest, size)
            if reason is not None:
                await self._refuse(project_id, package, reason, one.filename)

        digest, note = one.sha256, self._note(package, one)
        if note:
            tell("noted", 0, note)
        await refuse_beyond_allowance(one.size or 0)
        try:
            path = await self._cache.get(
                digest,
                lambda: self._index.read(package, one.url),
                limit=self.policy.max_file_bytes,
                told=lambda done: tell("downloading", done),
            )
        except TooLarge as error:
            await self._refuse(project_id, package, error.message, one.filename)
        size = path.stat().st_size
        await refuse_beyond_allowance(size)
        await self._ledger.took(project_id, package, one, size, note)
        tell("served", size)
        return path

    async def _metadata(self, package: str, one: IndexFile) -> Path:
        digests = one.core_metadata
        if not isinstance(digests, dict) or "sha256" not in digests:
            raise PackageNotFound
        return await self._cache.get(
            digests["sha256"].lower(),
            lambda: self._index.read(package, one.url + _METADATA),
            limit=_LARGEST_METADATA,
            told=lambda _done: None,
        )

    async def _allowed(self, project_id: ProjectId, name: str) -> str:
        package = normalised(name)
        reason = rules.refusal_of_name(self.policy, package)
        if reason is not None:
            await self._refuse(project_id, package, reason)
        return package

    async def _refuse(
        self, project_id: ProjectId, package: str, reason: str, filename: str = ""
    ) -> NoReturn:
        event = PackageEvent(kind="denied", package=package, filename=filename, reason=reason)
        self._tell(project_id, event)
        await self._ledger.refused(project_id, package, reason, filename)
        raise PackageDenied(reason)

    def _refusal(self, package: str, one: IndexFile) -> str | None:
        if rules.is_private(self.policy, package):
            return rules.refusal_of_any_file(self.policy, one)
        return rules.refusal_of_file(self.policy, one, now=self._now())

    def _note(self, package: str, one: IndexFile) -> str:
        if rules.is_private(self.policy, package):
            return ""
        return rules.youth(self.policy, one, now=self._now()) or ""

    def _tell(self, project_id: ProjectId, event: PackageEvent) -> None:
        for listener in self.listeners:
            listener(project_id, event)
