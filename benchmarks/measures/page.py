"""JupyterLab in a browser that has never seen it: how soon it can be used."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from playwright.async_api import Browser, Page

    from benchmarks.target import Target

_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
_REFILL = 3.0  # seconds
_SETTLE = 2.0  # seconds in which a page that was closed, and its server, come to rest
_NOTEBOOK = "linked.ipynb"

_USABLE = """() =>
  document.querySelector('.jp-LauncherCard, .platform-Welcome') !== null &&
  document.querySelector('#jupyterlab-splash, .jp-Splash') === null"""
_CELL = ".jp-NotebookPanel .jp-CodeCell .cm-content"
_OUTPUT = ".jp-NotebookPanel .jp-OutputArea-output"
# A stock page drops what is run before its kernel is there, so its user has to wait and see.
_STOCK_READY = """() =>
  window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"""


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def _fresh_page(browser: Browser, target: Target) -> AsyncIterator[Page]:
    """Open a page in a browser that is signed in, and has nothing in its cache."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await target.enter(context)
    yield await context.new_page()
    await context.close()


async def usable(target: Target) -> AsyncGenerator[float, None]:
    """From the address to the first thing that can be clicked."""
    target = target.with_page or target
    async with _browser() as browser:
        while True:
            async with _fresh_page(browser, target) as page:
                begin = perf_counter()
                await page.goto(f"{target.url}/lab?reset", wait_until="commit")
                await page.wait_for_function(_USABLE)
                taken = perf_counter() - begin
            await asyncio.sleep(_SETTLE)
            yield 1000 * taken


async def linked(target: Target) -> AsyncGenerator[float, None]:
    """From a link to a notebook to the first output of its cell, run as soon as it can be."""
    target = target.with_page or target
    async with _browser() as browser:
        while True:
            await _put_notebook(target)
            await target.cool()
            await asyncio.sleep(_REFILL)  # the pool tells nobody that it is full
            async with _fresh_page(browser, target) as page:
                begin = perf_counter()
                address = f"{target.url}/lab/tree/{target.place(_NOTEBOOK)}?reset"
                await page.goto(address, wait_until="commit")
                await _run_first_cell(page, is_stock=target.name == "stock")
                taken = perf_counter() - begin
            await _end_sessions(target)
            yield 1000 * taken


async def _run_first_cell(page: Page, *, is_stock: bool) -> None:
    cell = page.locator(_CELL).first
    await cell.wait_for()
    if is_stock:
        await page.wait_for_function(_STOCK_READY)
    await cell.click()
    await page.keyboard.press("Shift+Enter")
    await page.locator(_OUTPUT).first.wait_for()


async def _put_notebook(target: Target) -> None:
    cell: dict[str, Any] = {
        "id": "first",
        "cell_type": "code",
        "source": "print('first')",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    body = {"type": "notebook", "format": "json", "content": content}
    await target.call("PUT", target.contents(_NOTEBOOK), body)


async def _end_sessions(target: Target) -> None:
    for session in await target.call("GET", "/api/sessions"):
        await target.call("DELETE", f"/api/sessions/{session['id']}")


MEASURES = (
    Measure(
        title="page, cold cache: address -> usable",
        unit="ms",
        ours=usable,
        stock=usable,
        rounds=7,
        quick_rounds=2,
        goal=Goal(ratio=1, value=2000),
    ),
    Measure(
        title="page, cold cache: notebook link -> first output",
        unit="ms",
        ours=linked,
        stock=linked,
        rounds=7,
        quick_rounds=2,
        goal=Goal(ratio=1, value=2500),
    ),
)
