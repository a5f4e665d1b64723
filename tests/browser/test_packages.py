"""The package panel: what the project has installed, and how that is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from platform_server.testing.package_index import LocalIndex, wheel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Locator

    from .conftest import Door
    from .visitor import Visitor


@pytest.fixture(scope="module")
async def hedy(door: Door, offered: LocalIndex) -> AsyncIterator[Visitor]:
    """Hertha, in her project "hopping", with the package panel open."""
    offered.add("hedy-lib", wheel("hedy-lib", "1.0", "answer = 41\n", needs="hedy-part"))
    offered.add("hedy-lib", wheel("hedy-lib", "2.0", "answer = 42\n", needs="hedy-part"))
    offered.add("hedy-part", wheel("hedy-part", "0.1", ""))
    hedy = await door.let_in("hertha")
    await hedy.ensure_project("hopping")
    await hedy.open_lab("/lab/tree/hopping?reset")
    await hedy.run("platform:show-packages")
    yield hedy
    offered.open.set()
    await hedy.tidy_up()
    await hedy.leave()


def panel(visitor: Visitor) -> Locator:
    return visitor.page.locator("#platform-packages")


async def install(visitor: Visitor, text: str) -> None:
    """Type into the panel, and press Enter."""
    field = panel(visitor).get_by_role("textbox", name="Packages to install")
    await field.fill(text)
    await field.press("Enter")


async def test_a_package_from_the_panel_is_imported_in_a_cell(
    hedy: Visitor, offered: LocalIndex
) -> None:
    offered.open.clear()  # files wait
    await install(hedy, "hedy-lib==1.0")
    await expect(panel(hedy).get_by_text("Installing hedy-lib==1.0…")).to_be_visible()
    await expect(panel(hedy).get_by_role("progressbar")).to_be_visible()
    offered.open.set()
    await expect(panel(hedy).get_by_text("Installed hedy-lib==1.0")).to_be_visible()
    asked = panel(hedy).get_by_role("region", name="Installed", exact=True)
    await expect(asked.get_by_role("listitem")).to_contain_text("hedy-lib 1.0")
    others = panel(hedy).get_by_role("region", name="What these need")
    await expect(others.get_by_role("listitem")).to_contain_text("for hedy-lib")

    await hedy.new_notebook()
    await hedy.run_cell("import hedy_lib; print(hedy_lib.answer)")
    assert await hedy.output() == "41"


async def test_upgrade_and_remove(hedy: Visitor) -> None:
    await hedy.run("platform:show-packages")
    await panel(hedy).get_by_role("button", name="Upgrade hedy-lib").click()
    await expect(panel(hedy).get_by_text("hedy-lib 2.0, was 1.0")).to_be_visible()
    await expect(panel(hedy).get_by_text("Restart kernels")).to_be_visible()
    await install(hedy, "no-such-package-here")
    await expect(panel(hedy).get_by_role("alert")).to_contain_text("no-such-package-here")
    await hedy.shot("packages")
    await hedy.run("apputils:change-theme", theme="JupyterLab Dark")
    await expect(hedy.page.locator('body[data-jp-theme-light="false"]')).to_be_attached()
    await hedy.shot("packages-dark")
    await hedy.run("apputils:change-theme", theme="JupyterLab Light")

    await panel(hedy).get_by_role("button", name="Remove hedy-part").click()
    await hedy.page.get_by_role("dialog").get_by_text("hedy-lib will not work").wait_for()
    await hedy.confirm("Remove")
    await expect(panel(hedy).get_by_text("Removed hedy-part")).to_be_visible()
    await panel(hedy).get_by_role("button", name="Remove hedy-lib").click()
    await expect(panel(hedy).get_by_text("Nothing is installed beside")).to_be_visible()
