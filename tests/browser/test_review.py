"""A review from both sides, twice round, with two people at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playwright.async_api import expect

from platform_server.identity.model import Role
from platform_server.testing.places import code_cell, notebook

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from .conftest import Visit
    from .visitor import Visitor

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


async def saved(visitor: Visitor, project: str, path: str, data: str) -> None:
    await visitor.ensure_project(project)
    address = f"/api/projects/{await visitor.project_id(project)}/files/{path}"
    answer = await visitor.call("PUT", address, data)
    assert answer.ok, await answer.text()


async def submitted(maker: Visitor, message: str) -> None:
    """Submit the project in front through the page."""
    await maker.page.evaluate(
        "() => void window.jupyterapp.commands.execute('platform:submit-for-review')"
    )
    await maker.answer(message)
    await view(maker).wait_for()


def view(visitor: Visitor) -> Locator:
    return visitor.page.locator(".platform-Submission")


async def opened(visitor: Visitor, project: str) -> None:
    """Open a submission from the list."""
    await visitor.run("platform:show-reviews")
    await visitor.page.locator(".platform-Reviews-item", has_text=project).first.click()
    await view(visitor).locator("iframe").wait_for()


async def test_a_review_from_both_sides_twice_round(visit: Visit) -> None:
    emmy, rita = await visit("emmy"), await visit("rita", role=Role.REVIEWER)
    await saved(emmy, "heights", "analysis.ipynb", json.dumps(ANALYSIS))
    await emmy.open_lab("/lab/tree/heights?reset")
    await rita.open_lab("/lab?reset")

    await submitted(emmy, "Is my mean right?")
    await emmy.shot("50-submitted")
    await reviewed(rita)
    await corrected(emmy)
    await approved(rita)

    await emmy.run("platform:show-reviews")
    await expect(emmy.page.locator(".platform-Reviews .platform-State")).to_have_text("Approved")
    await emmy.shot("56-approved")
    assert await rita.get("/api/containers/") == []
    assert await rita.get("/api/kernels") == []


async def reviewed(rita: Visitor) -> None:
    """Read it, suggest a change and ask for it."""
    await opened(rita, "heights")
    frame = view(rita).frame_locator("iframe")
    await frame.locator("math").first.wait_for()
    await expect(frame.locator("table")).to_contain_text("178.2")
    await rita.shot("51-in-the-queue")
    await view(rita).get_by_role("button", name="Review this").click()
    await view(rita).get_by_role("button", name="Approve").wait_for()

    form = view(rita).locator(".platform-NewThread")
    await form.get_by_label("Cell").select_option("mean")
    await form.get_by_label("Line").fill("2")
    await form.get_by_label("Comment").fill("Are there three of them?")
    await form.get_by_role("button", name="Suggest a change").click()
    await form.get_by_label("Suggestion").fill("mean = sum(heights) / len(heights)")
    await form.get_by_role("button", name="Comment").click()
    thread = view(rita).locator(".platform-Thread")
    await expect(thread).to_contain_text("draft")
    await thread.get_by_role("button", name="Line 2").click()
    await rita.shot("52-a-suggestion")
    await view(rita).get_by_label("Summary").fill("Nearly!")
    await view(rita).get_by_role("button", name="Request changes").click()
    await expect(view(rita).locator(".platform-State")).to_have_text("Changes requested")
    # The picture without an address asks nobody, and nothing of the notebook ran.
    assert await rita.page.title() != "taken over"


async def corrected(emmy: Visitor) -> None:
    """Take the suggestion over, and submit again."""
    await emmy.page.reload()
    await emmy.lab_is_ready()
    await opened(emmy, "heights")
    await expect(view(emmy).locator(".platform-Decision")).to_contain_text("Nearly!")
    await emmy.shot("53-changes-requested")
    await view(emmy).get_by_role("button", name="Apply suggestion").click()
    await expect(view(emmy).locator(".platform-Thread")).to_contain_text("applied")
    await submitted_again(emmy)


async def submitted_again(emmy: Visitor) -> None:
    await emmy.page.evaluate(
        "() => void window.jupyterapp.commands.execute('platform:submit-for-review')"
    )
    await emmy.answer("Divided by how many there are.")
    await emmy.page.wait_for_function(
        """async () => {
          const answer = await fetch('/api/submissions/?own=1');
          return (await answer.json()).some(one => one.round === 2);
        }"""
    )


async def approved(rita: Visitor) -> None:
    """Look at what has changed, and approve it."""
    await rita.page.reload()
    await rita.lab_is_ready()
    await opened(rita, "heights")
    await expect(view(rita).locator("header select")).to_have_value("2")
    await expect(view(rita).locator(".platform-Thread")).to_contain_text("changed since")
    await view(rita).get_by_role("tab", name="Changes since the last round").click()
    await expect(view(rita).locator(".platform-Lines")).to_contain_text("len(heights)")
    await rita.shot("54-what-has-changed")
    await view(rita).get_by_role("button", name="Review this").click()
    await view(rita).get_by_label("Summary").fill("Well done.")
    await view(rita).get_by_role("button", name="Approve").click()
    await expect(view(rita).locator("header .platform-State")).to_have_text("Approved")
    await rita.shot("55-decided")
