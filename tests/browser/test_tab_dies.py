"""A tab whose process dies in the middle of work: what was acknowledged is there, and once.

Each is done to a real tab, at a moment that follows from the seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Response

    from .conftest import Door
    from .visitor import Visitor

SEED = int(os.environ.get("CHAOS_SEED") or 1)
COUNTS = """\
import time
with open("runs.txt", "a") as runs:
    print("once", file=runs)
for number in range(20):
    print("step", number, flush=True)
    time.sleep(0.1)"""
STEPS = [f"step {number}" for number in range(20)]
BYTES = 12 * 2**20
PATIENCE = 60.0  # seconds


@dataclass
class Saves:
    """What the server has acknowledged of a page's documents."""

    contents: list[str] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, response: Response) -> None:
        """Note a save, if the response is the answer to one."""
        request = response.request
        if request.method == "PUT" and "/api/contents/" in request.url and response.ok:
            async with self.came:
                self.contents.append(json.loads(request.post_data or "{}")["content"])
                self.came.notify_all()

    async def are(self, number: int) -> None:
        """Return once so many saves were acknowledged."""
        async with asyncio.timeout(PATIENCE), self.came:
            await self.came.wait_for(lambda: len(self.contents) >= number)


@pytest.fixture(scope="module")
async def grace(door: Door) -> AsyncIterator[Visitor]:
    """Grace, in her project "compiler"."""
    grace = await door.let_in("grace")
    await grace.ensure_project("compiler")
    yield grace
    await grace.tidy_up()
    await grace.leave()


async def crash(visitor: Visitor) -> None:
    """Let the tab's process die, and give the visitor another tab."""
    dying = visitor.page
    session = await visitor.context.new_cdp_session(dying)
    async with dying.expect_event("crash"):
        sending = asyncio.ensure_future(session.send("Page.crash"))
    sending.cancel()  # nobody is left who could answer
    await asyncio.gather(sending, return_exceptions=True)
    await dying.close()
    visitor.page = (await visitor.another_tab()).page


async def open_file(visitor: Visitor, name: str) -> None:
    """Make an empty file, and open it alone in a page."""
    project = await visitor.project_id("compiler")
    await visitor.call("PUT", f"/api/projects/{project}/files/{name}", "\n")
    await visitor.open_lab(f"/lab/workspaces/{visitor.workspace}/tree/compiler/{name}?reset")
    await visitor.page.locator(".cm-content").click()


async def look_at(visitor: Visitor, name: str) -> None:
    """Open a file in a page where nothing else is open."""
    workspace = f"/lab/workspaces/again-{visitor.workspace}"
    await visitor.open_lab(f"{workspace}/tree/compiler/{name}?reset")
    await visitor.page.locator(".cm-content").first.wait_for()


def is_piece(response: Response) -> bool:
    """Tell whether a piece of an upload was taken."""
    return response.request.method == "PUT" and "/api/contents/" in response.url


async def upload(visitor: Visitor, path: Path) -> None:
    """Begin to upload a file with the button above the file browser."""
    button = visitor.page.locator('.jp-FileBrowser [data-jp-item-name="uploader"]')
    async with visitor.page.expect_file_chooser() as chooser:
        await button.click()
    await (await chooser.value).set_files([path])


async def names(visitor: Visitor) -> list[str]:
    """Return the names of what the project has."""
    listed = await visitor.get("/api/contents/compiler")
    return [one["name"] for one in listed["content"]]


async def text_of(visitor: Visitor, name: str) -> str:
    """Return what the server has."""
    return await (await visitor.call("GET", f"/files/compiler/{name}")).text()


async def earlier_texts(visitor: Visitor, name: str) -> list[str]:
    """Return what the server had, the latest first."""
    project = f"/api/projects/{await visitor.project_id('compiler')}"
    listed = await visitor.get(f"{project}/history?path={name}&limit=500")
    answers = [
        await visitor.call("GET", f"{project}/revisions/{one['id']}") for one in listed["revisions"]
    ]
    return [await answer.text() for answer in answers]


async def test_while_somebody_types_and_saves(grace: Visitor) -> None:
    await open_file(grace, "typed.txt")
    saves = Saves()
    grace.page.on("response", saves.note)

    async def type_on() -> None:
        for number in range(1000):
            await grace.page.keyboard.insert_text(f"line {number}\n")
            await grace.save()

    typing = asyncio.ensure_future(type_on())
    await saves.are(random.Random(SEED).randint(3, 12))
    await crash(grace)
    typing.cancel()
    await asyncio.gather(typing, return_exceptions=True)

    known = await earlier_texts(grace, "typed.txt")
    assert await text_of(grace, "typed.txt") == known[0]
    assert [text for text in saves.contents if text not in known] == []
    assert known[0].startswith(saves.contents[-1].rstrip("\n"))  # that, or a later one
    await look_at(grace, "typed.txt")
    await grace.page.locator(".cm-content", has_text="line 2").wait_for()


async def test_while_a_cell_runs(grace: Visitor) -> None:
    await grace.open_lab(f"/lab/workspaces/{grace.workspace}/tree/compiler?reset")
    await grace.new_notebook()
    await grace.kernels_are_ready()
    name = (await grace.current_path()).rpartition("/")[2]
    await grace.cell().locator(".cm-content").fill(COUNTS)
    await grace.save()
    await grace.page.keyboard.press("Shift+Enter")
    await grace.page.get_by_text(f"step {random.Random(SEED).randint(1, 15)}").first.wait_for()
    await crash(grace)

    await look_at(grace, name)
    await grace.page.get_by_text(STEPS[-1]).wait_for()
    assert (await grace.output()).splitlines() == STEPS
    assert await text_of(grace, "runs.txt") == "once\n"


async def test_after_a_cell_has_run_and_before_the_page_has_saved(grace: Visitor) -> None:
    await grace.open_lab(f"/lab/workspaces/{grace.workspace}/tree/compiler?reset")
    await grace.new_notebook()
    await grace.kernels_are_ready()
    name = (await grace.current_path()).rpartition("/")[2]
    await grace.cell().locator(".cm-content").fill("print(6 * 7)")
    await grace.save()
    await grace.page.keyboard.press("Shift+Enter")
    await grace.cell_has_run()
    await crash(grace)

    await look_at(grace, name)
    await grace.cell_has_run()
    assert await grace.output() == "42"


async def test_while_a_file_is_uploaded(grace: Visitor, tmp_path: Path) -> None:
    data = random.Random(SEED).randbytes(BYTES)
    large = tmp_path / "large.bin"
    large.write_bytes(data)
    await grace.open_lab(f"/lab/workspaces/{grace.workspace}/tree/compiler?reset")
    async with grace.page.expect_response(is_piece):
        await upload(grace, large)
    await crash(grace)
    assert "large.bin" not in await names(grace)  # half of it is no file

    await grace.open_lab(f"/lab/workspaces/{grace.workspace}/tree/compiler?reset")
    await upload(grace, large)
    await grace.file("large.bin").wait_for()
    await grace.page.locator(".jp-FileBrowser .jp-Uploads, .jp-upload-progress").first.wait_for(
        state="detached"
    )
    sent = await (await grace.call("GET", "/files/compiler/large.bin")).body()
    assert hashlib.sha256(sent).digest() == hashlib.sha256(data).digest()


async def test_while_a_file_is_renamed(grace: Visitor) -> None:
    await open_file(grace, "old.txt")
    renaming = asyncio.ensure_future(
        grace.page.evaluate(
            "() => window.jupyterapp.serviceManager.contents.rename("
            "'compiler/old.txt', 'compiler/new.txt')"
        )
    )
    async with grace.page.expect_request(lambda one: one.method == "PATCH"):
        pass
    await crash(grace)
    await asyncio.gather(renaming, return_exceptions=True)

    (left,) = {"old.txt", "new.txt"} & set(await names(grace))
    assert await text_of(grace, left) == "\n"
    assert len(await earlier_texts(grace, left)) == 1
