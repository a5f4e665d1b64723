"""Content codings: what is sent to many is packed once, for all who can unpack it.

Only what holds no secret of whoever asks is packed: how long an answer gets would tell of it, to
who can put guesses beside it.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # its authors ship no types

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

_BROTLI_QUALITY = 5
_GZIP_LEVEL = 6


def _brotli(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=_BROTLI_QUALITY)
    return packed


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, _GZIP_LEVEL, mtime=0)


# How to pack, by the name of the coding, the best one first. To be called in a thread.
PACK: Mapping[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


def coding_for(accepted: str, among: Container[str] = PACK) -> str:
    """Return the coding to be used for whoever sends this Accept-Encoding, "" for none."""
    welcome = {name for name, weight in map(_choice, accepted.split(",")) if weight > 0}
    return next((one for one in PACK if one in welcome and one in among), "")


def _choice(part: str) -> tuple[str, float]:
    """Return a coding of an Accept-Encoding, and how welcome it is."""
    name, _, weight = (piece.strip().lower() for piece in part.partition(";"))
    try:
        return name, float(weight.removeprefix("q=") or 1)
    except ValueError:
        return name, 0.0
