"""Supabase Storage over HTTP: one shared client, what an answer means, and what to try again.

Nearly every refusal has the status 400, and the one that counts as a string in its body. The key
may do everything: it is in the client's headers and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.settings import StorageKeys

Result = TypeVar("Result")

_CONNECTIONS = httpx.Limits(max_connections=32, max_keepalive_connections=16)
_UNAVAILABLE = 500  # and above
_LONGEST = 200  # letters of an answer that is not Supabase's
_PASSING = {408, 423, 425, 429}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request is tried, in seconds."""

    total: float = 30.0  # with all its repetitions; and what broke in its middle is taken up
    repeat: float = 3.0  # what has not begun is begun again: those who save can be told early
    connect: float = 5.0
    silence: float = 20.0  # in which not a byte moves
    first_pause: float = 0.2  # at most, before it is tried again; then twice as long each time
    longest_pause: float = 5.0


class NoAnswer(Exception):
    """The store does not answer, or somebody else does; the cause says more."""


class Refused(Exception):
    """The store answered, and did not do it."""

    def __init__(self, status: int, kind: str, said: str) -> None:
        super().__init__(f"{status} {kind}: {said}")
        self.status = status  # the one that counts
        self.kind = kind  # in the store's words; empty if somebody else answered
        self.said = said

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed a moment later.

        Reads fail that race an overwrite: with 500 where files are on a disk, with "Not found",
        which is not "not_found", where they are on S3.
        """
        return (
            self.status >= _UNAVAILABLE
            or self.status in _PASSING
            or (self.status, self.kind) == (httpx.codes.NOT_FOUND, "Not found")
        )

    @property
    def is_missing_object(self) -> bool:
        """Whether there is no such object. A missing bucket, or a proxy's page, is not that."""
        return (self.status, self.kind) == (httpx.codes.NOT_FOUND, "not_found")

    @property
    def is_missing_bucket(self) -> bool:
        """Whether there is no such bucket; or, of a GET only, the key is not good (any more)."""
        return self.status == httpx.codes.NOT_FOUND and self.said == "Bucket not found"

    @property
    def is_conflict(self) -> bool:
        """Whether what is to be made is there; of a chunk, whether it is not the next one."""
        return self.status == httpx.codes.CONFLICT

    @property
    def is_full(self) -> bool:
        """Whether the store has no room for it."""
        return self.status in {
            httpx.codes.PAYMENT_REQUIRED,
            httpx.codes.REQUEST_ENTITY_TOO_LARGE,
            httpx.codes.INSUFFICIENT_STORAGE,
        }


class StorageHttp:
    """Sends requests to a project's storage. Raises NoAnswer and Refused."""

    def __init__(self, keys: StorageKeys, patience: Patience) -> None:
        self._patience = patience
        self._client = httpx.AsyncClient(
            base_url=f"{keys.url.rstrip('/')}/storage/v1",
            headers={
                "apikey": keys.service_key,
                "Authorization": f"Bearer {keys.service_key}",
                "Accept-Encoding": "identity",  # positions count bytes as they are stored
            },
            timeout=httpx.Timeout(patience.silence, connect=patience.connect),
            limits=_CONNECTIONS,
            # Reading all certificates takes a while; a project on this machine may have none.
            verify=keys.url.startswith("https:"),
            follow_redirects=False,  # the key goes to this address and to no other
        )

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request, once; return the answer if it is a good one."""
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise NoAnswer from error
        return _good(answer)

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return what is answered in JSON; ask again while what goes wrong may pass."""
        answer = await self.persevering(lambda: self.call(method, path, **more))
        try:
            return answer.json()
        except ValueError as error:  # a page: somebody else lives at this address
            raise NoAnswer from error

    async def begin(self, path: str, *, start: int) -> httpx.Response:
        """Return the answer to a GET from that byte on; its body is still to be read."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        request = self._client.build_request("GET", path, headers=headers)
        try:
            answer = await self._client.send(request, stream=True)
            if not answer.is_success:
                await answer.aread()
        except httpx.HTTPError as error:
            raise NoAnswer from error
        return _good(answer)

    async def persevering(
        self, step: Callable[[], Awaitable[Result]], *, has_begun: bool = False
    ) -> Result:
        """Return what a step returns, which is repeated while what it raises may pass."""
        patience = self._patience

        async def once() -> Result:
            return await step()

        retrying = AsyncRetrying(
            retry=retry_if_exception(may_pass),
            stop=stop_after_delay(patience.total if has_begun else patience.repeat),
            # Not all are to come at the same moment when the store is back.
            wait=wait_random_exponential(patience.first_pause, patience.longest_pause),
            reraise=True,
        )
        return await retrying(once)

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def may_pass(error: BaseException) -> bool:
    """Tell whether the same may succeed a moment later."""
    return isinstance(error, NoAnswer) or (isinstance(error, Refused) and error.is_passing)


def refused(answer: httpx.Response) -> Refused:
    """Return what an answer that is no success says."""
    try:
        body = answer.json()
    except ValueError:  # plain text, as of resumable uploads; or a proxy's page
        body = None
    if not isinstance(body, dict):
        is_page = answer.text.lstrip().startswith("<")
        return Refused(
            answer.status_code, "", answer.reason_phrase if is_page else answer.text[:_LONGEST]
        )
    status = str(body.get("statusCode", ""))
    return Refused(
        int(status) if status.isdecimal() else answer.status_code,
        str(body.get("error", "")),
        str(body.get("message", "")),
    )


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise refused(answer)
