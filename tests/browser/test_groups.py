"""A teacher and two learners: what these submit is seen by their reviewer, and by no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from platform_server.identity.model import Role
from platform_server.testing.serving import join

from .accessibility import complaints

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from platform_server.testing.serving import Person, Server

    from .conftest import Visit
    from .visitor import Visitor

GROUP = "Statistics 1"


async def test_what_learners_submit_is_seen_by_the_reviewer_of_their_group(
    server: Server, visit: Visit
) -> None:
    noor, olga = [await join(server, name, Role.LEARNER) for name in ("noor", "olga")]
    rowena, remy = [await visit(name, role=Role.REVIEWER) for name in ("rowena", "remy")]
    margaret = await visit("margaret", role=Role.ADMIN)

    await make_the_group(margaret)
    await choose_its_people(margaret)
    await meet_another_admin(margaret)
    await submit(noor, "means")
    await submit(await join(server, "paul", Role.LEARNER), "orphans")

    await see_what_waits(rowena)
    await expect(item(rowena, "means")).to_be_visible()
    await expect(item(rowena, "orphans")).to_be_visible()
    await filter_by_the_group(rowena)
    await see_what_waits(remy)
    await expect(item(remy, "orphans")).to_be_visible()
    await expect(item(remy, "means")).to_have_count(0)
    await remove_the_group(margaret)
    await olga.aclose()


async def make_the_group(margaret: Visitor) -> None:
    page = margaret.page
    await margaret.open_lab()
    await margaret.run("platform:admin")
    await page.get_by_label("New group").fill(GROUP)
    await page.get_by_label("New group").press("Enter")
    await page.get_by_role("status").filter(has_text=f"“{GROUP}” was made").wait_for()


async def choose_its_people(margaret: Visitor) -> None:
    """Choose them with the keyboard alone."""
    page = margaret.page
    opener = page.get_by_role("button", name=f"People of “{GROUP}”")
    await opener.press("Enter")
    await expect(page.get_by_label("Find a member")).to_be_focused()
    for name in ("noor", "olga"):
        await page.get_by_label("Find a member").fill(name)
        await page.get_by_role("checkbox", name=name.title()).press("Space")
    await page.get_by_label("Find a member").fill("")
    await expect(page.get_by_role("group", name="Members (2)")).to_be_visible()
    await page.get_by_label("Find a reviewer").fill("rowena")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    for theme in ("Dark", "Light"):
        await margaret.run("apputils:change-theme", theme=f"JupyterLab {theme}")
        is_light = str(theme == "Light").lower()
        await page.locator(f'body[data-jp-theme-light="{is_light}"]').wait_for(state="attached")
        await opener.scroll_into_view_if_needed()
        await margaret.shot(f"62-group-{theme.lower()}")
        assert await complaints(margaret, ".platform-Admin") == []
    await page.get_by_role("button", name="Save").press("Enter")
    await page.get_by_role("status").filter(has_text=f"people of “{GROUP}” were changed").wait_for()
    await expect(opener).to_be_focused()
    row = page.locator(".platform-Admin-groups tr", has_text=GROUP)
    await expect(row.locator("td").first).to_have_text("2")
    await expect(row.locator("td").nth(1)).to_have_text("1")


async def meet_another_admin(margaret: Visitor) -> None:
    """Save over what another one saved meanwhile: be told, look at it, and keep one's own."""
    page = margaret.page
    (group,) = [one for one in await margaret.get("/api/groups/") if one["name"] == GROUP]
    url = f"/api/groups/{group['id']}"
    members = [one["id"] for one in (await margaret.get(url))["members"]]
    opener = page.get_by_role("button", name=f"People of “{GROUP}”")
    await opener.press("Enter")
    await page.get_by_label("Find a member").fill("remy")
    await page.get_by_role("checkbox", name="Remy").first.check()
    assert (await margaret.call("PUT", f"{url}/members", {"members": members[:1]})).ok
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("alert").filter(has_text="Somebody else changed").wait_for()
    margaret.expect_problem("412")
    await page.get_by_role("alert").scroll_into_view_if_needed()
    await margaret.shot("65-group-of-somebody-else")
    assert await complaints(margaret, ".platform-Admin") == []
    await page.get_by_role("button", name="Load the newer one").click()
    await expect(page.get_by_role("group", name="Members (1)")).to_be_visible()
    await page.get_by_role("button", name="Put back what I chose").click()
    await expect(page.get_by_role("group", name="Members (3)")).to_be_visible()
    await page.get_by_role("checkbox", name="Remy").first.uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(opener).to_be_focused()
    assert len((await margaret.get(url))["members"]) == len(members)


async def submit(person: Person, name: str) -> None:
    project = (await person.project(name))["id"]
    await person.http.put(f"/api/projects/{project}/files/a.py", content=b"print(1)\n")
    answer = await person.http.post(f"/api/projects/{project}/submissions", json={})
    assert answer.status_code == 201, answer.text
    await person.aclose()


async def see_what_waits(reviewer: Visitor) -> None:
    await reviewer.open_lab()
    await reviewer.run("platform:show-reviews")


def item(reviewer: Visitor, project: str) -> Locator:
    """Return a submission in the list of those of others."""
    queue = reviewer.page.get_by_role("region", name="To review")
    return queue.locator(".platform-Reviews-item", has_text=re.compile(f"^{project}"))


async def filter_by_the_group(rowena: Visitor) -> None:
    page = rowena.page
    await page.locator(".platform-Reviews-filter summary").click()
    await page.get_by_label("Group", exact=True).select_option(GROUP)
    await expect(item(rowena, "orphans")).to_have_count(0)
    await expect(item(rowena, "means")).to_be_visible()
    await rowena.shot("63-queue-of-a-group")
    assert await complaints(rowena, ".platform-Reviews-filter") == []


async def remove_the_group(margaret: Visitor) -> None:
    page = margaret.page
    await page.get_by_role("button", name=f"Remove “{GROUP}”").click()
    await page.locator(".jp-Dialog", has_text="Remove the group").locator(".jp-mod-warn").click()
    await page.get_by_role("status").filter(has_text=f"“{GROUP}” was removed").wait_for()
