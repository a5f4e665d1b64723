"""The page says why a kernel ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .visitor import Visitor


async def test_a_kernel_that_was_killed_is_explained(ada: Visitor) -> None:
    await ada.new_notebook()
    await ada.run_cell("1")

    await ada.cell(1).locator(".cm-content").fill("import os; os.kill(os.getpid(), 9)")
    await ada.page.keyboard.press("Shift+Enter")

    await ada.page.locator(".jp-toast-message", has_text="The kernel of").wait_for()
    await ada.shot("30-kernel-killed")
    await ada.confirm("It will restart automatically")
