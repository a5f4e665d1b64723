"""The page shows how the sandbox does, says what ran out, and brings back what was stopped."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.testing.serving import Server

from .conftest import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from .visitor import Visitor

ARRAY = "array = bytearray(3 * 10**9); array[::4096] = bytes(len(array[::4096]))"
UNUSED = "--PlatformApp.sandbox_idle_hours=0.002"  # seven seconds
SOON = 60_000  # milliseconds; a loaded machine is slow


@pytest.fixture
async def impatient(image: str) -> AsyncIterator[Server]:
    """A server that stops sandboxes very soon."""
    assert image
    folder = Path(tempfile.mkdtemp(prefix="idle-"))
    async with Server.start(folder / "home", UNUSED) as server:
        yield server
    shutil.rmtree(folder)


async def test_an_array_that_is_too_large_is_explained_and_the_next_cell_runs(
    ada: Visitor,
) -> None:
    await ada.new_notebook()
    await ada.run_cell("1")
    status = ada.page.locator(".platform-Sandbox button")
    await status.filter(has_text=re.compile(r"CPU .+ of 512 MB")).wait_for()

    await ada.enter_cell(ARRAY, 1)
    told = ada.page.locator(".jp-toast-message", has_text="ran out of memory")
    await told.wait_for()
    assert "all of its 512 MB" in await told.inner_text()
    await ada.confirm("It will restart automatically")
    await ada.run_cell("6 * 7", 2)
    assert await ada.output(2) == "42"
    assert "ran out of memory" in await ada.output(1)

    await status.click()
    details = ada.page.get_by_role("dialog", name="Sandbox")
    for row in ("CPU", "Memory", "Processes", "Files"):
        await details.get_by_role("row", name=row).wait_for()
    await details.get_by_text("unless it is used").wait_for()
    await ada.shot("33-out-of-memory")
    await change_theme(ada, "Dark")
    await ada.shot("34-out-of-memory-dark")
    await change_theme(ada, "Light")
    async with ada.page.expect_response("**/activity*") as answer:
        await details.get_by_role("button", name="Keep working").click()
    assert (await answer.value).status == 204
    await status.click()
    await details.wait_for(state="detached")

    await ada.page.get_by_role("button", name="More").click()
    why = ada.page.get_by_role("dialog").filter(has_text="Work on less data at a time")
    await why.filter(has_text="Memory at the most: 512 MB of 512 MB").wait_for()
    await ada.shot("35-why-it-ended")
    await ada.confirm("Work on less data at a time")


async def change_theme(visitor: Visitor, name: str) -> None:
    """Change the colours, and wait until JupyterLab has put its curtain away."""
    await visitor.run("apputils:change-theme", theme=f"JupyterLab {name}")
    await visitor.page.locator("#jupyterlab-splash").wait_for(state="detached")


async def test_a_sandbox_that_nobody_uses_can_be_kept_and_brought_back(
    browser: Browser, impatient: Server
) -> None:
    ada = await Door(browser, impatient).let_in("ada")
    await ada.ensure_project("thesis")
    await ada.open_lab("/lab/tree/thesis?reset")
    await ada.new_notebook()

    await ada.page.get_by_role("button", name="Keep working").wait_for(timeout=SOON)
    await ada.shot("36-will-be-stopped")
    again = ada.page.get_by_role("button", name="Start again")
    await again.wait_for(timeout=SOON)
    await ada.page.locator(".platform-Sandbox", has_text="Sandbox stopped").wait_for()
    await ada.shot("37-stopped")
    await ada.page.reload()  # who comes back later is told and offered the same
    await ada.lab_is_ready()
    await again.click()
    await ada.kernels_are_ready()
    await ada.run_cell("6 * 7")
    assert await ada.output() == "42"
    await ada.shot("38-brought-back")
    await ada.leave()
