"""The page says where saves are while the project store or the database is away.

``remote``   the project store, which can be sent away
``cluster``  the database's PostgreSQL, which can be stopped
``eve``      somebody in front of an open text file
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from platform_server.identity.model import Role
from platform_server.testing.places import text
from platform_server.testing.postgres import Cluster
from platform_server.testing.remote_store import RemoteStore
from platform_server.testing.serving import Server, join

from .visitor import Account, Visitor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

COMMAND = (sys.executable, "-m", "platform_server.testing.remote_store")
SETTING = "@jupyterlab/docmanager-extension:plugin"
STATUS = ".platform-StorageStatus"


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster.running() as cluster:
        yield cluster


@pytest.fixture
def remote(tmp_path: Path) -> RemoteStore:
    (tmp_path / "remote").mkdir()
    return RemoteStore(tmp_path / "remote")


@pytest.fixture
async def eve(
    browser: Browser, cluster: Cluster, remote: RemoteStore, tmp_path: Path, image: str
) -> AsyncIterator[Visitor]:
    del image, remote  # they have to be there
    variables = {"DATABASE_URL": cluster.url(await cluster.create())}
    command = (*COMMAND, str(tmp_path / "remote"))
    async with Server.start(tmp_path / "home", command=command, variables=variables) as server:
        person = await join(server, "eve", Role.LEARNER)
        await person.project("thesis")
        await person.http.put("/api/contents/thesis/a.txt", json=text("before"))
        await person.aclose()
        visitor = await Visitor.arrive(
            browser, server.url, Account(name="Eve", email=person.user.email)
        )
        await visitor.sign_in()
        setting = {"raw": '{"autosaveInterval": 3}'}
        answer = await visitor.call("PUT", f"/lab/api/settings/{SETTING}", setting)
        assert answer.ok
        await visitor.open_lab("/lab/tree/thesis/a.txt?reset")
        await visitor.page.locator(".cm-content", has_text="before").wait_for()
        await write(visitor, "opened")  # all that a document does when it is opened is done then
        await visitor.run("docmanager:save")
        yield visitor
        await visitor.leave()


async def write(visitor: Visitor, content: str) -> None:
    await visitor.page.locator(".jp-FileEditor .cm-content").fill(content)


async def is_saved(visitor: Visitor) -> None:
    await visitor.page.wait_for_function(
        "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"
    )


async def test_while_the_store_is_away_the_status_bar_says_so_and_saving_works(
    eve: Visitor, remote: RemoteStore
) -> None:
    assert not await eve.page.locator(STATUS).is_visible()
    remote.go_away()
    await write(eve, "during")
    await eve.run("docmanager:save")
    status = eve.page.locator(STATUS)
    await status.wait_for()
    assert re.search(r"Saved on this server only .* \(since \d\d:\d\d", await status.inner_text())
    await eve.shot("40-store-away")
    await eve.page.reload()
    await eve.lab_is_ready()
    await eve.page.locator(".cm-content", has_text="during").wait_for()
    await status.wait_for()

    remote.come_back()
    await status.wait_for(state="hidden")


async def test_while_the_database_is_away_the_page_says_so_and_saves_by_itself_afterwards(
    eve: Visitor, cluster: Cluster
) -> None:
    await cluster.stop()
    await write(eve, "kept in the page")
    dialog = eve.page.locator(".jp-Dialog", has_text="The database does not answer")
    await dialog.wait_for()
    await eve.shot("41-database-away")
    assert await eve.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
    )
    await cluster.start()
    await dialog.locator("button").last.click()
    await is_saved(eve)

    saved = await eve.get("/api/contents/thesis/a.txt")
    assert saved["content"] == "kept in the page"
    eve.forgive(r"503|Auto-Save|File Save Error|WebSocket")
