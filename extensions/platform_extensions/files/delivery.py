"""Sending a file: in pieces, in part, not at all when the reader has it; and never as a page."""

from __future__ import annotations

import json
import mimetypes
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from platform_extensions.failures import failure_of, refusal_of
from platform_extensions.files.conditions import etag_of, is_unchanged
from platform_extensions.files.ranges import Span, Unsatisfiable, span_of
from platform_server.contents.model import Kind
from platform_server.errors import WrongKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tornado.web import RequestHandler

    from platform_server.contents.model import Entry
    from platform_server.contents.service import ContentsService

# Shown in the browser; everything else is saved to disk. None of these can carry a script, and the
# policy below switches scripts off and takes the origin away should a browser think otherwise.
_SHOWN = {
    "application/json",
    "application/pdf",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/mp4",
    "video/ogg",
    "video/webm",
}
POLICY = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"


async def deliver(
    handler: RequestHandler,
    contents: ContentsService,
    entry: Entry,
    *,
    download: bool = False,
) -> None:
    """Answer a GET or HEAD with a file. The handler must not have answered anything yet.

    Raises WrongKind for a folder.
    """
    if entry.kind is not Kind.FILE:
        raise WrongKind(f'"{entry.path}" is a folder, not a file.')
    etag = etag_of(entry)
    _set_headers(handler, entry, etag, download=download)
    if is_unchanged(handler.request.headers, etag):
        handler.set_status(304)
        return
    span = announce(handler, _range_header(handler, etag), entry.size or 0)
    if span is not None and handler.request.method != "HEAD":
        await send(handler, contents.stream(entry, start=span.start), span.length)


def announce(handler: RequestHandler, wanted: str | None, size: int) -> Span | None:
    """Say which of so many bytes are sent, by what a Range header wants.

    None: none of these are there, and the answer has said so.
    """
    try:
        span = span_of(wanted, size)
    except Unsatisfiable:
        handler.set_status(416)
        handler.set_header("Content-Range", f"bytes */{size}")
        handler.set_header("Content-Type", "application/json")
        handler.finish(json.dumps(refusal_of(failure_of(None, 416))))
        return None
    if span is not None:
        handler.set_status(206)
        handler.set_header("Content-Range", f"bytes {span.start}-{span.stop - 1}/{size}")
    span = span or Span(start=0, stop=size)
    handler.set_header("Content-Length", str(span.length))
    return span


async def send(handler: RequestHandler, pieces: AsyncIterator[bytes], length: int) -> None:
    """Write so many bytes, waiting for a slow reader; whoever goes away ends it."""
    async with aclosing(cast("AsyncGenerator[bytes, None]", pieces)) as stream:
        async for piece in stream:
            handler.write(piece[:length])
            await handler.flush()
            length -= len(piece)
            if length <= 0:
                return


def _set_headers(
    handler: RequestHandler, entry: Entry, etag: str | None, *, download: bool
) -> None:
    kind = _content_type(entry.name)
    way = "attachment" if download or kind.partition(";")[0] not in _SHOWN else "inline"
    for name, value in {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(entry.name, safe='')}",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Last-Modified": entry.modified_at,
        "X-Content-Type-Options": "nosniff",
    }.items():
        handler.set_header(name, cast("Any", value))
    handler.set_header("Content-Type", kind)
    if etag is not None:
        handler.set_header("Etag", etag)


def _content_type(name: str) -> str:
    if name.lower().endswith(".ipynb"):
        return "application/x-ipynb+json"
    kind, encoding = mimetypes.guess_type(name, strict=False)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    if kind is None:
        return "application/octet-stream"
    return f"{kind}; charset=UTF-8" if kind.startswith("text/") else kind


def _range_header(handler: RequestHandler, etag: str | None) -> str | None:
    """Return the Range header, unless it was meant for another content."""
    condition = handler.request.headers.get("If-Range")
    if condition is not None and condition != etag:
        return None
    return handler.request.headers.get("Range")
