"""Nothing that a learner wrote runs, asks anybody or changes anything in a reviewer's page."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from playwright.async_api import Error, expect

from platform_server.identity.model import Role
from platform_server.review.rubric import MAX_CRITERIA
from platform_server.testing.payloads import VECTORS
from platform_server.testing.serving import join

from .payload_watch import Watch
from .submitted_payloads import SCROLL, submission_with_payloads

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from platform_server.testing.serving import Server

    from .conftest import Visit
    from .visitor import Visitor


async def shown(reviewer: Visitor, path: str) -> None:
    """Show all of a file, and wait until each of its frames has its page."""
    view = reviewer.page.locator(".platform-Submission")
    await view.get_by_role("navigation").get_by_role("button").get_by_text(path, exact=True).click()
    await (
        view.get_by_role("region", name=path, exact=True).locator(".platform-Row").first.wait_for()
    )
    count = await reviewer.page.evaluate(SCROLL)
    await expect(view.locator('iframe[sandbox=""]')).to_have_count(count)
    for frame in reviewer.page.frames[1:]:
        with suppress(Error):  # JupyterLab's own come and go
            await frame.wait_for_load_state()


async def seen_in_notebook_view(reviewer: Visitor, submission: str, path: str) -> None:
    """Show a submitted notebook as JupyterLab shows notebooks, all of it."""
    await reviewer.run(
        "docmanager:open", path=f"Submission:{submission}/1/{path}", factory="Submitted notebook"
    )
    view = reviewer.page.locator(".platform-NotebookView:visible")
    await view.locator(".jp-Cell").nth(5).wait_for(state="attached")
    await reviewer.page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
    )
    page = reviewer.page
    for command in ("notebook:copy-cell", "notebook:run-all-cells", "notebook:cut-cell"):
        assert not await page.evaluate("id => window.jupyterapp.commands.isEnabled(id)", command)
    # A link within the page's own address stays in the page; any other gets no hold of it.
    own = f':not([target="_self"][href^="{reviewer.url}/"])'
    await expect(view.locator(f"a[href^=http]:not([rel*=noopener]){own}")).to_have_count(0)
    assert await view.locator("[data-commandlinker-command]").count() == 0
    await reviewer.run("application:close")


async def points_are_given(reviewer: Visitor) -> None:
    """Show the fields of a rubric whose words are payloads, too."""
    view = reviewer.page.locator(".platform-Submission")
    await view.get_by_role("button", name="Review this").click()
    await expect(view.locator(".platform-Points li")).to_have_count(min(len(VECTORS), MAX_CRITERIA))


async def opened_by_itself(reviewer: Visitor, submission: str) -> None:
    """Open submitted pages outside of any frame: they run nothing, and leave nothing."""
    page = await reviewer.context.new_page()
    for form in ("raw", "view"):
        for name in ("taking.html", "a.svg", "a.html"):
            with suppress(Error):  # it may be a download
                await page.goto(f"{reviewer.url}/api/submissions/{submission}/{form}/{name}")
                assert await page.title() != "fired"
    await page.goto(f"{reviewer.url}/api/me")
    workers = "async () => (await navigator.serviceWorker.getRegistrations()).length"
    assert await page.evaluate(workers) == 0
    await page.close()


async def test_054_058_060_061_067_no_payload_fires(server: Server, visit: Visit) -> None:
    maker = await join(server, "mallory", Role.LEARNER)
    submission, paths, count = await submission_with_payloads(maker)
    assert count >= 500
    rita = await visit("rita", role=Role.REVIEWER)
    watch = Watch()
    await watch.over(rita.context)
    await rita.open_lab(f"/lab?reset&submission={submission}")
    theme = await rita.page.evaluate("() => document.body.dataset.jpThemeName")

    for path in [*paths, "code.ipynb"]:  # the last is the one that all comments are about
        await shown(rita, path)
    view = rita.page.locator(".platform-Submission")
    await expect(view.locator(".platform-Thread")).to_have_count(len(VECTORS))
    assert {frame.url for frame in rita.page.frames[1:]} <= {"about:srcdoc"}
    for carrier in ("markdown", "html", "svg", "output in Markdown"):
        await seen_in_notebook_view(rita, submission, f"{carrier}.ipynb")

    await points_are_given(rita)
    await opened_by_itself(rita, submission)

    assert watch.fired == []
    assert "fired" not in await rita.page.title()
    assert await rita.page.evaluate("() => document.body.dataset.jpThemeName") == theme
    assert await rita.get("/api/containers/") == []
    assert await rita.get("/api/kernels") == []
    # What the notebook view would have asked others for, and what it asks this server in vain.
    rita.forgive("Content Security Policy|ERR_INVALID_URL|404")
    await maker.aclose()


async def test_the_payloads_fire_where_nothing_keeps_them_from_it(browser: Browser) -> None:
    context = await browser.new_context()
    watch = Watch()
    await watch.over(context)
    page = await context.new_page()
    fired = 0
    for vector in VECTORS:
        watch.fired.clear()
        with suppress(Error):  # some lead the page away
            await page.goto("about:blank")
            await page.set_content(f"<title>page</title>{vector}", wait_until="load")
            await page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")
        fired += bool(watch.fired) or await page.title() == "fired"
    await context.close()
    assert fired >= 30
