"""What a submission would have in it is told before it is made."""

from __future__ import annotations

import pytest

from platform_server.errors import AccessDenied, ProjectNotFound
from platform_server.review.model import Verdict
from platform_server.review.preview import Change, Preview

from .conftest import ALICE, BOB, CAROL, DAN, RITA, Desk


async def preview(desk: Desk) -> Preview:
    return await desk.previews.preview(CAROL, desk.project)


async def test_a_first_round_has_all_files(desk: Desk) -> None:
    await desk.write("b/a.py", b"x = 1\n")
    found = await preview(desk)
    assert [(one.path, one.size) for one in found.files] == [("b/a.py", 6)]
    assert (found.submission_id, found.round, found.before) == (None, 1, None)
    assert not found.is_waiting


async def test_a_later_round_has_what_changed(desk: Desk) -> None:
    for name in ("same.py", "old.py", "gone.py"):
        await desk.write(name, b"1\n")
    made = (await desk.submit()).submission
    assert (await preview(desk)).is_waiting
    await desk.submissions.decide(
        RITA, made.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    await desk.write("old.py", b"2\n")
    await desk.write("new.py", b"1\n")
    await desk.contents.delete(desk.project, "gone.py")
    found = await preview(desk)
    assert (found.submission_id, found.round, found.is_waiting) == (made.id, 2, False)
    assert found.changes() == {
        Change.ADDED: ["new.py"],
        Change.CHANGED: ["old.py"],
        Change.REMOVED: ["gone.py"],
    }


async def test_only_those_who_may_submit_see_it(desk: Desk) -> None:
    assert (await desk.previews.preview(ALICE, desk.project)).files == ()
    with pytest.raises(AccessDenied):
        await desk.previews.preview(DAN, desk.project)
    for stranger in (BOB, RITA):
        with pytest.raises(ProjectNotFound):
            await desk.previews.preview(stranger, desk.project)
