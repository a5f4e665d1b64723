"""A review from both sides, twice round, with two people at once.

``visit``  opens a browser at a server that runs again what is submitted
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from platform_server.identity.model import Role
from platform_server.testing.places import code_cell, notebook
from platform_server.testing.serving import Server

from .accessibility import complaints
from .conftest import Door, visiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Locator

    from .conftest import Visit
    from .visitor import Visitor

SAVED = re.compile(r"^\s*Saved\s*$")  # and not "Not saved yet"
ATTACK = (
    "<table><tr><th>height</th><td>178.2</td></tr></table>"
    "<img src=x onerror=\"parent.document.title='taken over'\">"
    "<script>parent.document.title='taken over'</script>"
)
ANALYSIS = notebook(
    {
        "cell_type": "markdown",
        "id": "why",
        "metadata": {},
        "source": "# Heights\n\nThe mean is $\\bar{x} = \\frac{1}{n}\\sum_i x_i$.",
    },
    code_cell(
        "heights = [180, 176.4]\nmean = sum(heights) / 3\nprint(mean)",
        id="mean",
        execution_count=1,
        outputs=[{"output_type": "stream", "name": "stdout", "text": "118.8\n"}],
    ),
    code_cell(
        "table",
        id="table",
        execution_count=2,
        outputs=[
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"text/html": ATTACK, "text/plain": "table"},
            }
        ],
    ),
)["content"]


RUBRIC = {
    "criteria": [
        {
            "id": "code",
            "title": "Code",
            "text": "It does what it says.",
            "points": 2,
            "levels": [{"points": 0, "text": "wrong"}, {"points": 1, "text": "nearly"}],
        },
        {"id": "words", "title": "Words", "points": 2},
    ]
}


CHECKED = 120_000  # milliseconds until a round has been run again; a loaded machine is slow


@pytest.fixture
async def visit(
    browser: Browser, image: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    del image  # is there
    async with (
        Server.start(tmp_path / "home", "--PlatformApp.checks_at_once=1") as server,
        visiting(Door(browser, server), request.node) as begin,
    ):
        yield begin


async def saved(visitor: Visitor, project: str, path: str, data: str) -> None:
    await visitor.ensure_project(project)
    address = f"/api/projects/{await visitor.project_id(project)}/files/{path}"
    answer = await visitor.call("PUT", address, data)
    assert answer.ok, await answer.text()


async def submitted(maker: Visitor, message: str, shot: str) -> None:
    """Submit the project in front through the page."""
    await maker.page.evaluate(
        "() => void window.jupyterapp.commands.execute('platform:submit-for-review')"
    )
    dialog = maker.page.locator(".jp-Dialog", has_text="for review")
    await dialog.locator("textarea").fill(message)
    await expect(dialog).to_contain_text("analysis.ipynb")
    await maker.shot(shot)
    assert await complaints(maker, ".platform-Submit") == []
    await dialog.get_by_role("button", name="Submit").click()
    await dialog.wait_for(state="detached")


def view(visitor: Visitor) -> Locator:
    return visitor.page.locator(".platform-Submission")


async def opened(visitor: Visitor, project: str) -> None:
    """Open a submission from the list."""
    await visitor.run("platform:show-reviews")
    await visitor.page.locator(".platform-Reviews-item", has_text=project).first.click()
    await view(visitor).locator(".platform-Row").first.wait_for()


def state(visitor: Visitor) -> Locator:
    """Return how the submission in front stands."""
    return view(visitor).locator(".platform-Submission-head .platform-State")


async def run_again(visitor: Visitor) -> None:
    """Wait until the page tells what came of the round in front when it was run again."""
    result = view(visitor).locator(".platform-Standing .platform-Mark")
    await result.first.wait_for(timeout=CHECKED)


def row(visitor: Visitor, name: str) -> Locator:
    """Return a part of the file in front."""
    return view(visitor).get_by_role("region", name=name, exact=True)


async def press(visitor: Visitor, *keys: str) -> None:
    for key in keys:
        await visitor.page.keyboard.press(key)


async def test_a_review_from_both_sides_twice_round(visit: Visit) -> None:
    emmy, rita = await visit("emmy"), await visit("rita", role=Role.REVIEWER)
    await saved(emmy, "heights", "analysis.ipynb", json.dumps(ANALYSIS))
    await saved(emmy, "heights", "data.csv", "name,height\nada,180\nbo,176.4\n")
    address = f"/api/projects/{await emmy.project_id('heights')}/rubric"
    assert (await emmy.call("PUT", address, RUBRIC)).ok
    await emmy.open_lab("/lab/tree/heights?reset")
    await rita.open_lab("/lab?reset")

    await configured(emmy)
    await submitted(emmy, "Is my mean right?", "50-submitting")
    await view(emmy).locator(".platform-Row").first.wait_for()
    await run_again(emmy)
    await emmy.shot("51-submitted")
    await reviewed(rita)
    await corrected(emmy)
    await approved(rita)

    await emmy.run("platform:show-reviews")
    states = emmy.page.locator(".platform-Reviews .platform-State")
    await expect(states).to_have_text("Approved")
    await emmy.shot("58-approved")
    assert await rita.get("/api/containers/") == []
    assert await rita.get("/api/kernels") == []


async def configured(emmy: Visitor) -> None:
    """Name the reviewer, and look at what there are points for."""
    await emmy.run("platform:review-settings")
    desk = emmy.page.locator(".platform-Desk")
    await desk.get_by_label("Rita").check()
    await desk.get_by_role("button", name="Save: Reviewers").click()
    await desk.get_by_role("status").filter(has_text=SAVED).wait_for()
    await expect(desk.get_by_label("Title")).to_have_count(2)
    await emmy.shot("49-rubric")
    await emmy.run("application:close")


async def reviewed(rita: Visitor) -> None:
    """Read it, suggest a change and ask for it, with the keyboard where that is quicker."""
    await opened(rita, "heights")
    await row(rita, "Markdown cell 1").frame_locator("iframe").locator("math").wait_for()
    table = row(rita, "Code cell 3").frame_locator("iframe").locator("table")
    await expect(table).to_contain_text("178.2")
    await expect(view(rita).locator(".platform-Standing")).to_contain_text("1 same")
    await row(rita, "Code cell 3").get_by_text("Run again: fails").wait_for()
    await rita.shot("52-in-the-queue")
    await view(rita).get_by_role("button", name="Review this").click()
    await view(rita).get_by_role("button", name="Approve").wait_for()
    await rita.page.get_by_text("Filters", exact=True).click()
    reviewer = rita.page.get_by_label("Reviewer", exact=True)
    await reviewer.select_option("nobody")
    listed = rita.page.locator(".platform-Reviews-item", has_text="heights")
    await listed.wait_for(state="detached")
    await reviewer.select_option(label="Rita")
    await listed.wait_for()

    cell = row(rita, "Code cell 2")
    await cell.get_by_role("button", name="Comment on line 2").click()
    field = cell.get_by_label("Comment", exact=True)
    await field.fill("Are there three of them?")
    await cell.get_by_text("Saved comments").click()
    await cell.get_by_role("button", name="Save what is written").click()
    await cell.get_by_role("button", name="Delete: Are there three").wait_for()
    await field.fill("")
    await cell.get_by_role("button", name="Insert: Are there three").click()
    await expect(field).to_have_value("Are there three of them?")
    await cell.get_by_role("button", name="Suggest a change").click()
    await cell.get_by_label("Suggestion").fill("mean = sum(heights) / len(heights)")
    await rita.shot("53-a-suggestion")
    await field.press("Control+Enter")
    await expect(cell.locator(".platform-Thread")).to_contain_text("draft")
    await view(rita).locator(".platform-Submission-main").focus()
    await press(rita, "n", "d")
    await rita.page.keyboard.type("Nearly!")
    await view(rita).get_by_label("Points for Code").select_option("1")
    await view(rita).get_by_label("Points for Words").fill("1.5")
    await view(rita).get_by_label("Note on Words").fill("Say what n is.")
    await expect(view(rita).locator(".platform-Points")).to_contain_text("2.5 of 4")
    await rita.shot("54-before-deciding")
    await accessible_in_both_themes(rita, "54-before-deciding-dark")
    await view(rita).get_by_role("button", name="Request changes").click()
    await expect(state(rita)).to_have_text("Changes requested")
    # The picture without an address asks nobody, and nothing of the notebook ran.
    assert await rita.page.title() != "taken over"


async def accessible_in_both_themes(visitor: Visitor, shot: str) -> None:
    """Check that everybody can use the page as it is, and keep a picture of it in the dark."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        await visitor.run("apputils:change-theme", theme=theme)
        is_light = str(theme.endswith("Light")).lower()
        await visitor.page.locator(f'body[data-jp-theme-light="{is_light}"]').wait_for(
            state="attached"
        )
        if is_light == "false":
            await visitor.shot(shot)
        for part in (".platform-Submission", ".platform-Reviews"):
            assert await complaints(visitor, part) == [], theme


async def corrected(emmy: Visitor) -> None:
    """Take the suggestion over, and submit again."""
    await emmy.page.reload()
    await emmy.lab_is_ready()
    await opened(emmy, "heights")
    await expect(view(emmy).locator(".platform-Decision")).to_contain_text("Nearly!")
    await expect(view(emmy).locator(".platform-Decision")).to_contain_text("1.5 of 2")
    await emmy.shot("55-changes-requested")
    await view(emmy).get_by_role("button", name="Apply suggestion").click()
    await expect(view(emmy).locator(".platform-Thread")).to_contain_text("applied")
    await submitted(emmy, "Divided by how many there are.", "56-submitting-again")
    await expect(view(emmy).locator(".platform-Submission-head select").first).to_have_value("2")
    await run_again(emmy)


async def approved(rita: Visitor) -> None:
    """Look at what has changed, and approve it."""
    waiting = await rita.get("/api/submissions/?state=submitted")
    (address,) = [one["id"] for one in waiting if one["project_name"] == "heights"]
    await rita.open_lab(f"/lab?submission={address}")
    await expect(view(rita).locator(".platform-Submission-head select").first).to_have_value("2")
    await expect(view(rita).locator(".platform-Thread")).to_contain_text("changed since")
    await expect(view(rita).get_by_role("button", name="analysis.ipynb")).to_contain_text("unseen")
    await view(rita).locator(".platform-Submission-main").focus()
    await press(rita, "j")
    await expect(view(rita).locator(".platform-Lines").first).to_contain_text("len(heights)")
    await expect(view(rita).locator(".platform-Doubt")).to_contain_text("was not run again")
    await view(rita).get_by_role("button", name="Review this").click()
    await view(rita).get_by_label("Summary").fill("Well done.")
    await rita.shot("57-what-has-changed")
    await accessible_in_both_themes(rita, "57-what-has-changed-dark")
    await view(rita).get_by_role("button", name="Approve").click()
    await expect(state(rita)).to_have_text("Approved")
