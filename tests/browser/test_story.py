"""The first hour of two people on one server."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from .visitor import Account, Visitor

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from .conftest import Visit

PLOT = """\
import matplotlib.pyplot as plt
plt.plot([1, 4, 9, 16])
plt.title("Squares");"""


async def test_a_newcomers_first_hour_while_somebody_else_works(
    browser: Browser, server_url: str, visit: Visit
) -> None:
    account = Account(name="Mary Somerville", email="mary@example.org")
    mary = await Visitor.arrive(browser, server_url, account)
    hedy = await visit("hedy")

    await asyncio.gather(mary_arrives(mary), hedy_works(hedy))
    await mary_computes(mary)
    await mary_looks_at_files(mary)

    await hedy.wait_for_file("Untitled.ipynb")
    assert await hedy.files() == ["Untitled.ipynb"]
    await hedy.run("filebrowser:go-to-path", path="/")
    await hedy.file("radio").wait_for()
    assert await hedy.files() == ["radio"]
    await mary.sign_out()
    await mary.shot("09-signed-out")
    mary.forgive(r"401 .*/api/me")  # which the page may just have asked
    await mary.leave()


async def mary_arrives(mary: Visitor) -> None:
    await mary.page.goto(f"{mary.url}/login")
    await mary.shot("01-sign-in")
    await mary.sign_up(shot="02-sign-up")
    await mary.lab_is_ready()
    await mary.page.locator(".platform-Welcome").wait_for()
    await mary.shot("03-welcome")
    await mary.page.locator(".platform-Welcome button").click()
    await mary.page.locator(".jp-Dialog input[type=text]").fill("astronomy")
    await mary.shot("04-new-project")
    await mary.page.locator(".jp-Dialog .jp-mod-accept").click()
    await mary.page.locator('.jp-BreadCrumbs-item[title="astronomy"]').wait_for()
    await mary.page.locator('.jp-LauncherCard[data-category="Notebook"]').first.wait_for()
    await mary.shot("05-project")


async def hedy_works(hedy: Visitor) -> None:
    await hedy.open_lab()
    await hedy.make_project("radio")
    await hedy.new_notebook()
    await hedy.run_cell("import os; os.listdir()")
    assert await hedy.output() == "['Untitled.ipynb']"


async def mary_computes(mary: Visitor) -> None:
    await mary.new_notebook()
    await mary.run_cell(PLOT)
    picture = mary.cell(0).locator(".jp-OutputArea-output img")
    await picture.wait_for()
    assert await picture.evaluate("image => image.naturalWidth") > 300

    await mary.enter_cell("open(input('File? '), 'w').write('1,4,9,16\\n')", 1)
    await mary.page.locator(".jp-Stdin-input").fill("squares.csv")
    await mary.shot("06-input")
    await mary.page.keyboard.press("Enter")
    await mary.cell_has_run(1)

    await mary.complete("pl", "plt", 2)


async def mary_looks_at_files(mary: Visitor) -> None:
    await mary.wait_for_file("squares.csv")
    await mary.shot("07-notebook")
    await mary.menu("File", "New", "Terminal")
    await mary.type_in_terminal("ls; pwd; whoami; cat squares.csv")
    text = await mary.terminal_shows(r"^1,4,9,16$")
    assert "squares.csv" in text
    assert "/workspace" in text
    assert "Terminal 1" in await mary.tabs()
    await mary.shot("08-terminal")


async def test_what_is_saved_in_the_editor_the_shell_reads(ada: Visitor) -> None:
    await ada.run("fileeditor:create-new", cwd="thesis", fileExt="py")
    await ada.document_is_loaded()
    editor = ada.page.locator(".jp-FileEditor .cm-content")
    await editor.fill("print('from', 'the editor')")
    await ada.page.keyboard.press("Control+s")
    await ada.answer("hello.py")
    await ada.wait_for_file("hello.py")
    await ada.shot("10-editor")

    await ada.run("terminal:create-new", cwd="thesis")
    await ada.type_in_terminal("python hello.py")

    await ada.terminal_shows("^from the editor$")
    # JupyterLab asks for the checkpoints of a new file, and may do so after it was renamed (stock).
    ada.forgive(r"untitled\.py/checkpoints|no file or folder at that path")


async def test_tab_completes_what_a_cell_begins(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.run_cell("temperature_of_venus = 737")

    await ada.complete("temperature_of", "temperature_of_venus", 1)


async def test_tab_offers_a_choice_where_there_is_one(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.run_cell("import math")
    await ada.type_cell("math.is", 1)

    await ada.page.keyboard.press("Tab")

    await ada.page.locator(".jp-Completer-item", has_text="isfinite").wait_for()
    await ada.shot("11-completion")


async def test_a_console_computes(ada: Visitor) -> None:
    await ada.page.locator('.jp-LauncherCard[data-category="Console"]').first.click()
    await ada.page.locator(".jp-CodeConsole-input .cm-content").fill("2 ** 16")
    await ada.page.keyboard.press("Shift+Enter")

    await ada.page.locator(
        ".jp-CodeConsole-content .jp-OutputArea-output", has_text="65536"
    ).wait_for()
    await ada.shot("12-console")


async def test_a_breakpoint_stops_the_code_and_shows_its_variables(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.run_cell("1")
    await ada.page.locator(".jp-DebuggerBugButton").click()
    await ada.page.locator('.jp-DebuggerBugButton[aria-pressed="true"]').wait_for()
    await ada.cell(1).locator(".cm-content").fill("planets = 8\nplanets += 1\nplanets")
    await ada.cell(1).locator(".cm-breakpoint-gutter .cm-gutterElement").nth(2).click()
    await ada.page.locator(".jp-DebuggerBreakpoints-body", has_text=re.compile(r"\d")).wait_for()

    await ada.page.keyboard.press("Control+Enter")

    await ada.page.locator(".jp-DebuggerVariables", has_text="planets").wait_for()
    await ada.shot("13-debugger")
    await ada.run("debugger:continue")
    await ada.cell_has_run(1)
    assert await ada.output(1) == "9"


async def test_two_people_at_once_see_nothing_of_each_other(ada: Visitor, visit: Visit) -> None:
    grace = await visit("grace")
    await ada.new_notebook()
    await ada.run_cell("secret = 'analytical engine'")
    await ada.run("terminal:create-new", cwd="thesis")
    await ada.terminal_shows(r"[$#] ?$")
    await grace.open_lab("/lab?reset")
    assert await grace.files() == []
    await grace.run("running:show-panel")

    assert await grace.running("Kernels").count() == 0
    assert await grace.running("Terminals").count() == 0
    await grace.shot("14-another-person")
    await ada.run("running:show-panel")
    await ada.running("Kernels").first.wait_for()
    await ada.running("Terminals").wait_for()
    await ada.shot("15-running")


async def test_addresses_typed_by_hand_lead_nowhere(ada: Visitor, visit: Visit) -> None:
    grace = await visit("grace")
    await ada.new_notebook()
    await ada.run_cell("'mine'")
    name = await ada.current_path()
    kernel, terminal = await asyncio.gather(ada.kernel_id(), ada.new_terminal("thesis"))

    for address in (
        "/api/contents/thesis",
        f"/api/contents/{name}",
        f"/files/{name}",
        f"/api/kernels/{kernel}",
        f"/api/terminals/{terminal}",
        f"/api/projects/{await ada.project_id('thesis')}",
    ):
        assert await ada.status(address) == 200, address
        assert await grace.status(address) == 404, address


async def test_signing_out_ends_the_session_in_every_tab(visit: Visit) -> None:
    grace = await visit("grace", fresh=True)
    await grace.open_lab()
    other = await grace.another_tab()
    await other.open_lab("/lab/workspaces/other?reset")

    await grace.sign_out(shot="16-user-menu")

    await other.page.locator(".jp-Dialog", has_text="You are signed out").wait_for()
    await other.shot("17-signed-out-elsewhere")
    assert await grace.status("/api/contents") == 401
    other.expect_problem(r"401 .*/api/me")
    await other.page.close()
    # What the other tab may just have been about.
    other.forgive(r"/api/events/subscribe|/lab/api/workspaces/")
