"""What a cell put out, as JupyterLab would have kept it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_kernels.cell_outputs import CellOutputs
from platform_kernels.stream_text import StreamText


def outputs(*messages: tuple[str, dict[str, Any]], limit: int = 10_000) -> list[dict[str, Any]]:
    kept = CellOutputs(limit)
    for kind, content in messages:
        kept.add(kind, content, len(json.dumps(content)))
    return kept.to_outputs()


def printed(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def shown(text: str, display: str = "", kind: str = "display_data") -> tuple[str, dict[str, Any]]:
    transient = {"display_id": display} if display else {}
    return kind, {"data": {"text/plain": text}, "metadata": {}, "transient": transient}


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [one["text"] if "text" in one else one["data"]["text/plain"] for one in found]


# The expected values are what JupyterLab 4.6's OutputAreaModel.processText answers.
@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["a\n", "b\n"], "a\nb\n"),
        (["10%", "\r20%", "\r100%\n", "done"], "100%\ndone"),
        (["abc\rX"], "Xbc"),
        (["one\ntwo\rT"], "one\nTwo"),
        (["abc\b\bX"], "aX"),
        (["\n\b\bx"], "\nx"),
        (["abc\r\nd"], "abc\nd"),
        (["abc", "\r", "xy", "\n"], "xyc\n"),
        (["abcdef\rxyz\b"], "xyef"),
        (["", "a", ""], "a"),
    ],
)
def test_control_characters_do_what_they_do_on_the_page(pieces: list[str], expected: str) -> None:
    text = StreamText()
    for piece in pieces:
        text.write(piece)
    assert str(text) == expected
    assert len(text) == len(expected)


def test_streams_of_one_name_run_together_until_something_else_comes() -> None:
    found = outputs(
        printed("a"), printed("b\n"), printed("!", "stderr"), printed("c"), shown("x"), printed("d")
    )
    assert texts(found) == ["ab\n", "!", "c", "x", "d"]


def test_results_and_errors_are_kept_as_the_notebook_format_wants_them() -> None:
    result = {
        "data": {"text/plain": "4"},
        "metadata": {},
        "execution_count": 3,
        "transient": {},
    }
    error = {"ename": "E", "evalue": "no", "traceback": ["a", "b"], "engine_info": 1}
    assert outputs(("execute_result", result), ("error", error)) == [
        {
            "output_type": "execute_result",
            "data": {"text/plain": "4"},
            "metadata": {},
            "execution_count": 3,
        },
        {"output_type": "error", "ename": "E", "evalue": "no", "traceback": ["a", "b"]},
    ]


def test_clearing_with_wait_clears_when_the_next_output_comes() -> None:
    wait: tuple[str, dict[str, Any]] = ("clear_output", {"wait": True})
    assert texts(outputs(printed("a"), wait)) == ["a"]
    assert texts(outputs(printed("a"), wait, printed("b"), printed("c"))) == ["bc"]
    assert outputs(printed("a"), ("clear_output", {"wait": False})) == []


def test_a_display_is_updated_wherever_it_is_shown() -> None:
    update = shown("new", "bar", "update_display_data")
    assert texts(outputs(shown("old", "bar"), printed("x"), shown("b"), update)) == [
        "new",
        "x",
        "b",
    ]
    assert texts(outputs(shown("old", "bar"), shown("again", "bar"))) == ["again", "again"]
    assert outputs(update) == []


def test_what_is_too_much_is_left_out_and_a_line_says_so() -> None:
    found = outputs(printed("x" * 600), printed("y" * 600), limit=2000)
    assert texts(found)[:1] == ["x" * 600]
    assert "left out" in texts(found)[-1]


def test_a_progress_bar_does_not_use_the_room_up() -> None:
    found = outputs(*(printed(f"\r{number:5}%") for number in range(2000)), limit=2000)
    assert texts(found) == [" 1999%"]


def test_there_is_room_again_once_it_was_cleared() -> None:
    clear: tuple[str, dict[str, Any]] = ("clear_output", {"wait": False})
    found = outputs(printed("x" * 900), printed("y" * 900), clear, printed("z"), limit=2000)
    assert texts(found) == ["z"]


def test_malformed_messages_are_passed_over() -> None:
    assert (
        outputs(
            ("stream", {"name": "elsewhere", "text": "a"}),
            ("stream", {"name": "stdout", "text": 1}),
            ("display_data", {"data": "a"}),
            ("display_data", {"data": {}, "metadata": []}),
        )
        == []
    )
