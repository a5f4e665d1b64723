"""The server is killed under an open page, and started again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.testing.chaos.lives import Lives

from .conftest import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

COUNT = "import time\nfor n in range(100): print('line', n, flush=True); time.sleep(0.1)"
BACK_AGAIN = 90_000  # milliseconds until the page has connected again by itself


@pytest.fixture
async def lives(image: str) -> AsyncIterator[Lives]:
    assert image
    folder = Path(tempfile.mkdtemp(prefix="page-"))
    lives = Lives(folder / "home")
    await lives.begin()
    yield lives
    await lives.aclose()
    shutil.rmtree(folder)


async def test_a_cell_shows_every_line_once_although_the_server_was_killed(
    browser: Browser, lives: Lives
) -> None:
    ada = await Door(browser, lives.server).let_in("ada")
    await ada.ensure_project("thesis")
    await ada.open_lab("/lab/tree/thesis?reset")
    await ada.new_notebook()
    await ada.enter_cell(COUNT)
    await ada.page.locator(".jp-OutputArea-output", has_text="line 5").wait_for()

    await lives.kill()
    notice = ada.page.locator(".platform-ConnectionLost")
    await notice.wait_for(timeout=60_000)
    await ada.shot("31-server-killed")
    await lives.begin()

    prompt = ada.cell().locator(".jp-InputArea-prompt", has_text="[1]:")
    await prompt.wait_for(timeout=BACK_AGAIN)
    await notice.wait_for(state="detached")
    await ada.shot("32-server-back")
    assert await ada.output() == "\n".join(f"line {n}" for n in range(100))
    assert await ada.page.locator(".jp-Dialog").count() == 0
    ada.problems.clear()  # the page could not reach the server for a while
    await ada.leave()
