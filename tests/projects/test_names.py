"""The one rule for names and paths, on all that anybody can type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_server.errors import InvalidName, InvalidPath
from platform_server.projects import names

ANYTHING = st.text(st.characters())  # surrogates and controls as well
USUAL = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/\\")
SEGMENTS = st.text(USUAL, min_size=1).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) <= 255
)


@given(ANYTHING)
def test_a_name_is_refused_or_can_be_used_everywhere(name: str) -> None:
    try:
        stored = names.check_name(name)
    except InvalidName:
        return
    assert unicodedata.is_normalized("NFC", stored)
    assert names.check_name(stored) == stored
    assert 1 <= len(stored.encode()) <= names.MAX_NAME_BYTES
    assert stored not in {".", ".."}
    assert not set("/\\\0\n") & set(stored)
    assert names.parse_path(stored) == stored


@given(ANYTHING)
def test_a_path_is_refused_or_stays_below_its_project(path: str) -> None:
    try:
        parsed = names.parse_path(path)
    except InvalidPath:
        return
    assert not parsed.startswith("/")
    assert ".." not in parsed.split("/")
    assert len(parsed.encode()) <= names.MAX_PATH_BYTES
    assert names.parse_path(f"/{parsed}/") == parsed


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_a_path_is_its_segments(segments: list[str]) -> None:
    path = "/".join(segments)

    assert names.parse_path(path) == path
    assert names.name_of(path) == segments[-1]
    assert names.parent_of(path) == "/".join(segments[:-1])
    assert names.join(names.parent_of(path), names.name_of(path)) == path
    assert [names.name_of(above) for above in names.ancestors(path)] == segments[:-1]
    assert all(names.is_within(path, above) for above in ["", *names.ancestors(path), path])


@given(SEGMENTS, SEGMENTS)
def test_a_name_that_only_begins_alike_is_not_within(one: str, more: str) -> None:
    assert not names.is_within(one + more, one)
    assert not names.is_within(f"{one}{more}/{one}", one)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (".", "stands for a folder"),
        ("..", "stands for a folder"),
        ("a/b", "slash"),
        ("a\\b", "backslash"),
        ("a\0b", "control character"),
        ("a\x7f", "control character"),
        ("a\ud800", "control character"),
        ("é" * 128, "longer than 255 bytes"),
    ],
)
def test_a_refusal_names_the_reason(name: str, reason: str) -> None:
    with pytest.raises(InvalidName, match=reason):
        names.check_name(name)


@pytest.mark.parametrize("name", [" a", "a ", "\u2003a", "a.", "..."])
def test_a_projects_name_has_neither_blanks_at_its_ends_nor_a_dot(name: str) -> None:
    with pytest.raises(InvalidName, match=r"blank|dot"):
        names.check_project_name(name)


@pytest.mark.parametrize("path", ["a//b", "a/../b", "..", "a/./b", "a\\b", "\0", "a\x01/b"])
def test_a_path_that_means_another_is_refused(path: str) -> None:
    with pytest.raises(InvalidPath):
        names.parse_path(path)


def test_paths_have_a_length_and_a_depth() -> None:
    assert names.parse_path("/".join(["a"] * 64)).count("/") == 63
    with pytest.raises(InvalidPath, match="deeper"):
        names.parse_path("/".join(["a"] * 65))
    with pytest.raises(InvalidPath, match="longer"):
        names.parse_path("/".join(["a" * 250] * 9))


@pytest.mark.parametrize("name", ["CON", "nul.txt", ".hidden", "a:b", "日本.ipynb", "a b", "-rf"])
def test_what_other_systems_reserve_is_a_name_like_another(name: str) -> None:
    assert names.check_name(name) == name
