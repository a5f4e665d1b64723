"""A laptop that is closed while a cell runs: nothing is lost, and nobody is asked anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Response

    from .conftest import Visit
    from .visitor import Visitor

LINES = [f"line {number}" for number in range(12)]
LONG = """\
import time
for number in range(12):
    print("line", number)
    time.sleep(0.5)"""

# Chromium lets open websockets be while it is offline.
LOSE_CONNECTION = """() => {
  window.jupyterapp.shell.currentWidget.sessionContext.session.kernel._ws.close(4999);
}"""
# The page asks something once more after it has sent a document: only then it is saved.
WATCH_SAVES = """() => {
  const {saveState} = window.jupyterapp.shell.currentWidget.context;
  window.isSaved = new Promise(done => {
    saveState.connect((_, state) => state.startsWith('completed') && done());
  });
}"""
OFFLINE = "could not be established"  # what JupyterLab says then
# What the page does by itself, after some seconds.
RECONNECT = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect()"


def is_save(response: Response) -> bool:
    """Tell whether a document was saved."""
    return response.request.method == "PUT" and "/api/contents/" in response.url


async def at_a_notebook(visit: Visit, name: str) -> Visitor:
    """Open a new notebook."""
    visitor = await visit(name)
    await visitor.ensure_project("voyage")
    await visitor.open_lab(f"/lab/workspaces/{visitor.workspace}/tree/voyage?reset")
    await visitor.new_notebook()
    await visitor.kernels_are_ready()
    return visitor


async def begin(visit: Visit, name: str) -> Visitor:
    """Open a saved notebook with a cell that takes a while."""
    visitor = await at_a_notebook(visit, name)
    await visitor.cell(0).locator(".cm-content").fill(LONG)
    await visitor.save()
    return visitor


async def document(visitor: Visitor, path: str) -> list[str]:
    """Return the lines that the stored notebook shows for its first cell."""
    content = await visitor.get(f"/files/{path}")  # not as a page does that opens it
    outputs: list[dict[str, Any]] = content["cells"][0]["outputs"]
    return "".join("".join(one.get("text", "")) for one in outputs).splitlines()


async def saved(visitor: Visitor, path: str) -> None:
    """Wait until the server has saved the whole output, which has no event here."""
    async with asyncio.timeout(60):
        while True:
            if await document(visitor, path) == LINES:
                break
            await asyncio.sleep(0.2)


async def test_a_closed_tabs_output_is_in_the_notebook_that_is_opened_next(visit: Visit) -> None:
    jeanne = await at_a_notebook(visit, "jeanne")
    path = await jeanne.current_path()
    async with jeanne.page.expect_response(is_save) as saving:
        await jeanne.enter_cell(LONG)
    assert (await saving.value).ok  # by itself, because the cell takes long
    tab = await jeanne.another_tab()
    await jeanne.page.close()
    await saved(tab, path)

    await tab.open_lab(f"/lab/workspaces/{tab.workspace}/tree/{path}?reset")
    await tab.cell_has_run(0)
    assert (await tab.output(0)).splitlines() == LINES
    await tab.shot("24-closed-tab")


async def test_a_page_that_reopens_in_the_middle_does_not_take_the_rest_out(visit: Visit) -> None:
    nellie = await begin(visit, "nellie")
    path = await nellie.current_path()
    await nellie.page.keyboard.press("Shift+Enter")
    await nellie.page.get_by_text("line 1").wait_for()
    await nellie.page.reload()
    await nellie.lab_is_ready()
    await nellie.cell(0).wait_for()
    await saved(nellie, path)
    await nellie.run("notebook:insert-cell-below")
    await nellie.cell(1).locator(".cm-content").fill("'typed meanwhile'")
    await nellie.save()

    assert await document(nellie, path) == LINES
    assert await nellie.page.locator(".jp-Dialog").count() == 0


async def test_a_laptop_that_was_closed_gets_its_output_and_saves_without_a_question(
    visit: Visit,
) -> None:
    ida = await begin(visit, "ida")
    watcher = await visit("ida")  # another computer of hers
    path = await ida.current_path()
    await ida.page.evaluate(WATCH_SAVES)
    await ida.page.keyboard.press("Shift+Enter")
    await ida.page.evaluate("() => window.isSaved")
    await ida.context.set_offline(True)
    await ida.page.evaluate(LOSE_CONNECTION)
    await saved(watcher, path)
    assert "line 11" not in await ida.output(0)

    await ida.context.set_offline(False)
    await ida.page.evaluate(RECONNECT)
    await ida.page.get_by_text("line 11").wait_for()
    assert (await ida.output(0)).splitlines() == LINES
    for dialog in await ida.page.locator(".jp-Dialog", has_text=OFFLINE).all():
        await dialog.locator("button").last.click()
    await ida.save()
    await ida.shot("25-lid-opened")
    assert await ida.page.locator(".jp-Dialog").count() == 0
    assert await document(ida, path) == LINES
    assert [name for name in await ida.files() if "conflict" in name] == []
    ida.forgive("ERR_INTERNET_DISCONNECTED|WebSocket connection to|Failed to fetch")
