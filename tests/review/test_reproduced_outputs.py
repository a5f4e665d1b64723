"""What counts as the same output when a notebook is run again, and what a report says."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import pytest

from platform_server.review.reproduction.outputs import compare
from platform_server.review.reproduction.report import MOST_KEPT, again, job_of, report_of
from platform_server.testing.places import code_cell, notebook


def stream(text: str | list[str], name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def result(**data: Any) -> dict[str, Any]:
    named = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "execute_result", "data": named, "metadata": {}, "execution_count": 1}


def failed(ename: str, evalue: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": ["x"]}


def png(*, pixels: bytes = b"\0\1\2\3", said: bytes = b"", level: int = 9) -> str:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    parts = (
        chunk(b"IHDR", head),
        chunk(b"tEXt", said),
        chunk(b"IDAT", zlib.compress(pixels, level)),
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


@pytest.mark.parametrize(
    ("before", "after", "ignored"),
    [
        ([stream("a\n")], [stream("a"), stream("\n")], set()),
        ([stream("a"), stream("e", "stderr")], [stream("e", "stderr"), stream("a")], set()),
        ([stream(["a\n", "b"])], [stream("a\nb\n")], set()),
        ([stream("10%\r50%\r100%\n")], [stream("100%\n")], set()),
        ([stream("\x1b[31mred\x1b[0m")], [stream("red")], set()),
        ([stream("<A at 0x7f0011aa>")], [stream("<A at 0x7fee22bb>")], {"addresses"}),
        ([stream("took 1.25 s")], [stream("took 12 ms")], {"times"}),
        ([stream("2026-01-02 10:11:12.5")], [stream("2026-03-04 10:11:13.5")], {"times"}),
        ([stream("ipykernel_17/12.py:1")], [stream("ipykernel_9/12.py:1")], {"process numbers"}),
        ([result(image_png=png(said=b"1.0"), text_plain="<Figure>")],
         [result(image_png=png(said=b"2.0", level=1), text_plain="<Figure>")], set()),
        ([failed("ValueError", "no")], [failed("ValueError", "no")], set()),
        ([], None, set()),
    ],
)  # fmt: skip
def test_what_only_looks_different_is_the_same(before: Any, after: Any, ignored: set[str]) -> None:
    found = compare(before, after)
    assert (found.is_same, found.ignored) == (True, ignored)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([stream("1.0")], [stream("1.1")]),
        ([stream("0.1")], [stream("0.10000000000000001")]),
        ([stream("a")], [stream("a", "stderr")]),
        ([stream("a")], []),
        ([stream("2026-01-02")], [stream("2026-01-03")]),
        ([stream("5 apples")], [stream("6 apples")]),
        ([stream("0xff")], [stream("0xfe")]),
        ([result(image_png=png())], [result(image_png=png(pixels=b"\0\1\2\4"))]),
        ([result(image_png=png())], [result(image_png="no picture")]),
        ([result(text_plain="1")], [result(text_plain="1", text_html="<b>1</b>")]),
        ([failed("ValueError", "no")], [failed("ValueError", "yes")]),
    ],
)
def test_what_is_different_is_said_to_be(before: Any, after: Any) -> None:
    found = compare(before, after)
    assert (found.is_same, found.ignored) == (False, set())


def printed(*said: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in said)


def said(number: int, *outputs: Any, status: str = "ok") -> dict[str, Any]:
    return {
        "number": number,
        "status": status,
        "outputs": list(outputs),
        "is_cut": False,
        "seconds": 0.5,
    }


def of(*cells: dict[str, Any]) -> bytes:
    return json.dumps(notebook(*cells)["content"]).encode()


def test_each_cell_has_its_outcome_and_the_worst_is_the_notebooks() -> None:
    data = of(
        code_cell("1", outputs=[result(text_plain="1")]),
        code_cell("   "),
        code_cell("2", outputs=[result(text_plain="2")]),
        code_cell("3"),
        code_cell("4"),
    )
    ran = printed(
        said(0, result(text_plain="1")),
        said(2, result(text_plain="two")),
        said(3, failed("E", "v"), status="error"),
    )

    told = report_of(data, ran)

    outcomes = [(one["number"], one["outcome"]) for one in told["cells"]]
    assert outcomes == [(0, "same"), (2, "differs"), (3, "fails"), (4, "not_run")]
    assert told["outcome"] == "fails"
    assert "-2\n+two" in told["cells"][1]["diff"]
    assert told["cells"][2]["message"] == "E: v"
    shown = json.loads(again(data, told["cells"]))["cells"]
    assert shown[0]["outputs"] == [result(text_plain="1")]
    assert shown[2]["outputs"] == [result(text_plain="two")]


def test_a_cell_that_was_submitted_with_an_error_may_fail_again() -> None:
    data = of(code_cell("1/0", outputs=[failed("ZeroDivisionError", "division by zero")]))
    (job,) = job_of(data) or []
    told = report_of(
        data, printed(said(0, failed("ZeroDivisionError", "division by zero"), status="error"))
    )
    assert (job["may_fail"], told["outcome"]) == (True, "same")


def test_a_cell_that_nobody_ran_says_so() -> None:
    cell = code_cell("1") | {"execution_count": None}
    (told,) = report_of(of(cell), printed(said(0, result(text_plain="1"))))["cells"]
    assert (told["outcome"], told["message"]) == ("differs", "The submitted cell was not run.")


def test_whatever_a_sandbox_says_makes_a_report() -> None:
    data = of(code_cell("1"))
    for odd in (
        b"",
        b"\xff\n[]\n5\n{}",
        b'{"number": 0, "status": "fine", "outputs": []}',
        b'{"number": "0", "status": "ok", "outputs": []}',
        b'{"number": 0, "status": "ok", "outputs": 7}',
        b'{"number": 0, "status": "ok", "seconds": NaN, "outputs": []}',
        b"[" * 100_000,
    ):
        (cell,) = report_of(data, odd)["cells"]
        assert cell["outcome"] == "not_run"
    picture = {"output_type": "display_data", "data": {"image/png": 5, "text/plain": {"a": [1]}}}
    told = report_of(data, printed(said(0, picture, 7, {"output_type": "bad"}, stream("x"))))
    assert told["outcome"] == "differs"
    assert len(told["cells"][0]["outputs"]) == 2


def test_outputs_without_measure_are_not_kept() -> None:
    data = of(code_cell("1"), code_cell("2"))
    much = stream("x" * (MOST_KEPT + 1))
    first, second = report_of(data, printed(said(0, much), said(1, stream("y"))))["cells"]
    assert (first["outputs"], second["outputs"]) == (None, None)
    assert len(first["diff"]) <= 20_000
