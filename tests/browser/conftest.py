"""A browser, and people who use it.

``browser``   Debian's Chromium, one for all tests
``signed_in`` the cookies of a person who has signed in, by name; made once
``visit``     opens a browser as that person; closed, and checked for complaints, after the test
``ada``       a visit in a project of her own, called "thesis"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.async_api import async_playwright

from platform_server.identity.model import Role
from platform_server.testing.serving import Server, join

from .visitor import Account, Visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from playwright.async_api import Browser, StorageState

    class Visit(Protocol):
        """Opens a browser as the person of that name, if ``fresh`` in a session of its own."""

        async def __call__(self, name: str, *, fresh: bool = False) -> Visitor: ...


HAS_FAILED = pytest.StashKey[bool]()
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, StorageState]:
    return {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let ``visit`` know that a test has failed, for a picture of the page as it was then."""
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
    return report


@pytest.fixture
async def visit(
    browser: Browser,
    server: Server,
    signed_in: dict[str, StorageState],
    request: pytest.FixtureRequest,
) -> AsyncIterator[Visit]:
    visitors: list[Visitor] = []

    async def begin(name: str, *, fresh: bool = False) -> Visitor:
        account = Account(name=name.title(), email=f"{name}@example.org")
        cookies = None if fresh else signed_in.get(name)
        visitor = await Visitor.arrive(browser, server.url, account, cookies)
        visitors.append(visitor)
        if name not in signed_in:
            await (await join(server, name, Role.LEARNER)).aclose()
        if cookies is None:
            await visitor.sign_in()
        if not fresh:
            signed_in[name] = await visitor.context.storage_state()
        return visitor

    yield begin
    if request.node.stash.get(HAS_FAILED, False):
        for visitor in visitors:
            await visitor.shot(f"failed-{request.node.name}-{visitor.account.name}")
    for visitor in visitors:
        await visitor.tidy_up()
        await visitor.leave()


@pytest.fixture
async def ada(visit: Visit) -> Visitor:
    visitor = await visit("ada")
    await visitor.ensure_project("thesis")
    await visitor.open_lab(f"/lab/workspaces/{visitor.workspace}/tree/thesis?reset")
    await visitor.page.locator('.jp-LauncherCard[data-category="Notebook"]').wait_for()
    return visitor
