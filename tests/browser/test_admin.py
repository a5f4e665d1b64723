"""The administration: what an admin sees and does there, and that nobody else has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from platform_server.identity.model import Role

from .accessibility import complaints

if TYPE_CHECKING:
    from .conftest import Visit
    from .visitor import Visitor

# What margaret did, the last first.
DONE = (
    ("Stopped the sandbox", "orbits", "Owner: katherine@example.org"),
    ("Enabled the account", "katherine@example.org", ""),
    ("Disabled the account", "katherine@example.org", ""),
    ("Changed the role", "katherine@example.org", "Role: Learner → Reviewer"),
)
HAS_COMMAND = "() => window.jupyterapp.commands.hasCommand('platform:admin')"


async def test_an_admin_looks_after_sandboxes_and_people(image: str, visit: Visit) -> None:
    del image  # it has to be there
    katherine = await visit("katherine")
    await start_sandbox(katherine, "orbits")
    margaret = await visit("margaret", role=Role.ADMIN)

    await open_administration(margaret)
    await see_the_sandbox(margaret)
    await change_a_role(margaret, katherine)
    await shut_out_and_let_in(margaret)
    await stop_the_sandbox(margaret)
    await see_what_was_done(margaret)

    katherine = await visit("katherine", fresh=True)
    await katherine.open_lab()
    assert not await katherine.page.evaluate(HAS_COMMAND)
    assert await katherine.status("/api/admin/overview") == 403


async def start_sandbox(visitor: Visitor, project: str) -> None:
    await visitor.ensure_project(project)
    started = {"project": await visitor.project_id(project)}
    assert (await visitor.call("POST", "/api/containers/", started)).ok
    await visitor.page.goto("about:blank")  # a page would complain when its session ends


async def open_administration(margaret: Visitor) -> None:
    await margaret.open_lab()
    await margaret.page.locator(".platform-UserMenu-button").click()
    await margaret.page.get_by_role("button", name="Administration").click()
    await margaret.page.get_by_role("heading", name="Administration").wait_for()


async def see_the_sandbox(margaret: Visitor) -> None:
    page = margaret.page
    row = page.locator(".platform-Admin-sandboxes tbody tr", has_text="orbits")
    await expect(row).to_contain_text("Katherine")
    await expect(row).to_contain_text(
        re.compile(r"MB of 512 MB"), timeout=60_000
    )  # once it was looked at
    await margaret.shot("60-administration")
    await margaret.run("apputils:change-theme", theme="JupyterLab Dark")
    await page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")
    await page.get_by_label("Find a project, a person or a group").fill("katherine orb")
    await expect(page.locator(".platform-Admin-sandboxes tbody tr")).to_have_count(1)
    await page.get_by_label("Find a project, a person or a group").fill("katherine")
    await margaret.shot("61-administration-dark")
    await margaret.run("apputils:change-theme", theme="JupyterLab Light")


async def change_a_role(margaret: Visitor, katherine: Visitor) -> None:
    page = margaret.page
    await page.get_by_label("Role of Katherine").select_option("reviewer")
    await page.get_by_role("status").filter(has_text="The role of Katherine was changed").wait_for()
    assert (await katherine.get("/api/me"))["identity"]["role"] == "reviewer"


async def shut_out_and_let_in(margaret: Visitor) -> None:
    page = margaret.page
    await page.get_by_role("button", name="Disable the account of Katherine").click()
    await page.locator(".jp-Dialog", has_text="Disable the account").locator(".jp-mod-warn").click()
    await page.get_by_role("button", name="Enable the account of Katherine").click()
    await page.get_by_role("status").filter(has_text="Katherine may sign in again").wait_for()


async def stop_the_sandbox(margaret: Visitor) -> None:
    page = margaret.page
    await page.get_by_role("button", name="Stop the sandbox of “orbits” (Katherine)").press("Enter")
    await page.locator(".jp-Dialog", has_text="Stop the sandbox").locator(".jp-mod-warn").click()
    await page.get_by_role("status").filter(has_text="“orbits” was stopped").wait_for()
    rows = page.locator(".platform-Admin-sandboxes tbody tr", has_text="orbits")
    await expect(rows).to_have_count(0)


async def see_what_was_done(margaret: Visitor) -> None:
    page = margaret.page
    await page.get_by_label("Find a project, a person or a group").fill("")
    rows = page.locator(".platform-Admin-acts tbody tr")
    for number, (act, target, change) in enumerate(DONE):
        row = rows.nth(number)
        await expect(row).to_contain_text("margaret@example.org")
        await expect(row).to_contain_text(act)
        await expect(row).to_contain_text(target)
        await expect(row).to_contain_text(change)
    for theme in ("Dark", "Light"):
        await margaret.run("apputils:change-theme", theme=f"JupyterLab {theme}")
        is_light = str(theme == "Light").lower()
        await page.locator(f'body[data-jp-theme-light="{is_light}"]').wait_for(state="attached")
        await rows.nth(len(DONE)).scroll_into_view_if_needed()
        await margaret.shot(f"64-what-admins-did-{theme.lower()}")
        assert await complaints(margaret, ".platform-Admin") == []
