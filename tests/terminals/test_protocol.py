"""What clients of a terminal's websocket may say."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_extensions.terminals.protocol import (
    MAX_MESSAGE,
    NoShells,
    Resized,
    Typed,
    parse_message,
)
from platform_server.errors import AccessDenied, InvalidInput, PlatformError, TooLarge


def test_typing_is_utf8() -> None:
    assert parse_message('["stdin", "ä\\u0003"]') == Typed(data="ä\x03".encode())


def test_half_of_a_surrogate_pair_is_typed_as_a_question_mark() -> None:
    assert parse_message('["stdin", "\\ud83d"]') == Typed(data=b"?")


def test_a_size_is_rows_and_columns_and_within_reason() -> None:
    assert parse_message('["set_size", 24, 80]') == Resized(rows=24, columns=80)
    assert parse_message('["set_size", 24, 80, 480.5, 640]') == Resized(rows=24, columns=80)
    assert parse_message('["set_size", 99999, 80]') == Resized(rows=1000, columns=80)


@pytest.mark.parametrize("message", ['["set_size", 0, 80]', '["set_size", null, null]', '["hm"]'])
def test_what_says_nothing_of_use_is_passed_over(message: str) -> None:
    assert parse_message(message) is None


@pytest.mark.parametrize(
    "message", ["", "{}", "[]", "null", "x", '["stdin"]', '["stdin", 1]', "[" * 100_000, b"\xff"]
)
def test_what_is_no_message_is_refused(message: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_message(message)


def test_a_message_has_at_most_a_million_characters() -> None:
    with pytest.raises(TooLarge):
        parse_message('["stdin", "' + "x" * MAX_MESSAGE + '"]')


@given(st.text() | st.binary())
def test_no_message_causes_anything_but_a_refusal(message: str | bytes) -> None:
    with contextlib.suppress(PlatformError):
        parse_message(message)


def test_terminado_starts_no_shell_on_the_server() -> None:
    manager = NoShells()
    for start in (manager.new_terminal, manager.get_terminal):
        with pytest.raises(AccessDenied):
            start()
