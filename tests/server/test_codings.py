"""Which content coding a reader gets."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # its authors ship no types
import pytest

from platform_server.codings import PACK, coding_for

BROWSERS = "gzip, deflate, br, zstd"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (BROWSERS, "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5 , deflate", "gzip"),
        ("br;q=0, gzip;q=1.0", "gzip"),
        ("br; q=0.000", ""),
        ("brotli", ""),
        ("gzip;q=much", ""),
        ("identity", ""),
        ("*", ""),
        ("", ""),
        (",;,q=", ""),
    ],
)
def test_a_reader_gets_the_best_coding_that_is_welcome(accepted: str, coding: str) -> None:
    assert coding_for(accepted) == coding


def test_a_coding_that_is_not_there_is_not_chosen() -> None:
    assert coding_for(BROWSERS, {"gzip"}) == "gzip"
    assert coding_for(BROWSERS, ()) == ""


def test_what_is_packed_can_be_unpacked() -> None:
    data = b"cell " * 1000
    assert brotli.decompress(PACK["br"](data)) == data
    assert gzip.decompress(PACK["gzip"](data)) == data
    assert all(len(pack(data)) < len(data) / 10 for pack in PACK.values())
