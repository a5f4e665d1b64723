"""Conditional requests: a file's ETag is the SHA-256 of its bytes. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.contents.model import BlobHash, Entry
from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

_TAG = re.compile(r'\s*(?:W/)?"([0-9a-f]{64})"\s*')


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What has to be true of a file for it to be changed."""

    must_be_new: bool = False  # If-None-Match: *
    expected: BlobHash | None = None  # If-Match: "<hash>"

    @property
    def are_set(self) -> bool:
        """Whether there is any."""
        return self.must_be_new or self.expected is not None


NONE = Conditions()


def etag_of(entry: Entry) -> str | None:
    """Return a file's ETag, None for what has no stable content."""
    return None if entry.revision is None else f'"{entry.revision.blob}"'


def conditions_of(headers: HTTPHeaders) -> Conditions:
    """Return the conditions of a request that changes a file; raises InvalidInput.

    ``If-Match: *`` and lists are refused: nobody could mean them for a lossless save.
    """
    must_be_new = _only_star(headers.get("If-None-Match"))
    match = headers.get("If-Match")
    if match is None:
        return Conditions(must_be_new=must_be_new)
    tag = _TAG.fullmatch(match)
    if tag is None:
        raise InvalidInput(
            "If-Match takes one SHA-256 in quotes: of the bytes below a file, or a version."
        )
    return Conditions(must_be_new=must_be_new, expected=BlobHash(tag[1]))


def is_unchanged(headers: HTTPHeaders, etag: str | None) -> bool:
    """Tell whether the reader has this content already (If-None-Match of a GET)."""
    known = headers.get("If-None-Match", "")
    return etag is not None and (known.strip() == "*" or etag.strip('"') in _TAG.findall(known))


def _only_star(value: str | None) -> bool:
    if value is None:
        return False
    if value.strip() != "*":
        raise InvalidInput("If-None-Match takes only * here: save where there is nothing.")
    return True
