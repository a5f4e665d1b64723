"""Threads: who may say and read what, when drafts come out, and what suggestions do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import (
    AccessDenied,
    Conflict,
    FileMissing,
    InvalidInput,
    SubmissionNotFound,
    ThreadNotFound,
)
from platform_server.review.discussion import MAX_BODY, Remark
from platform_server.review.lines import Fate
from platform_server.review.model import Anchor, Happening, Thread, Verdict
from platform_server.testing.places import code_cell, notebook
from tests.review.conftest import ALICE, CAROL, RITA, ROB

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.review.rules import View
    from tests.review.conftest import Desk

TEXT = "one\ntwo\nthree\n"
LINE = Anchor(path="a.py", line=2)


async def submitted(desk: Desk, text: str = TEXT) -> View:
    await desk.write("a.py", text.encode())
    return await desk.submit()


async def seen(desk: Desk, view: View, by: Principal) -> View:
    return await desk.submissions.get(by, view.submission.id)


async def claimed(desk: Desk, view: View) -> View:
    return await desk.submissions.claim(RITA, view.submission.id)


async def bodies(desk: Desk, view: View, by: Principal) -> list[list[str]]:
    threads = await desk.discussion.list(await seen(desk, view, by))
    return [[comment.body for comment in thread.comments] for thread in threads]


async def asked(desk: Desk, view: View, text: str = "Why?") -> Thread:
    return await desk.discussion.begin(view, view.submission.round, LINE, Remark(body=text))


async def test_a_comment_quotes_what_it_is_about(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await asked(desk, view)
    several = await desk.discussion.begin(
        view, 1, Anchor(path="a.py", line=2, end_line=3, quote="forged"), Remark(body="And these?")
    )

    assert thread.anchor == Anchor(path="a.py", line=2, quote="two")
    assert several.anchor.quote == "two\nthree"
    assert await bodies(desk, view, RITA) == [["Why?"], ["And these?"]]


async def test_cells_and_outputs_are_found_by_the_cells_id(desk: Desk) -> None:
    cell = code_cell("x = 1\ny = 2", outputs=[]) | {"id": "abc"}
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hello"}]
    await desk.write("n.ipynb", json.dumps(notebook(cell)["content"]).encode())
    view = await desk.submit()

    async def quote(**place: object) -> str:
        anchor = Anchor(path="n.ipynb", cell_id="abc", **place)  # type: ignore[arg-type]
        return (await desk.discussion.begin(view, 1, anchor, Remark(body="?"))).anchor.quote

    assert await quote() == "x = 1\ny = 2"
    assert await quote(line=2) == "y = 2"
    assert "hello" in await quote(output=0)
    for place in ({"line": 3}, {"output": 1}, {"line": 2, "end_line": 1}):
        with pytest.raises(InvalidInput):
            await quote(**place)


async def test_places_that_are_not_there_are_refused(desk: Desk) -> None:
    view = await submitted(desk)
    remark = Remark(body="?")
    for anchor in (
        Anchor(path="a.py", line=9),
        Anchor(path="a.py", cell_id="abc"),
        Anchor(path="a.py", output=1),
    ):
        with pytest.raises(InvalidInput):
            await desk.discussion.begin(view, 1, anchor, remark)
    with pytest.raises(FileMissing):
        await desk.discussion.begin(view, 1, Anchor(path="b.py"), remark)
    with pytest.raises(SubmissionNotFound):
        await desk.discussion.begin(view, 2, LINE, remark)
    with pytest.raises(InvalidInput):
        await desk.discussion.begin(view, 1, LINE, Remark(body=" \n"))
    with pytest.raises(InvalidInput):
        await desk.discussion.begin(view, 1, LINE, Remark(body="x" * (MAX_BODY + 1)))


async def test_what_a_reviewer_notes_comes_out_with_the_decision(desk: Desk) -> None:
    view = await claimed(desk, await submitted(desk))
    await asked(desk, view, "A note.")
    await desk.discussion.begin(
        view, 1, Anchor(path="a.py"), Remark(body="Said at once.", draft=False)
    )

    assert await bodies(desk, view, RITA) == [["A note."], ["Said at once."]]
    for other in (ALICE, CAROL, ROB):
        assert await bodies(desk, view, other) == [["Said at once."]]
    await desk.submissions.decide(
        RITA, view.submission.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    assert await bodies(desk, view, ALICE) == [["A note."], ["Said at once."]]


async def test_another_ones_draft_is_not_there(desk: Desk) -> None:
    view = await claimed(desk, await submitted(desk))
    thread = await asked(desk, view)
    own = await seen(desk, view, ALICE)

    for attempt in (
        desk.discussion.get(own, thread.id),
        desk.discussion.find(own, thread.comments[0].id),
        desk.discussion.edit(own, thread.comments[0].id, Remark(body="mine")),
        desk.discussion.delete(own, thread.comments[0].id),
        desk.discussion.resolve(own, thread.id),
    ):
        with pytest.raises(ThreadNotFound):
            await attempt


async def test_what_others_read_is_changed_for_all_to_see_and_never_removed(
    desk: Desk,
) -> None:
    view = await claimed(desk, await submitted(desk))
    thread = await asked(desk, view, "Wy?")
    edited = await desk.discussion.edit(view, thread.comments[0].id, Remark(body="Why?"))
    assert edited.comments[0].body == "Why?"
    assert edited.comments[0].edited_at is not None
    await desk.discussion.delete(view, thread.comments[0].id)
    assert await desk.discussion.list(view) == []

    own = await seen(desk, view, ALICE)
    said = (await asked(desk, own)).comments[0]
    with pytest.raises(Conflict):
        await desk.discussion.delete(own, said.id)
    after = (await desk.discussion.edit(own, said.id, Remark(body="Never said that."))).comments[0]
    event = (await desk.submissions.events(RITA, view.submission.id))[-1]
    assert (after.body, after.edited_at) == ("Never said that.", event.at)
    assert (event.what, event.detail["before"]) == (Happening.EDITED, said.body)
    with pytest.raises(AccessDenied):
        await desk.discussion.delete(view, said.id)


async def test_answers_follow_and_a_thread_is_resolved_and_reopened(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await asked(desk, await seen(desk, view, RITA))
    own = await seen(desk, view, ALICE)
    await desk.discussion.answer(own, thread, Remark(body="Because."))

    resolved = await desk.discussion.resolve(own, thread.id)
    assert (resolved.resolved_by, await bodies(desk, view, RITA)) == (
        ALICE.id,
        [["Why?", "Because."]],
    )
    assert await desk.discussion.resolve(own, thread.id) == resolved
    reopened = await desk.discussion.reopen(await seen(desk, view, RITA), thread.id)
    assert reopened.resolved_at is None
    events = await desk.submissions.events(ALICE, view.submission.id)
    assert [one.what for one in events][1:] == [
        Happening.COMMENTED,
        Happening.COMMENTED,
        Happening.RESOLVED,
        Happening.REOPENED,
    ]


async def test_a_thread_of_another_submission_is_not_there(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await asked(desk, view)
    await desk.submissions.withdraw(ALICE, view.submission.id)
    other = await desk.submit()

    with pytest.raises(ThreadNotFound):
        await desk.discussion.get(other, thread.id)
    with pytest.raises(ThreadNotFound):
        await desk.discussion.find(other, thread.comments[0].id)


async def suggested(desk: Desk, view: View, anchor: Anchor, text: str) -> Thread:
    reviewer = await seen(desk, view, RITA)
    return await desk.discussion.begin(
        reviewer, view.submission.round, anchor, Remark(body="Better:", suggestion=text)
    )


async def content(desk: Desk, path: str) -> bytes:
    return (await desk.contents.read(desk.project, path))[1]


async def test_a_suggestion_takes_the_place_of_its_lines(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await suggested(desk, view, LINE, "2\n2.5")
    await desk.write("a.py", b"zero\n" + TEXT.encode())  # the line has moved since

    done, entry = await desk.suggestions.apply(view, thread.comments[0].id)

    assert await content(desk, "a.py") == b"zero\none\n2\n2.5\nthree\n"
    assert entry.revision is not None
    assert entry.revision.author_id == ALICE.id
    assert (done.resolved_by, done.applied_at is None) == (ALICE.id, False)
    with pytest.raises(Conflict):
        await desk.suggestions.apply(view, thread.comments[0].id)


async def test_a_suggestion_for_a_cell_changes_that_cell_only(desk: Desk) -> None:
    cells = [code_cell("x = 1") | {"id": "first"}, code_cell("x = 1") | {"id": "second"}]
    await desk.write("n.ipynb", json.dumps(notebook(*cells)["content"]).encode())
    view = await desk.submit()
    thread = await suggested(desk, view, Anchor(path="n.ipynb", cell_id="second"), "x = 'é'")

    await desk.suggestions.apply(view, thread.comments[0].id)

    found = json.loads(await content(desk, "n.ipynb"))["cells"]
    assert [one["source"] for one in found] == ["x = 1", "x = 'é'"]


async def test_a_suggestion_for_what_has_changed_changes_nothing(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await suggested(desk, view, LINE, "2")
    for changed in (b"one\nTWO\nthree\n", b"two\n0\n0\n0\ntwo\n", b"\xff\xfe"):
        await desk.write("a.py", changed)
        with pytest.raises(Conflict):
            await desk.suggestions.apply(view, thread.comments[0].id)
        assert await content(desk, "a.py") == changed


async def test_only_makers_apply_suggestions(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await suggested(desk, view, LINE, "2")
    for other in (RITA, ROB):
        with pytest.raises(AccessDenied):
            await desk.suggestions.apply(await seen(desk, view, other), thread.comments[0].id)
    with pytest.raises(InvalidInput):
        await suggested(desk, view, Anchor(path="a.py"), "everything")
    plain = await asked(desk, view)
    with pytest.raises(InvalidInput):
        await desk.suggestions.apply(view, plain.comments[0].id)
    assert await content(desk, "a.py") == TEXT.encode()


async def test_threads_follow_their_lines_into_the_next_round(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await asked(desk, view)
    await desk.submissions.decide(
        RITA, view.submission.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    await desk.write("a.py", b"zero\n" + TEXT.encode())
    await desk.contents.move(desk.project, "a.py", "b.py")
    second = await desk.submit()

    (then,) = await desk.discussion.places(second, [thread], 1)
    (now,) = await desk.discussion.places(second, [thread], 2)

    assert (then.fate, then.anchor.line) == (Fate.SAME, 2)
    assert (now.fate, now.anchor.path, now.anchor.line) == (Fate.MOVED, "b.py", 3)


async def test_a_thread_about_a_file_that_is_gone_is_outdated_and_stays(desk: Desk) -> None:
    view = await submitted(desk)
    thread = await asked(desk, view)
    await desk.submissions.decide(
        RITA, view.submission.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    await desk.contents.delete(desk.project, "a.py")
    await desk.write("other.py", b"")
    second = await desk.submit()

    (place,) = await desk.discussion.places(second, [thread], 2)

    assert (place.fate, place.anchor) == (Fate.OUTDATED, thread.anchor)
    assert await bodies(desk, second, ALICE) == [["Why?"]]
