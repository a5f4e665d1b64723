"""What our extension puts in the place of JupyterLab's own plugins still does their work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Response, Route

    from .conftest import Visit
    from .visitor import Visitor

NO_ENGINE = "The container engine does not answer: ask the admin to run `jupyter platform doctor`."


def is_save(response: Response) -> bool:
    """Tell whether a workspace that has a notebook in it was saved."""
    request = response.request
    return request.method == "PUT" and "notebook:" in (request.post_data or "")


async def refuse_sessions(route: Route) -> None:
    """Answer as the server does whose container engine is down."""
    if route.request.method != "POST":
        await route.continue_()
        return
    body = json.dumps({"message": NO_ENGINE, "reason": "engine_unavailable"})
    await route.fulfill(status=503, content_type="application/json", body=body)


# --- the cell executor ---


async def test_a_cell_run_before_its_kernel_is_there_waits_for_it(ada: Visitor) -> None:
    await ada.new_notebook()  # which does not wait for the kernel

    await ada.cell(0).locator(".cm-content").fill("6 * 7")
    await ada.page.keyboard.press("Shift+Enter")

    await ada.cell_has_run(0)
    assert await ada.output(0) == "42"


async def test_cells_run_while_the_kernel_restarts_run_afterwards_in_order(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.run_cell("order = []")
    await ada.cell(1).locator(".cm-content").fill("order = ['first']")
    await ada.run("notebook:insert-cell-below")
    await ada.cell(2).locator(".cm-content").fill("order + ['second']")

    await ada.page.evaluate(
        """async () => {
          const {sessionContext} = window.jupyterapp.shell.currentWidget;
          const restarted = sessionContext.restartKernel();
          const ran = window.jupyterapp.commands.execute('notebook:run-all-cells');
          await Promise.all([restarted, ran]);
        }"""
    )

    await ada.cell_has_run(2)
    assert await ada.output(2) == "['first', 'second']"


async def test_a_cell_whose_kernel_cannot_start_says_so_and_is_not_left_waiting(
    ada: Visitor,
) -> None:
    await ada.page.route("**/api/sessions*", refuse_sessions)
    await ada.new_notebook()
    await ada.cell(0).locator(".cm-content").fill("6 * 7")
    await ada.page.keyboard.press("Shift+Enter")

    await ada.page.locator(".jp-Dialog", has_text=NO_ENGINE).wait_for()
    await ada.page.locator(".jp-toast-message", has_text="were not executed").wait_for()
    assert await ada.cell(0).locator(".jp-InputPrompt").inner_text() == "[ ]:"
    await ada.shot("20-no-kernel")
    await ada.confirm(NO_ENGINE)
    await ada.page.locator(".jp-Dialog", has_text="Select Kernel").locator(".jp-mod-reject").click()
    ada.expect_problem("503")


# --- the setting registry ---


async def test_a_changed_setting_survives_a_reload(visit: Visit) -> None:
    grace = await visit("grace")
    await grace.open_lab()
    await grace.run("apputils:change-theme", theme="JupyterLab Dark")
    await grace.page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")

    await grace.open_lab("/lab")

    await grace.page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")
    await grace.shot("21-dark")
    await grace.run("apputils:change-theme", theme="JupyterLab Light")
    await grace.page.locator('body[data-jp-theme-light="true"]').wait_for(state="attached")


async def test_defaults_and_shortcuts_are_there_although_no_schema_was_compiled(
    ada: Visitor,
) -> None:
    await ada.page.keyboard.press("Control+Shift+c")
    await ada.page.locator(".jp-ModalCommandPalette:not(.lm-mod-hidden)").wait_for()
    await ada.page.keyboard.press("Escape")

    await ada.run("settingeditor:open")

    await ada.page.locator(".jp-PluginList-entry", has_text="Notebook").first.wait_for()


# --- the cover, and what the page loads first ---


async def test_the_page_says_at_once_that_it_is_coming_and_shows_nothing_over_it_later(
    visit: Visit,
) -> None:
    grace = await visit("grace")
    answer = await (await grace.call("GET", "/lab")).text()
    assert '<div id="jupyterlab-splash"' in answer

    await grace.open_lab()

    await grace.run("apputils:change-theme", theme="JupyterLab Dark")
    await grace.page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")
    await grace.page.locator("#jupyterlab-splash").wait_for(state="detached")
    await grace.run("apputils:change-theme", theme="JupyterLab Light")
    await grace.page.locator('body[data-jp-theme-light="true"]').wait_for(state="attached")


async def test_the_page_is_told_of_every_script_that_it_loads_before_its_plugins(
    visit: Visit,
) -> None:
    grace = await visit("grace")
    asked: list[str] = []
    grace.page.on("request", lambda request: asked.append(request.url))

    await grace.open_lab()

    scripts = "() => [...document.querySelectorAll('link[rel=preload]')].map(one => one.href)"
    told = await grace.page.evaluate(scripts)
    before = asked[: next(at for at, url in enumerate(asked) if "/api/" in url and "?" in url)]
    chunks = [url for url in before if ".js?v=" in url]
    assert len(chunks) > 20
    assert sorted(chunks) == sorted(set(chunks))  # none is loaded twice
    assert set(chunks) == {url for url in told if ".js?v=" in url}


# --- the state of a workspace ---


async def test_the_layout_comes_back_after_a_reload(ada: Visitor) -> None:
    async with ada.page.expect_response(is_save) as saved:
        await ada.new_notebook()
    assert (await saved.value).ok
    path = await ada.current_path()
    await ada.kernels_are_ready()

    await ada.open_lab(f"/lab/workspaces/{ada.workspace}")

    await ada.page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
    assert await ada.current_path() == path


async def test_reset_forgets_the_layout(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.kernels_are_ready()

    await ada.open_lab(f"/lab/workspaces/{ada.workspace}?reset")

    await ada.page.locator(".platform-Shelf").wait_for()
    assert await ada.page.locator(".jp-NotebookPanel").count() == 0
    assert "reset" not in ada.page.url


async def test_a_workspace_can_be_cloned(ada: Visitor) -> None:
    async with ada.page.expect_response(is_save):
        await ada.new_notebook()

    copy = await ada.another_tab()
    await copy.open_lab(f"/lab/workspaces/copy?clone={ada.workspace}")

    await copy.page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()


# --- the launcher, the drive and the terminals ---


async def test_at_the_top_the_launcher_starts_things_in_the_project_used_last(ada: Visitor) -> None:
    await ada.make_project("second")
    await ada.run("filebrowser:go-to-path", path="/")
    await ada.page.locator(
        '.platform-Shelf-item[aria-current="true"]', has_text="second"
    ).wait_for()
    await ada.shot("22-projects")

    await ada.new_notebook()

    assert await ada.current_path() == "second/Untitled.ipynb"


async def test_a_project_on_the_shelf_is_opened_with_a_click(ada: Visitor) -> None:
    await ada.run("filebrowser:go-to-path", path="/")

    await ada.page.locator(".platform-Shelf-item", has_text="thesis").click()

    await ada.page.locator('.jp-BreadCrumbs-item[title="thesis"]').wait_for()
    await ada.page.locator(".platform-ProjectsHead").wait_for(state="hidden")


async def test_a_notebook_made_at_the_top_asks_for_its_project(ada: Visitor) -> None:
    await ada.make_project("third")
    await ada.run("filebrowser:go-to-path", path="/")

    await ada.menu("File", "New", "Notebook")
    await ada.page.locator(".jp-Dialog", has_text="Which project is it for?").wait_for()
    await ada.shot("23-which-project")
    await ada.page.locator(".jp-Dialog select").select_option("third")
    await ada.page.locator(".jp-Dialog .jp-mod-accept").click()

    await ada.page.locator(".jp-NotebookPanel").wait_for()
    assert await ada.current_path() == "third/Untitled.ipynb"
    await ada.page.locator(".jp-Dialog", has_text="Select Kernel").locator(".jp-mod-accept").click()


async def test_nothing_is_made_when_no_project_is_chosen(ada: Visitor) -> None:
    await ada.make_project("fourth")
    await ada.run("filebrowser:go-to-path", path="/")

    await ada.menu("File", "New", "Text File")
    await ada.page.locator(".jp-Dialog .jp-mod-reject").click()

    await ada.confirm("Nothing was made")


async def test_the_first_terminal_of_a_newcomer_asks_for_a_project(visit: Visit) -> None:
    newcomer = await visit("latecomer")
    await newcomer.open_lab()

    await newcomer.menu("File", "New", "Terminal")
    await newcomer.answer("first")

    await newcomer.terminal_shows(r"[$#] ?$")


async def test_a_name_that_cannot_be_is_refused_in_words(ada: Visitor) -> None:
    await ada.run("filebrowser:go-to-path", path="/")
    await ada.page.locator(".platform-ProjectsHead button").click()

    await ada.answer("thesis")

    await ada.page.locator(".jp-Dialog", has_text="of that name already").wait_for()
    await ada.shot("24-name-taken")
    await ada.confirm("of that name already")
    assert await ada.page.locator(".jp-Dialog input").input_value() == "thesis"
    await ada.page.locator(".jp-Dialog .jp-mod-reject").click()
    ada.expect_problem("409")
