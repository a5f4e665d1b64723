"""The history panel: what files were, what differs, and how to get it back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import FilePayload, Locator

    from .conftest import Door
    from .visitor import Visitor

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mP8z8BQz0AEYBxVSF+FABJADveWkH6oAAAA"
    "AElFTkSuQmCC"
)


@pytest.fixture(scope="module")
async def lise(door: Door) -> AsyncIterator[Visitor]:
    """Lise, in her project "fission", with the history panel open."""
    lise = await door.let_in("lise")
    await lise.ensure_project("fission")
    await lise.open_lab("/lab/tree/fission?reset")
    await lise.run("platform:show-history")
    yield lise
    await lise.tidy_up()
    await lise.leave()


async def put(visitor: Visitor, path: str, content: str) -> None:
    """Save a file as a client of the API would."""
    project = await visitor.project_id("fission")
    response = await visitor.call("PUT", f"/api/projects/{project}/files/{path}", content)
    assert response.ok, await response.text()


def notebook(*cells: dict[str, Any]) -> str:
    """Return a notebook as it is saved."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    body = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(body)


def code(name: str, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a code cell."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "outputs": outputs,
        "execution_count": 1,
    }


def text(name: str, source: str) -> dict[str, Any]:
    """Return a Markdown cell."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def says(line: str) -> dict[str, Any]:
    """Return what a cell printed."""
    return {"output_type": "stream", "name": "stdout", "text": line}


def panel(visitor: Visitor) -> Locator:
    return visitor.page.locator("#platform-history")


def revisions(visitor: Visitor) -> Locator:
    return panel(visitor).locator(".platform-History-item")


async def open_file(visitor: Visitor, path: str) -> None:
    name = path.rpartition("/")[2]
    await visitor.run("docmanager:open", path=f"fission/{path}")
    # A command alone does not always bring the keyboard's focus along.
    tabs = visitor.page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel")
    await tabs.filter(has_text=re.compile(f"^{re.escape(name)}$")).first.click()
    await panel(visitor).locator("h2", has_text=name).wait_for()
    await visitor.document_is_loaded()  # saved before that, it is taken for one that is read-only


async def choose(visitor: Visitor, number: int, what: str) -> None:
    """Select a revision, and press one of its buttons."""
    await revisions(visitor).nth(number).click()
    await panel(visitor).get_by_role("button", name=what, exact=True).click()


def past(visitor: Visitor) -> Locator:
    """Return the comparison or the earlier state in front."""
    return visitor.page.locator(".platform-Past:visible")


async def test_a_notebook_is_looked_at_and_compared(lise: Visitor) -> None:
    plan = text("plan", "# Fission\n\nEnergy from a *mass defect*.")
    imports = code("imports", "import math\n\nC = 299_792_458  # m/s")
    gone = code("gone", "print('a first try')", says("a first try\n"))
    await put(
        lise,
        "mass.ipynb",
        notebook(
            plan,
            imports,
            code(
                "energy", "def energy(mass):\n    return mass * C\n\nenergy(1)", says("299792458\n")
            ),
            gone,
        ),
    )
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG}}
    await put(
        lise,
        "mass.ipynb",
        notebook(
            plan,
            imports,
            code(
                "energy",
                "def energy(mass):\n    return mass * C**2\n\nenergy(1)",
                says("89875517873681764\n"),
                picture,
            ),
            code("check", "assert math.isclose(energy(2), 2 * energy(1))"),
        ),
    )
    await open_file(lise, "mass.ipynb")
    await lise.kernels_are_ready()
    await revisions(lise).nth(1).wait_for()

    await choose(lise, 1, "Compare with current")

    await past(lise).get_by_role("region", name="Code cell changed").wait_for()
    await lise.shot("40-history-notebook-diff")
    await past(lise).locator("summary", has_text="Outputs changed").click()
    await past(lise).get_by_role("button", name="One below the other").click()
    await lise.shot("41-history-notebook-diff-unified")
    await past(lise).get_by_role("region", name="Code cell added").wait_for()
    await past(lise).get_by_role("region", name="Code cell removed").wait_for()
    await past(lise).get_by_text("2 unchanged cells").wait_for()

    await lise.page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text="mass.ipynb (").click()
    await past(lise).locator("h1", has_text="Fission").wait_for()
    await past(lise).locator(".platform-Output", has_text="a first try").wait_for()
    await lise.shot("42-history-notebook-then")


async def test_a_text_is_compared_and_restored_with_what_was_not_saved(lise: Visitor) -> None:
    first = "".join(f"line {number}\n" for number in range(40))
    second = first.replace("line 4\n", "line four\nand a half\n").replace("line 30\n", "")
    await put(lise, "notes.txt", first)
    await put(lise, "notes.txt", second)
    await open_file(lise, "notes.txt")
    await revisions(lise).nth(1).wait_for()
    await choose(lise, 1, "Compare with current")
    await past(lise).locator(".platform-Lines-text.platform-mod-added").first.wait_for()
    await lise.shot("43-history-text-diff")
    await lise.run("docmanager:open", path="fission/notes.txt")
    editor = lise.page.locator(".jp-FileEditor:visible .cm-content")
    await editor.click()
    await lise.page.keyboard.type("unsaved ")

    await choose(lise, 1, "Restore…")
    await lise.page.locator(".jp-Dialog", has_text="saved first").wait_for()
    await lise.shot("44-history-restore")
    await lise.page.locator(".jp-Dialog .jp-mod-accept").click()

    await lise.page.locator(".jp-toast-message", has_text="is restored").wait_for()
    await revisions(lise).nth(3).wait_for()
    origins = await panel(lise).locator(".platform-Origin").all_inner_texts()
    assert origins == ["restored", "saved", "saved", "saved"]
    await lise.run("docmanager:open", path="fission/notes.txt")
    await editor.get_by_text("line 4", exact=True).wait_for()
    await lise.page.keyboard.press("Control+Home")
    await editor.press_sequentially("more ")
    await lise.run("docmanager:save")
    await revisions(lise).nth(4).wait_for()
    assert await lise.page.locator(".jp-Dialog").count() == 0
    project = await lise.project_id("fission")
    saved = await lise.call("GET", f"/api/projects/{project}/files/notes.txt")
    assert (await saved.text()).startswith("more line 0")


async def test_an_earlier_state_is_saved_as_another_file(lise: Visitor) -> None:
    await open_file(lise, "notes.txt")
    await choose(lise, 1, "Save a copy as…")
    await lise.answer("kept.txt")

    await lise.page.locator(".jp-toast-message", has_text="kept.txt").wait_for()
    await lise.file("kept.txt").wait_for()
    await choose(lise, 1, "Save a copy as…")
    await lise.answer("kept.txt")
    await lise.confirm("The copy was not saved")
    lise.expect_problem("409")


async def test_the_project_goes_back_to_a_checkpoint(lise: Visitor) -> None:
    await put(lise, "data/table.csv", "a,b\n1,2\n")
    await panel(lise).get_by_role("tab", name="Checkpoints").click()
    await panel(lise).get_by_role("button", name="New checkpoint…").click()
    await lise.answer("before the rewrite")
    await revisions(lise).filter(has_text="before the rewrite").wait_for()
    await put(lise, "data/table.csv", "a,b\n1,3\n")
    await put(lise, "scratch.py", "print(1)\n")

    await revisions(lise).first.click()
    await panel(lise).get_by_role("button", name="What has changed since?").click()
    await past(lise).get_by_role("region", name="New since").wait_for()
    await lise.shot("45-history-checkpoint")
    await past(lise).get_by_role("button", name="data/table.csv").click()
    await past(lise).locator(".platform-mod-added", has_text="1,3").first.wait_for()

    await panel(lise).get_by_role("button", name="Restore…").click()
    await lise.page.locator(".jp-Dialog", has_text="scratch.py").wait_for()
    await lise.shot("46-history-bring-back")
    await lise.page.locator(".jp-Dialog .jp-mod-accept").click()
    await lise.page.locator(".jp-Dialog", has_text="is back at").wait_for()
    await lise.confirm("data/table.csv")
    await revisions(lise).filter(has_text="Before going back to").wait_for()
    await lise.file("scratch.py").wait_for(state="detached")


async def test_a_deleted_file_comes_back(lise: Visitor) -> None:
    await lise.run("filebrowser:go-to-path", path="/fission")
    project = await lise.project_id("fission")
    await lise.call("DELETE", f"/api/projects/{project}/files/kept.txt")
    await panel(lise).get_by_role("tab", name="Deleted").click()

    await revisions(lise).filter(has_text="kept.txt").click()
    await lise.shot("47-history-deleted")
    await panel(lise).get_by_role("button", name="Bring back").click()

    await revisions(lise).filter(has_text="kept.txt").wait_for(state="detached")
    await lise.file("kept.txt").wait_for()
    await panel(lise).get_by_role("tab", name="File").click()


async def test_a_save_that_another_was_faster_than_becomes_a_conflict_copy(lise: Visitor) -> None:
    await put(lise, "shared.txt", "one\n")
    await open_file(lise, "shared.txt")
    editor = lise.page.locator(".jp-FileEditor:visible .cm-content")
    await editor.press_sequentially("mine ")

    async def meanwhile(route: Any) -> None:
        """Let somebody else save after the page has looked, and before it saves."""
        if route.request.method == "PUT" and "conflict=copy" in route.request.url:
            await put(lise, "shared.txt", "theirs\n")
        await route.continue_()

    await lise.page.route("**/api/contents/fission/shared.txt*", meanwhile)
    await lise.page.evaluate(
        "() => { void window.jupyterapp.commands.execute('docmanager:save').catch(() => 0); }"
    )

    await lise.page.locator(".jp-Dialog", has_text="Nothing is lost").wait_for()
    await lise.shot("48-conflict")
    await lise.confirm("Nothing is lost")
    await lise.page.unroute_all()
    toast = lise.page.locator(".Toastify__toast", has_text="at the same moment")
    await toast.get_by_role("button", name="Compare").click()
    await past(lise).locator(".platform-mod-removed", has_text="mine").first.wait_for()
    await past(lise).locator(".platform-mod-added", has_text="theirs").first.wait_for()
    await panel(lise).get_by_text("Two changed this file at once").wait_for()
    await lise.shot("49-conflict-compared")
    await lise.page.evaluate(
        """() => {
          const {shell} = window.jupyterapp;
          for (const widget of shell.widgets('main')) {
            if (widget.context?.path.endsWith('shared.txt')) {
              widget.context.model.dirty = false;
              widget.dispose();
            }
          }
        }"""
    )


async def test_a_zip_file_is_imported_and_a_folder_downloaded(lise: Visitor) -> None:
    await lise.run("filebrowser:go-to-path", path="/fission")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sources/paper.md", "# Paper\n")
        archive.writestr("sources/data.csv", "1,2\n")
    file: FilePayload = {
        "name": "sources.zip",
        "mimeType": "application/zip",
        "buffer": packed.getvalue(),
    }

    await lise.page.locator(".lm-MenuBar-item", has_text="Project").click()
    await lise.shot("50-project-menu")
    async with lise.page.expect_file_chooser() as chooser:
        await lise.page.locator(".lm-Menu-item", has_text="Import Zip").click()
    await (await chooser.value).set_files([file])

    await lise.page.locator(".jp-toast-message", has_text="2 files").wait_for()
    await lise.file("sources").wait_for()
    await lise.shot("51-imported")
    await lise.file("sources").click(button="right")
    async with lise.page.expect_download() as download:
        await lise.page.locator(".lm-Menu-item", has_text="Download as Zip").click()
    assert (await download.value).suggested_filename == "sources.zip"
    with zipfile.ZipFile(await (await download.value).path()) as archive:
        assert sorted(archive.namelist()) == ["data.csv", "paper.md"]

    bad: FilePayload = {
        "name": "bad.zip",
        "mimeType": "application/zip",
        "buffer": b"not a zip file",
    }
    async with lise.page.expect_file_chooser() as chooser:
        await lise.menu("Project", "Import Zip…")
    await (await chooser.value).set_files([bad])
    await lise.page.locator(".jp-toast-message", has_text="nothing has changed").wait_for()
    await lise.page.locator(".jp-toast-message", has_text="Unpacking").wait_for(state="detached")
    await lise.shot("52-import-refused")
    lise.expect_problem("40[0-9]|422")


async def test_the_panel_is_readable_in_the_dark_and_without_a_mouse(lise: Visitor) -> None:
    await lise.run("apputils:dismiss-notification")
    await lise.run("apputils:change-theme", theme="JupyterLab Dark")
    await open_file(lise, "notes.txt")
    await revisions(lise).nth(1).focus()
    await lise.page.keyboard.press("Enter")
    await panel(lise).get_by_role("button", name="Compare with previous").focus()
    await lise.page.keyboard.press("Enter")

    await past(lise).locator(".platform-mod-removed").first.wait_for()
    await lise.shot("53-history-dark")
    await lise.run("apputils:change-theme", theme="JupyterLab Light")


async def test_a_project_that_is_nearly_full_says_so(lise: Visitor) -> None:
    async def nearly_full(route: Any) -> None:
        answer = await (await route.fetch()).json()
        answer["usage"]["bytes"] = answer["usage"]["limits"]["bytes"] * 0.95
        await route.fulfill(json=answer)

    project = await lise.project_id("fission")
    await lise.page.route(f"**/api/projects/{project}?*", nearly_full)
    await put(lise, "notes.txt", "changed elsewhere\n")
    await lise.run("docmanager:new-untitled", path="fission", type="file")

    await lise.page.locator(".jp-toast-message", has_text="95 %").wait_for()
    await lise.page.locator(".platform-Quota button", has_text="nearly full").click()
    await lise.page.locator(".jp-Dialog", has_text="Make room").wait_for()
    await lise.shot("54-quota")
    await lise.confirm("Make room")
    await lise.page.unroute_all()
