"""Files in parts: what is said about the parts of a notebook, and what they are made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_server.review.rendering.parts import Doubt, parts_json, parts_of
from platform_server.testing.payloads import files, notebooks
from platform_server.testing.places import code_cell, notebook

from .test_rendering import Found

SHOWN = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]


def of(*cells: dict[str, Any]) -> bytes:
    return json.dumps(notebook(*cells)["content"]).encode()


def test_a_cells_source_is_text_in_coloured_pieces() -> None:
    (part,) = parts_of("a.ipynb", of(code_cell("import os  # <b>\nx", id="one")))
    assert (part.kind, part.cell_id, part.outputs) == ("code", "one", 0)
    assert [piece for piece in part.lines[0] if piece[0]][:2] == [("kn", "import"), ("nn", "os")]
    assert "".join(text for _, text in part.lines[0]) == "import os  # <b>"
    assert len(part.lines) == 2


def test_a_markdown_cell_has_its_look_and_its_source() -> None:
    cell = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# A\n\n$x^2$"}
    (part,) = parts_of("a.ipynb", of(cell))
    assert part.is_markdown
    assert "<h1>A</h1>" in part.html
    assert "<math" in part.html
    assert len(part.lines) == 3


def test_outputs_that_no_run_explains_are_doubted() -> None:
    parts = parts_of(
        "a.ipynb",
        of(
            code_cell("a", id="a", execution_count=3, outputs=SHOWN),
            code_cell("b", id="b", execution_count=2, outputs=SHOWN),
            code_cell("c", id="c", outputs=SHOWN),
            code_cell("d", id="d"),
            code_cell("e", id="e", execution_count=4, outputs=SHOWN),
        ),
    )
    assert [one.warnings for one in parts] == [
        (),
        (Doubt.OUT_OF_ORDER,),
        (Doubt.NEVER_RUN,),
        (),
        (),
    ]


def test_characters_that_deceive_are_told_of() -> None:
    for name, text in (("a.py", "x = 1 \u202e"), ("a.md", "a\u200bb")):
        (part,) = parts_of(name, text.encode())
        assert part.warnings == (Doubt.DECEIVES,)
    assert parts_of("a.bin", b"\xff\x00")[0].warnings == (Doubt.NO_TEXT,)


@pytest.mark.parametrize("made", [*notebooks(), *files()], ids=lambda made: str(made[0]))
def test_no_part_of_a_payload_can_do_anything(made: tuple[str, bytes, int]) -> None:
    for part in json.loads(parts_json(made[0], made[1]))["parts"]:
        assert Found(part["html"]).bad == []
