"""Names of conflict copies."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from platform_server.contents.conflicts import conflict_paths
from platform_server.projects.names import parent_of, parse_path

NOON = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def test_a_conflict_copy_says_whose_it_is_and_when() -> None:
    assert list(islice(conflict_paths("sub/a.tar.gz", "Bob", NOON), 2)) == [
        "sub/a.tar (conflict of Bob 2026-01-01 12.30.00).gz",
        "sub/a.tar (conflict of Bob 2026-01-01 12.30.00 2).gz",
    ]
    assert next(conflict_paths(".env", "", NOON)) == (
        ".env (conflict of somebody 2026-01-01 12.30.00)"
    )


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 255))
def test_its_name_can_always_be_used(author: str, length: int) -> None:
    path = f"sub/{'é' * (length // 2)}x.txt"[:255]

    for copy in islice(conflict_paths(path, author, NOON), 2):
        assert parse_path(copy) == copy
        assert parent_of(copy) == "sub"
