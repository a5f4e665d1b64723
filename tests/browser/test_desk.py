"""Who reviews a project and what there are points for, said in the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from platform_server.identity.model import Role
from platform_server.testing.payloads import VECTORS
from platform_server.testing.serving import join

from .accessibility import complaints
from .payload_watch import Watch

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from platform_server.testing.serving import Server

    from .conftest import Visit
    from .visitor import Visitor

HOSTILE = next(one for one in VECTORS if one.startswith("<img") and len(one) < 100)
SAVED = re.compile(r"^\s*Saved\s*$")  # and not "Not saved yet"
DECEIVING = "Points \u202efor style"


def desk(visitor: Visitor) -> Locator:
    """Return the tab in front."""
    return visitor.page.locator(".platform-Desk:visible")


def part(visitor: Visitor, name: str) -> Locator:
    return desk(visitor).get_by_role("region", name=name, exact=True)


async def save(visitor: Visitor, name: str) -> None:
    await part(visitor, name).get_by_role("button", name=f"Save: {name}").click()
    await part(visitor, name).get_by_role("status").filter(has_text=SAVED).wait_for()


async def has_focus(field: Locator) -> None:
    await expect(field).to_be_focused()


async def open_project(visitor: Visitor, name: str) -> None:
    """Open a page in a project, and wait until its file browser is there."""
    await visitor.open_lab(f"/lab/tree/{name}?reset")
    await visitor.page.locator(f'.jp-BreadCrumbs-item[title="{name}"]').wait_for()


async def test_an_owner_names_reviewers_and_edits_the_rubric(server: Server, visit: Visit) -> None:
    otto = await join(server, "otto", Role.REVIEWER)
    villain = await join(server, "villain", Role.REVIEWER)
    named = await villain.http.patch("/api/account", json={"name": HOSTILE})
    assert named.status_code == 200, named.text
    lise = await visit("lise")
    watch = Watch()
    await watch.over(lise.context)
    await lise.ensure_project("fission")
    await open_project(lise, "fission")

    await lise.menu("Project", "Reviewers and Rubric…")
    await names_reviewers(lise, otto.user.id)
    await writes_with_the_keyboard(lise)
    await is_told_what_is_wrong(lise)
    await puts_in_order(lise)
    await loses_nothing(lise)
    await comes_from_the_submission(lise)

    assert watch.fired == []
    for one in (otto, villain):
        await one.aclose()


async def address(lise: Visitor, what: str) -> str:
    return f"/api/projects/{await lise.project_id('fission')}/{what}"


async def criteria(lise: Visitor) -> list[dict[str, Any]]:
    return list((await lise.get(await address(lise, "rubric")))["criteria"])


async def names_reviewers(lise: Visitor, otto: str) -> None:
    people = part(lise, "Reviewers")
    await people.get_by_text("without groups, all reviewers").wait_for()
    await people.get_by_label(HOSTILE).check()
    await people.get_by_label("Otto", exact=True).check()
    await people.get_by_label(HOSTILE).uncheck()
    await save(lise, "Reviewers")
    await people.get_by_text("Only those who are chosen").wait_for()
    assert (await lise.get(await address(lise, "reviewers")))["reviewers"] == [otto]


async def writes_with_the_keyboard(lise: Visitor) -> None:
    keyboard = lise.page.keyboard
    rubric = part(lise, "Rubric")
    await rubric.get_by_role("button", name="Add a criterion").focus()
    await keyboard.press("Enter")
    await has_focus(rubric.get_by_label("Title"))
    await keyboard.type("Code")
    await keyboard.press("Tab")
    await keyboard.type("4,5")
    await rubric.get_by_role("button", name="Add a level to Code").press("Enter")
    await keyboard.type("9")
    await keyboard.press("Tab")


async def is_told_what_is_wrong(lise: Visitor) -> None:
    """Write what cannot be, be led to the field, and write what can."""
    rubric = part(lise, "Rubric")
    level = rubric.get_by_label("Points of level 1")
    await rubric.get_by_text("More than the criterion has.").wait_for()
    await rubric.get_by_role("button", name="Save: Rubric").click()
    await has_focus(level)
    assert await criteria(lise) == []
    await accessible_in_both_themes(lise)
    await level.fill("4.5")
    await rubric.get_by_label("What level 1 takes").fill("all of it")
    await save(lise, "Rubric")
    (code,) = await criteria(lise)
    assert (code["title"], code["points"]) == ("Code", 4.5)
    assert code["levels"] == [{"points": 4.5, "text": "all of it"}]


async def puts_in_order(lise: Visitor) -> None:
    """Add more, move one with the keyboard, remove one by a slip and put it back."""
    rubric = part(lise, "Rubric")
    for title in (HOSTILE, DECEIVING):
        await rubric.get_by_role("button", name="Add a criterion").click()
        await rubric.get_by_label("Title").last.fill(title)
    await rubric.get_by_role("button", name="Move up: Points [U+202E]for style").focus()
    await lise.page.keyboard.press("Enter")
    await lise.page.keyboard.press("Enter")
    await rubric.get_by_role("status").filter(has_text="is number 1 now").wait_for()
    await has_focus(rubric.get_by_role("button", name="Move down: Points [U+202E]for style"))
    await rubric.get_by_role("button", name="Remove: Code").click()
    await has_focus(rubric.get_by_role("button", name="Put it back"))
    await lise.page.keyboard.press("Enter")
    await save(lise, "Rubric")
    assert [one["title"] for one in await criteria(lise)] == [DECEIVING, "Code", HOSTILE]


async def loses_nothing(lise: Visitor) -> None:
    """Close the tab with something unsaved in it: once by a slip, once on purpose."""
    title = part(lise, "Rubric").get_by_label("Title").first
    await title.fill("Style")
    for answer in ("Cancel", "Discard"):
        tab = lise.page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text="Reviewing: fission")
        await expect(tab).to_contain_class("jp-mod-dirty")
        await tab.locator(".lm-TabBar-tabCloseIcon").click()
        dialog = lise.page.locator(".jp-Dialog", has_text="Save your changes?")
        await dialog.get_by_role("button", name=answer).click()
        await dialog.wait_for(state="detached")
        if answer == "Cancel":
            await expect(title).to_have_value("Style")
    await expect(desk(lise)).to_have_count(0)
    assert (await criteria(lise))[0]["title"] == DECEIVING


async def comes_from_the_submission(lise: Visitor) -> None:
    """Go there from the dialog that submits, whose words are kept, and from what was submitted."""
    saved = await lise.call("PUT", await address(lise, "files/a.py"), "1")
    assert saved.ok, await saved.text()
    submit = "() => void window.jupyterapp.commands.execute('platform:submit-for-review')"
    await lise.page.evaluate(submit)
    dialog = lise.page.locator(".jp-Dialog", has_text="Submit for review")
    await dialog.locator("textarea").fill("Please look.")
    await dialog.get_by_role("button", name="Reviewers and rubric…").click()
    await part(lise, "Rubric").get_by_label("Title").first.wait_for()
    await lise.page.evaluate(submit)
    await expect(dialog.locator("textarea")).to_have_value("Please look.")
    await dialog.get_by_role("button", name="Submit").click()
    await lise.page.locator(".platform-Submission").wait_for()
    await lise.run("platform:show-reviews")
    await lise.page.get_by_role("button", name="Reviewers and rubric of fission").click()
    await part(lise, "Rubric").get_by_label("Title").first.wait_for()


async def accessible_in_both_themes(visitor: Visitor, picture: str = "70-rubric") -> None:
    """Check that everybody can use the page as it is, and keep pictures of it."""
    for theme in ("Dark", "Light"):
        await visitor.run("apputils:change-theme", theme=f"JupyterLab {theme}")
        is_light = str(theme == "Light").lower()
        await visitor.page.locator(f'body[data-jp-theme-light="{is_light}"]').wait_for(
            state="attached"
        )
        await visitor.shot(f"{picture}-{theme.lower()}")
        assert await complaints(visitor, ".platform-Desk") == [], theme


async def meets_somebody_else(maria: Visitor) -> None:
    """Save over what another one saved meanwhile: be told, look at it, and keep one's own."""
    rubric = part(maria, "Rubric")
    title = rubric.get_by_label("Title")
    theirs = {"criteria": [{"id": "theirs", "title": "Theirs", "points": 1}]}
    assert (await maria.call("PUT", "/api/rubric", theirs)).ok
    await title.fill("Mine")
    await rubric.get_by_role("button", name="Save: Rubric").click()
    await rubric.get_by_role("alert").filter(has_text="Somebody else changed").wait_for()
    maria.expect_problem("412")
    await expect(title).to_have_value("Mine")
    await accessible_in_both_themes(maria, "72-rubric-of-somebody-else")
    await rubric.get_by_role("button", name="Load the newer one").press("Enter")
    await expect(title).to_have_value("Theirs")
    await has_focus(rubric.get_by_role("button", name="Put back what I wrote"))
    await accessible_in_both_themes(maria, "73-newer-rubric")
    await maria.page.keyboard.press("Enter")
    await expect(title).to_have_value("Mine")
    await has_focus(title)
    await title.fill("Words")
    await save(maria, "Rubric")


async def test_an_admin_edits_the_rubric_of_all_projects(visit: Visit) -> None:
    maria, nelly = await visit("maria", role=Role.ADMIN), await visit("nelly")
    await maria.open_lab("/lab?reset")
    await maria.run("platform:show-reviews")

    await maria.page.get_by_role("button", name="Rubric of all projects").click()
    rubric = part(maria, "Rubric")
    await rubric.get_by_role("button", name="Add a criterion").click()
    await rubric.get_by_label("Title").fill("Words")
    await save(maria, "Rubric")
    await meets_somebody_else(maria)

    await nelly.ensure_project("seeds")
    await open_project(nelly, "seeds")
    has_command = "() => window.jupyterapp.commands.hasCommand('platform:rubric-of-all')"
    assert not await nelly.page.evaluate(has_command)
    await nelly.run("platform:review-settings")
    await part(nelly, "Rubric").get_by_text("those of all projects count: Words").wait_for()
    await part(nelly, "Rubric").get_by_role("button", name="Start from them").click()
    await expect(part(nelly, "Rubric").get_by_label("Title")).to_have_value("Words")
    await nelly.shot("71-rubric-of-all")
    await rubric.get_by_role("button", name="Remove: Words").click()
    await save(maria, "Rubric")
    assert (await maria.get("/api/rubric"))["criteria"] == []
