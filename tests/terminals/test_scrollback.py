"""What of a shell's output is kept for those who join later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_server.testing.scrollback import Scrollback


def test_all_is_kept_while_there_is_room() -> None:
    kept = Scrollback(limit=20)
    kept.append(b"one\r\n")
    kept.append(b"two")
    assert kept.text() == b"one\r\ntwo"


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"lost\r\nkept\r\n", b"kept\r\n"),
        (b"\x1b[31;1mred\x1b[0m", b"\x1b[0m"),
        ("äääääääääää".encode(), "äääää".encode()),
        (b"0123456789ab", b"123456789ab"),
    ],
)
def test_what_is_shown_after_a_cut_starts_with_a_line_a_sequence_or_a_letter(
    output: bytes, shown: bytes
) -> None:
    kept = Scrollback(limit=11)
    kept.append(output)
    assert kept.text() == shown


def test_a_chunk_larger_than_the_limit_keeps_its_end() -> None:
    kept = Scrollback(limit=6)
    kept.append(b"0123456789\nab\ncd")
    assert kept.text() == b"ab\ncd"


@given(st.lists(st.binary(max_size=40)), st.integers(min_value=1, max_value=50))
def test_it_is_always_the_end_of_the_output_and_never_more_than_the_limit(
    chunks: list[bytes], limit: int
) -> None:
    kept = Scrollback(limit=limit)
    for chunk in chunks:
        kept.append(chunk)
    assert b"".join(chunks).endswith(kept.text())
    assert len(kept.text()) <= limit
