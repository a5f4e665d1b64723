"""The package index behind the gateway, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import httpx
from cachetools import TTLCache
from pydantic import ValidationError

from platform_server.environments.addresses import is_elsewhere
from platform_server.environments.model import IndexFile, IndexPage
from platform_server.errors import PackageIndexUnavailable, PackageNotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_FILES, _FRESH = 50_000, 600.0  # lines of pages remembered, for so many seconds
_LARGEST_PAGE = 32 * 2**20  # bytes
_PIECE = 256 * 1024
log = logging.getLogger(__name__)

_TIMEOUT = httpx.Timeout(30.0, pool=60.0)


class PackageIndex(Protocol):
    """Where packages come from."""

    async def page(self, name: str) -> IndexPage:
        """Return a project's files. Raises PackageNotFound, PackageIndexUnavailable."""

    def read(self, name: str, url: str) -> AsyncIterator[bytes]:
        """Give the bytes of a file of that package. Raises as ``page`` does."""

    async def aclose(self) -> None:
        """Let go of connections."""


class HttpIndex:
    """An index that speaks the simple API, as JSON or as HTML."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Ask the index at ``url``, or the public one if that is ""."""
        self._given = url
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT,
            follow_redirects=True,
            transport=transport,
            event_hooks={"request": [self._check_address]},
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

    async def read(self, name: str, url: str) -> AsyncIterator[bytes]:
        """Give a file's bytes, undecoded."""
        del name
        try:
            async with self._client.stream("GET", url, auth=self._auth(url)) as answer:
                _check(answer)
                async for piece in answer.aiter_raw(_PIECE):
                    yield piece
        except httpx.HTTPError as error:
            raise PackageIndexUnavailable from error

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _fetch(self, name: str) -> IndexPage:
        url = f"{str(self._address).rstrip('/')}/{name}/"
        body, auth = bytearray(), self._auth(url)
        headers = {"Accept": _ACCEPT}
        try:
            async with self._client.stream("GET", url, headers=headers, auth=auth) as answer:
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

    @cached_property
    def _address(self) -> httpx.URL:
        """Where the index is, without the name and password that may stand in its address."""
        return httpx.URL(self._given or _public()).copy_with(userinfo=b"")

    def _auth(self, url: str) -> httpx.Auth | None:
        """Return what the index's own host is to be shown; other hosts are shown nothing."""
        given, asked = httpx.URL(self._given), httpx.URL(url)
        if not given.username or (asked.host, asked.port) != (given.host, given.port):
            return None
        return httpx.BasicAuth(given.username, given.password)

    async def _check_address(self, request: httpx.Request) -> None:
        if await is_elsewhere(request.url, self._address):
            log.warning("the package index led to %s, where nobody follows", request.url.host)
            raise PackageIndexUnavailable("The package index led somewhere it must not.")


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
