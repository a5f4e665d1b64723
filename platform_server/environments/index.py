"""The package index behind the gateway, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol

import httpx
from cachetools import TTLCache
from pydantic import ValidationError

from platform_server.environments.model import IndexFile, IndexPage
from platform_server.errors import PackageIndexUnavailable, PackageNotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_FILES, _FRESH = 50_000, 600.0  # lines of pages remembered, for so many seconds
_LARGEST_PAGE = 32 * 2**20  # bytes
_PIECE = 256 * 1024
_TIMEOUT = httpx.Timeout(30.0, pool=60.0)


class PackageIndex(Protocol):
    """Where packages come from."""

    async def page(self, name: str) -> IndexPage:
        """Return a project's files. Raises PackageNotFound, PackageIndexUnavailable."""

    def read(self, url: str) -> AsyncIterator[bytes]:
        """Give a file's bytes. Raises PackageNotFound, PackageIndexUnavailable."""

    async def aclose(self) -> None:
        """Let go of connections."""


class HttpIndex:
    """An index that speaks the simple API, as JSON or as HTML."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ask the index at ``url``, or the public one if that is ""."""
        self._address = url
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT, follow_redirects=True, transport=transport
        )
        self._pages: TTLCache[str, IndexPage] = TTLCache(
            _FILES, _FRESH, getsizeof=lambda page: len(page.files) + 1
        )

    async def page(self, name: str) -> IndexPage:
        """Return a project's files, as they were a few minutes ago at most."""
        page = self._pages.get(name)
        if page is None:
            page = await self._fetch(name)
            with contextlib.suppress(ValueError):  # larger than all that is remembered
                self._pages[name] = page
        return page

    async def read(self, url: str) -> AsyncIterator[bytes]:
        """Give a file's bytes, undecoded."""
        try:
            async with self._client.stream("GET", url) as answer:
                _check(answer)
                async for piece in answer.aiter_raw(_PIECE):
                    yield piece
        except httpx.HTTPError as error:
            raise PackageIndexUnavailable from error

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _fetch(self, name: str) -> IndexPage:
        url = f"{(self._address or _public()).rstrip('/')}/{name}/"
        body = bytearray()
        try:
            async with self._client.stream("GET", url, headers={"Accept": _ACCEPT}) as answer:
                _check(answer)
                async for piece in answer.aiter_bytes(_PIECE):
                    body += piece
                    if len(body) > _LARGEST_PAGE:
                        raise PackageIndexUnavailable
                kind = answer.headers.get("content-type", "")
                # In a thread: the largest pages have tens of thousands of files.
                return await asyncio.to_thread(_parse, name, bytes(body), kind, str(answer.url))
        except httpx.HTTPError as error:
            raise PackageIndexUnavailable from error


def _public() -> str:
    # It takes half a second to import, which each start of the server can do without.
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    return PYPI_SIMPLE_ENDPOINT


def _check(answer: httpx.Response) -> None:
    if answer.status_code in {404, 410}:
        raise PackageNotFound
    if answer.status_code != httpx.codes.OK:
        raise PackageIndexUnavailable


def _parse(name: str, body: bytes, kind: str, url: str) -> IndexPage:
    if kind.startswith("application/vnd.pypi.simple.v1+json"):
        with contextlib.suppress(ValidationError):
            page = IndexPage.model_validate_json(body)
            for one in page.files:
                one.url = str(httpx.URL(url).join(one.url))
            return page
        raise PackageIndexUnavailable
    from pypi_simple import ProjectPage  # see above

    try:
        listed = ProjectPage.from_html(name, body, base_url=url)
    except ValueError as error:
        raise PackageIndexUnavailable from error
    files = [
        IndexFile(
            filename=one.filename,
            url=one.url,
            hashes=one.digests,
            requires_python=one.requires_python,
            yanked=one.yanked_reason or one.is_yanked,
            core_metadata=one.metadata_digests or bool(one.has_metadata),
        )
        for one in listed.packages
        if one.digests.get("sha256")
    ]
    return IndexPage(name=name, files=files)
