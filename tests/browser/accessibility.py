"""What axe-core, the usual checker, has to say about a part of a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .visitor import Visitor

AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async selector => {
  const found = await window.axe.run(selector, {iframes: false, resultTypes: ['violations']});
  return found.violations.flatMap(one =>
    one.nodes.map(node => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}"""


async def complaints(visitor: Visitor, selector: str) -> list[str]:
    """Return what keeps somebody from using a part of the page; frames are not looked into."""
    if not await visitor.page.evaluate("() => 'axe' in window"):
        await visitor.page.add_script_tag(content=AXE.read_text())
    return list(await visitor.page.evaluate(_RUN, selector))
