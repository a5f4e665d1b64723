"""A browser, and people who use it.

``browser``  Debian's Chromium, one for all tests
``door``     lets people in; who has signed in once does not have to again
``visit``    opens a browser as that person; closed, and checked for complaints, after the test
``ada``      at a desk of her own, which is cleared before each test, in her project "thesis"
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.async_api import async_playwright, expect

from platform_server.identity.model import Role
from platform_server.testing.firefox import FIREFOX
from platform_server.testing.serving import Server, join

from .visitor import PATIENCE, Account, Visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from playwright.async_api import Browser, StorageState

    class Visit(Protocol):
        """Opens a browser as the person of that name, if ``fresh`` in a session of its own."""

        async def __call__(
            self, name: str, *, fresh: bool = False, role: Role = Role.LEARNER
        ) -> Visitor: ...


collect_ignore = [] if FIREFOX else ["test_payloads_in_firefox.py"]
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
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


class Door:
    """Lets people in. Whoever comes for the first time gets an account, and signs in."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self._browser = browser
        self._server = server
        self._cookies: dict[str, StorageState] = {}
        self.desk: Visitor | None = None  # Ada's; None when it has to be set up anew

    async def let_in(self, name: str, *, fresh: bool = False, role: Role = Role.LEARNER) -> Visitor:
        """Open a browser as the person of that name, if ``fresh`` in a session of its own."""
        account = Account(name=name.title(), email=f"{name}@example.org")
        cookies = None if fresh else self._cookies.get(name)
        visitor = await Visitor.arrive(self._browser, self._server.url, account, cookies)
        if name not in self._cookies:
            await (await join(self._server, name, role)).aclose()
        if cookies is None:
            await visitor.sign_in()
        if name not in self._cookies:
            self._cookies[name] = await visitor.context.storage_state()
        return visitor

    async def ada_at_her_desk(self) -> Visitor:
        """Return Ada, in an open page without any tabs but the launcher."""
        if self.desk is None:
            self.desk = await self.let_in("ada")
            await self.desk.ensure_project("thesis")
            await self.desk.open_lab(f"/lab/workspaces/{self.desk.workspace}/tree/thesis?reset")
        else:
            await self.desk.clear_page("/thesis")
        await self.desk.page.locator('.jp-LauncherCard[data-category="Notebook"]').first.wait_for()
        return self.desk

    async def close_desk(self) -> None:
        """Close Ada's browser; fails if a page complained."""
        if self.desk is not None:
            ada, self.desk = self.desk, None
            await ada.tidy_up()
            await ada.leave()


@pytest.fixture(scope="session")
async def door(browser: Browser, server: Server) -> AsyncIterator[Door]:
    door = Door(browser, server)
    yield door
    await door.close_desk()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let ``visit`` know that a test has failed, for a picture of the page as it was then."""
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
    return report


@asynccontextmanager
async def visiting(door: Door, node: pytest.Item) -> AsyncIterator[Visit]:
    """Let people in, and see them off; fails if a page complained."""
    visitors: list[Visitor] = []

    async def begin(name: str, *, fresh: bool = False, role: Role = Role.LEARNER) -> Visitor:
        visitors.append(await door.let_in(name, fresh=fresh, role=role))
        return visitors[-1]

    yield begin
    for visitor in visitors:
        if has_failed(node):
            await picture(visitor, node)
        await visitor.tidy_up()
        await visitor.leave()


@pytest.fixture
async def visit(door: Door, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    async with visiting(door, request.node) as begin:
        yield begin


@pytest.fixture
async def ada(door: Door, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    ada = await door.ada_at_her_desk()
    yield ada
    if has_failed(request.node) or ada.problems:
        await picture(ada, request.node)
        await door.close_desk()


async def picture(visitor: Visitor, node: pytest.Item) -> None:
    """Keep a picture of the page in which a test has failed."""
    await visitor.shot(f"failed-{node.name}-{visitor.account.name}")


def has_failed(node: pytest.Item) -> bool:
    return node.stash.get(HAS_FAILED, False)
