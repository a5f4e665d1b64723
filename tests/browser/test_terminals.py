"""Terminals in a page: what they show after the page, or the server, has gone and come back."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import TimeoutError as PlaywrightTimeout

from platform_server.testing.chaos.lives import Lives

from .conftest import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from .visitor import Visitor

# The screen in front: each letter with its colours, the cursor, and what programs have set.
_SCREEN = """() => {
  const term = window.jupyterapp.shell.currentWidget?.content?._term;
  if (!term) {
    return null;
  }
  const buffer = term.buffer.active;
  const rows = [];
  for (let y = 0; y < term.rows; y++) {
    const line = buffer.getLine(buffer.viewportY + y);
    let text = '';
    for (let x = 0; x < term.cols; x++) {
      const cell = line.getCell(x);
      text += cell.getWidth() && `${cell.getChars() || ' '}${[
        cell.getFgColorMode(), cell.getFgColor(), cell.getBgColorMode(), cell.getBgColor(),
        cell.isBold(), cell.isInverse(), cell.isUnderline()
      ]} `;
    }
    rows.push(text);
  }
  const cursor = [buffer.cursorX, buffer.cursorY];
  return { size: [term.cols, term.rows], type: buffer.type, modes: term.modes, cursor, rows };
}"""
_STATUS = (
    "status => window.jupyterapp.shell.currentWidget.content.session.connectionStatus === status"
)
# Core does so after seven times, the last of them after a minute.
_GIVE_UP_SOON = (
    "() => { window.jupyterapp.shell.currentWidget.content.session._reconnectLimit = 2; }"
)
BACK_AGAIN = 130_000  # milliseconds until the terminal has connected again by itself
VIM = "vi -u NONE --cmd 'set nocompatible ruler number hlsearch mouse=a' numbers"


@pytest.fixture
async def lives(image: str) -> AsyncIterator[Lives]:
    assert image
    folder = Path(tempfile.mkdtemp(prefix="term-"))
    lives = Lives(folder / "home")
    await lives.begin()
    yield lives
    await lives.aclose()
    shutil.rmtree(folder)


async def screen_of(visitor: Visitor) -> dict[str, Any]:
    screen: dict[str, Any] = await visitor.page.evaluate(_SCREEN)
    return screen


async def shows_the_same(visitor: Visitor, before: dict[str, Any]) -> None:
    """Wait until the terminal in front shows exactly that."""
    wanted = f"before => JSON.stringify(({_SCREEN})()) === JSON.stringify(before)"
    with suppress(PlaywrightTimeout):  # the assertion says what is different
        await visitor.page.wait_for_function(wanted, arg=before)
    assert await screen_of(visitor) == before


async def test_an_editor_is_on_the_screen_again_after_a_reload_and_a_killed_server(
    browser: Browser, lives: Lives
) -> None:
    ada = await Door(browser, lives.server).let_in("ada")
    await ada.ensure_project("thesis")
    await ada.open_lab("/lab/tree/thesis?reset")
    await ada.run("terminal:create-new", cwd="thesis")
    await ada.type_in_terminal("seq 5000 > numbers; clear; echo shell; " + VIM)
    await ada.terminal_shows("^ *20 20$")
    # More than what is kept of an editor's output as it came; the last of it draws a part only.
    for _ in range(40):
        await ada.page.keyboard.type(":1\n\x06\x06\x06\x02")
    await ada.page.keyboard.type(":1\n/1[0-9]$\nihello ")
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.type(":set ruler?\n")
    await ada.terminal_shows("^ +ruler ")
    before = await screen_of(ada)
    assert before["type"] == "alternate"
    await ada.shot("41-editor")

    await ada.page.reload()
    await ada.terminal_shows("^ +ruler ")
    await shows_the_same(ada, before)
    await ada.shot("42-editor-after-reload")

    await ada.page.evaluate(_GIVE_UP_SOON)
    await lives.kill()
    await ada.page.locator(".platform-ConnectionLost").wait_for(timeout=60_000)
    await ada.page.wait_for_function(_STATUS, arg="disconnected")
    await lives.begin()
    await ada.page.locator(".platform-ConnectionLost").wait_for(state="detached", timeout=90_000)
    await ada.page.wait_for_function(_STATUS, arg="connected", timeout=BACK_AGAIN)
    await shows_the_same(ada, before)

    await ada.page.locator(".jp-Terminal:visible .xterm-screen").click()
    await ada.page.keyboard.type(":q!\n")
    await ada.terminal_shows("^shell\\n")
    assert (await screen_of(ada))["type"] == "normal"

    await ada.type_in_terminal("htop")
    await ada.terminal_shows("F10 ?Quit")
    await ada.page.reload()
    await ada.terminal_shows("F10 ?Quit")
    after = await screen_of(ada)
    assert (after["type"], after["modes"]["mouseTrackingMode"]) == ("alternate", "vt200")
    await ada.shot("45-htop-after-reload")
    await ada.page.locator(".jp-Terminal:visible .xterm-screen").click()
    await ada.page.keyboard.type("q")
    await ada.terminal_shows("^shell\\n")
    ada.problems.clear()  # the page could not reach the server for a while
    await ada.leave()


async def test_a_command_is_found_again_and_put_into_the_terminal_but_not_run(ada: Visitor) -> None:
    await ada.run("terminal:create-new", cwd="thesis")
    await ada.type_in_terminal("echo fo''und; mkdir -p data; cd data")
    await ada.terminal_shows("^found$")
    await ada.type_in_terminal("ls --no-such-option")
    await ada.run("platform:show-commands")
    panel = ada.page.locator(".platform-Commands")
    await panel.locator("li", has_text="exit code 2").wait_for()
    await ada.shot("43-commands")
    await ada.run("apputils:change-theme", theme="JupyterLab Dark")
    await ada.shot("44-commands-dark")
    await ada.run("apputils:change-theme", theme="JupyterLab Light")

    await panel.locator("input").fill("MKDIR fo")
    await panel.get_by_text("exit code 2").wait_for(state="detached")
    await panel.locator("li .platform-History-item").click()
    await ada.terminal_shows(r"data\$ echo fo''und; mkdir -p data; cd data$")
    assert "Terminal 1 · data" in await ada.tabs()
    await panel.get_by_role("button", name="Forget", exact=True).click()
    await panel.get_by_text("No command has all these words.").wait_for()

    await ada.run("platform:terminal-folder")
    await ada.page.locator('.jp-BreadCrumbs-item[title="thesis/data"]').wait_for()
