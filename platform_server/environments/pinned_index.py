"""Two indexes, of which each name has one: a private name is never looked for in public."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.errors import PackageDenied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from platform_server.environments.index import PackageIndex
    from platform_server.environments.model import IndexPage


class PinnedIndex:
    """Asks the private index for private names, and the public one for all others."""

    def __init__(
        self,
        public: PackageIndex,
        private: PackageIndex | None,
        *,
        is_private: Callable[[str], bool],
    ) -> None:
        self._public = public
        self._private = private
        self._is_private = is_private

    async def page(self, name: str) -> IndexPage:
        """Return a project's files. Raises PackageDenied for a private name without an index."""
        return await self._of(name).page(name)

    def read(self, name: str, url: str) -> AsyncIterator[bytes]:
        """Give a file's bytes."""
        return self._of(name).read(name, url)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._public.aclose()
        if self._private is not None:
            await self._private.aclose()

    def _of(self, name: str) -> PackageIndex:
        if not self._is_private(name):
            return self._public
        if self._private is None:
            raise PackageDenied(
                f'The package "{name}" comes from the private index, which this server has not got.'
            )
        return self._private
