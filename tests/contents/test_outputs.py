"""What the server puts into notebooks by itself, and how that goes with what pages save."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from platform_server.contents.cell_runs import CellRun, is_beginning
from platform_server.contents.model import BlobHash, Entry, Origin
from platform_server.contents.outputs import Sent
from platform_server.contents.save import Terms
from platform_server.errors import RevisionConflict
from platform_server.testing.worlds import ALICE, BOB, WONDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.contents.service import ContentsService

PATH = "a.ipynb"


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def run(*outputs: dict[str, Any], cell: str = "one", **more: Any) -> CellRun:
    return CellRun(cell_id=cell, execution_count=7, outputs=outputs, **more)


def notebook(outputs: Sequence[dict[str, Any]] = (), count: int | None = None) -> dict[str, Any]:
    content = dict(new_notebook(cells=[new_code_cell("1", id="one"), new_code_cell("2", id="two")]))
    content["cells"][0] |= {"outputs": list(outputs), "execution_count": count}
    return content


async def save(contents: ContentsService, content: dict[str, Any], **terms: Any) -> Entry:
    data = json.dumps(content).encode()
    return await contents.save(WONDER, PATH, data, Terms(author=ALICE.id, **terms))


async def record(contents: ContentsService, *runs: CellRun) -> Entry | None:
    return await contents.outputs.record(WONDER, PATH, runs, author=ALICE.id)


async def cell(contents: ContentsService, index: int = 0) -> dict[str, Any]:
    _, data = await contents.read(WONDER, PATH)
    content = nbformat.reads(data.decode(), as_version=4)
    nbformat.validate(content)
    return dict(content.cells[index])


async def test_outputs_that_a_page_had_are_put_into_a_cell_that_is_the_same(
    contents: ContentsService,
) -> None:
    content = notebook()
    content["cells"][0]["source"] = ["a = 1\n", "a"]
    await save(contents, content)
    assert await record(contents, run(printed("other"), source="a = 2\na")) is None
    assert (await cell(contents))["outputs"] == []
    assert await record(contents, run(printed("1"), source="a = 1\na"))
    assert (await cell(contents))["outputs"] == [printed("1")]


async def page_saves(contents: ContentsService, content: dict[str, Any], **terms: Any) -> Sent:
    """Save as the contents API does."""
    sent = Sent(content=content, terms=Terms(author=ALICE.id, **terms), reader="tab", size=0)
    kept = await contents.outputs.with_recorded(WONDER, PATH, sent)
    await contents.save(WONDER, PATH, json.dumps(kept.content).encode(), kept.terms)
    return kept


async def test_outputs_are_saved_into_their_cell(contents: ContentsService) -> None:
    before = await save(contents, notebook())
    after = await record(contents, run(printed("a\nb\n")))
    assert after is not None
    assert after.revision is not None
    assert (after.revision.origin, after.revision.author_id) == (Origin.RECORDER, ALICE.id)
    assert after.modified_at == before.modified_at
    assert await contents.stat(WONDER, PATH) == after
    found = await cell(contents)
    assert (found["outputs"], found["execution_count"]) == ([printed("a\nb\n")], 7)
    assert (await cell(contents, 1))["outputs"] == []
    assert len(await contents.history.list(WONDER, PATH)) == 2


async def test_what_is_in_the_file_already_makes_no_revision(contents: ContentsService) -> None:
    await save(contents, notebook([printed("a\nb\n")], 7))
    assert await record(contents, run(printed("a\nb\n"))) is None
    assert await record(contents, run(printed("a"), cell="three")) is None
    assert len(await contents.history.list(WONDER, PATH)) == 1


@pytest.mark.parametrize("data", [b"", b"[]", b'{"nbformat": 3}', b'{"nbformat": 4}', b"{"])
async def test_what_is_no_notebook_stays_as_it_is(contents: ContentsService, data: bytes) -> None:
    await contents.write(WONDER, PATH, data, author=ALICE.id)
    assert await record(contents, run(printed("a"))) is None


async def test_outputs_that_no_notebook_can_have_are_left_out(contents: ContentsService) -> None:
    await save(contents, notebook())
    await record(
        contents,
        run(
            printed("good"),
            printed("\ud800"),
            {"output_type": "display_data", "data": {"application/json": float("nan")}},
            {"output_type": "unheard of"},
            {"output_type": "error", "ename": 1, "evalue": "", "traceback": []},
        ),
    )
    assert (await cell(contents))["outputs"] == [printed("good")]


async def test_what_the_page_has_saved_since_is_not_replaced(contents: ContentsService) -> None:
    saved = await save(contents, notebook())
    assert (
        await record(contents, run(printed("a"), seen_at=saved.created_at.replace(year=2000)))
        is None
    )
    assert await record(contents, run(printed("a"), seen_at=saved.modified_at)) is not None


async def test_what_the_page_has_saved_stays_when_others_save_after_it(
    contents: ContentsService,
) -> None:
    saved = await save(contents, notebook())
    edited = notebook()
    edited["cells"][1]["source"] = "of Bob's"
    await contents.write(WONDER, PATH, json.dumps(edited).encode(), author=BOB.id)
    before, at = saved.created_at.replace(year=2000), saved.created_at
    assert await record(contents, run(printed("a"), seen_at=before)) is None
    assert await record(contents, run(printed("a"), seen_at=at)) is not None
    assert await record(contents, run(printed("b"), seen_at=before)) is None


async def test_what_others_saved_since_is_filled_and_not_replaced(
    contents: ContentsService,
) -> None:
    at = (await save(contents, notebook())).created_at
    theirs = notebook([printed("of Bob's")], count=1)
    await contents.write(WONDER, PATH, json.dumps(theirs).encode(), author=BOB.id)
    assert await record(contents, run(printed("a"), seen_at=at)) is None
    assert await record(contents, run(printed("b"), cell="two", seen_at=at)) is not None
    assert (await cell(contents))["outputs"] == [printed("of Bob's")]
    assert (await cell(contents, 1))["outputs"] == [printed("b")]


async def test_what_somebody_else_saved_is_extended(contents: ContentsService) -> None:
    await save(contents, notebook())
    edited = notebook()
    edited["cells"][1]["source"] = "of Bob's"
    await contents.write(WONDER, PATH, json.dumps(edited).encode(), author=BOB.id)
    await record(contents, run(printed("a")))
    assert (await cell(contents, 1))["source"] == "of Bob's"


async def test_trust_neither_ends_nor_begins(contents: ContentsService) -> None:
    await save(contents, notebook(), trusted=True)
    first = await record(contents, run({**printed("a")}))
    assert first is not None
    assert await contents.trust.is_accepted(ALICE.id, first)
    assert not await contents.trust.is_accepted(BOB.id, first)
    await contents.write(WONDER, PATH, json.dumps(notebook()).encode(), author=BOB.id)
    second = await record(contents, run(printed("b")))
    assert second is not None
    assert not await contents.trust.is_accepted(ALICE.id, second)


async def test_a_save_over_the_extended_revision_is_no_conflict(contents: ContentsService) -> None:
    base = await save(contents, notebook())
    await record(contents, run(printed("a")))
    await record(contents, run(printed("ab")))
    assert base.revision is not None
    stale = Terms(author=ALICE.id, expected_blob=base.revision.blob)
    terms = await contents.outputs.terms_for(WONDER, PATH, stale)
    await contents.save(WONDER, PATH, b"{}", terms)
    assert await contents.outputs.terms_for(WONDER, PATH, stale) == stale
    with pytest.raises(RevisionConflict):
        await contents.save(WONDER, PATH, b"[]", stale)


async def test_a_save_over_what_never_was_stays_a_conflict(contents: ContentsService) -> None:
    await save(contents, notebook())
    await record(contents, run(printed("a")))
    stale = Terms(author=ALICE.id, expected_blob=BlobHash("0" * 64))
    assert await contents.outputs.terms_for(WONDER, PATH, stale) == stale


@pytest.mark.parametrize("shown", [[], [printed("a\n")], [printed("a\nb\n")], [printed("old")]])
async def test_a_page_that_is_behind_does_not_take_recorded_outputs_out(
    contents: ContentsService, shown: list[dict[str, Any]]
) -> None:
    await save(contents, notebook([printed("old")], 2))
    await record(contents, run(printed("a\nb\n")))
    await record(contents, run(printed("a\nb\nc\n")))
    mine = notebook(shown, 2 if shown == [printed("old")] else None)
    mine["cells"][1]["source"] = "typed meanwhile"
    for _ in range(2):  # it is behind as long as it is open
        await page_saves(contents, mine)
        assert (await cell(contents))["outputs"] == [printed("a\nb\nc\n")]
        assert (await cell(contents))["execution_count"] == 7
    assert (await cell(contents, 1))["source"] == "typed meanwhile"


@pytest.mark.parametrize(
    ("shown", "count"), [([printed("other")], None), ([], 8), ([printed("a\n")], 8)]
)
async def test_a_cell_that_was_run_again_is_as_the_page_says(
    contents: ContentsService, shown: list[dict[str, Any]], count: int | None
) -> None:
    await save(contents, notebook())
    await record(contents, run(printed("a\nb\n")))
    await page_saves(contents, notebook(shown, count))
    assert (await cell(contents))["outputs"] == shown


@pytest.mark.parametrize(("reader", "expected"), [("tab", []), ("other", [printed("a")])])
async def test_who_has_read_the_outputs_may_clear_them(
    contents: ContentsService, reader: str, expected: list[dict[str, Any]]
) -> None:
    await save(contents, notebook())
    await record(contents, run(printed("a")))
    contents.outputs.read(reader, await contents.stat(WONDER, PATH))
    await page_saves(contents, notebook())
    assert (await cell(contents))["outputs"] == expected


async def test_who_saved_the_outputs_may_clear_them(contents: ContentsService) -> None:
    await save(contents, notebook())
    await record(contents, run(printed("a")))
    await page_saves(contents, notebook([printed("a")], 7))
    await page_saves(contents, notebook())
    assert (await cell(contents))["outputs"] == []


async def test_keeping_outputs_does_not_make_a_notebook_trusted(contents: ContentsService) -> None:
    await contents.write(WONDER, PATH, json.dumps(notebook()).encode(), author=BOB.id)
    await contents.outputs.record(WONDER, PATH, [run(printed("a"))], author=BOB.id)
    kept = await page_saves(contents, notebook())
    assert not kept.may_be_trusted
    assert (await page_saves(contents, notebook([printed("b")], 9))).may_be_trusted


def test_beginnings_are_told_from_other_outputs() -> None:
    whole = [printed("ab"), printed("cd")]
    assert is_beginning([], whole)
    assert is_beginning([printed("a")], whole)
    assert is_beginning([printed("ab")], whole)
    assert is_beginning([printed("ab"), printed("c")], whole)
    assert is_beginning([{**printed(""), "text": ["a", "b"]}], whole)
    assert not is_beginning([printed("b")], whole)
    assert not is_beginning([*whole, printed("e")], whole)
    assert not is_beginning([{**printed("a"), "name": "stderr"}], whole)
    assert not is_beginning("x", whole)
