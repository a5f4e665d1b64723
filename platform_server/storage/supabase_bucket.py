"""A bucket of Supabase Storage: what is asked of it, and what its answers mean."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import TYPE_CHECKING

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from platform_server.errors import StorageUnavailable
from platform_server.storage.supabase_http import NoAnswer, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.storage.supabase_http import StorageHttp

_PAGE = 1000  # names: the server gives, and removes, no more at once
_CUTS = 5  # one after the other, without a byte between them


class Metadata(BaseModel):
    """What a list says of an object's bytes."""

    size: int


class Stored(BaseModel):
    """An object, as a list has it."""

    name: str  # the whole key
    created_at: datetime
    metadata: Metadata


class Folder(BaseModel):
    """What several names begin with."""

    name: str  # with a slash at its end


class Page(BaseModel):
    """A part of a list."""

    model_config = ConfigDict(populate_by_name=True)

    folders: list[Folder]
    objects: list[Stored]
    hasNext: bool  # noqa: N815 - as the server calls it
    nextCursor: str | None = None  # noqa: N815


class Bucket:
    """A private bucket. Every method raises NoAnswer and Refused."""

    def __init__(self, http: StorageHttp, name: str) -> None:
        self._http = http
        self._name = name

    async def make(self) -> None:
        """Make it unless somebody did. Raises StorageUnavailable if it is a public one."""
        wanted = {"id": self._name, "name": self._name, "public": False}
        try:
            await self._http.ask("POST", "/bucket", json=wanted)
        except Refused as refusal:
            if not refusal.is_conflict:
                raise
            await self._require_private()

    async def has(self, key: str) -> bool:
        """Tell whether there is such an object."""
        try:  # with a GET: the answer to a HEAD does not say what is missing
            await self._http.ask("GET", f"/object/info/{self._name}/{key}")
        except Refused as refusal:
            if not refusal.is_missing_object:
                raise
            return False
        return True

    async def add(self, key: str, content: bytes) -> None:
        """Make an object in one request; fine if there is one of that name."""
        form = {"file": ("blob", content, "application/octet-stream")}
        path, headers = f"/object/{self._name}/{key}", {"x-upsert": "false"}
        try:
            answer = await self._http.ask(
                "POST", path, files=form, data={"cacheControl": "0"}, headers=headers
            )
        except Refused as refusal:
            if not refusal.is_conflict:
                raise
        else:
            if "Key" not in answer:  # whoever says that all is well has not kept it
                raise NoAnswer

    async def remove(self, keys: list[str]) -> int:
        """Remove some objects, and return how many there were. At most 1,000, at least one."""
        try:
            gone = await self._http.ask("DELETE", f"/object/{self._name}", json={"prefixes": keys})
        except Refused as refusal:
            if not refusal.is_missing_bucket:
                raise
            return 0
        return len(gone)

    async def pages(self, prefix: str, *, with_delimiter: bool = False) -> AsyncIterator[Page]:
        """Give everything whose name begins so, or with a delimiter: what is in that folder."""
        cursor: str | None = None
        while True:
            page = await self.page(prefix, with_delimiter=with_delimiter, cursor=cursor)
            yield page
            if not page.hasNext:
                return
            cursor = page.nextCursor

    async def page(
        self, prefix: str, *, with_delimiter: bool = False, cursor: str | None = None
    ) -> Page:
        """Return a page of that list."""
        # Version 1 of lists takes "a" and "A" for the same, and is cut off without a word.
        asked = {"prefix": prefix, "with_delimiter": with_delimiter, "limit": _PAGE}
        more = {} if cursor is None else {"cursor": cursor}
        found = await self._http.ask("POST", f"/object/list-v2/{self._name}", json=asked | more)
        try:
            return Page.model_validate(found)
        except ValidationError as error:
            raise NoAnswer from error

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Give an object's bytes; after a break from where it was on."""
        offset = cuts = 0
        while True:
            answer = await self._begin(key, offset)
            skip = 0 if answer.status_code == httpx.codes.PARTIAL_CONTENT else offset
            try:
                async for piece in answer.aiter_raw():
                    fresh, skip = piece[skip:], max(0, skip - len(piece))
                    if fresh:
                        offset, cuts = offset + len(fresh), 0
                        yield fresh
            except httpx.HTTPError as error:
                cuts += 1
                if cuts == _CUTS:
                    raise NoAnswer from error
            else:
                return
            finally:
                await answer.aclose()

    async def _begin(self, key: str, offset: int) -> httpx.Response:
        path = f"/object/{self._name}/{key}"
        return await self._http.persevering(
            lambda: self._http.begin(path, start=offset), has_begun=offset > 0
        )

    async def _require_private(self) -> None:
        bucket = await self._http.ask("GET", f"/bucket/{self._name}")
        if bucket.get("public"):
            raise StorageUnavailable(
                f'The bucket "{self._name}" is public: make it private, in Supabase.'
            )
