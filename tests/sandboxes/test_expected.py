"""Sandboxes that wait for the learners who have their page open, on a whole server."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from platform_server.identity.model import Role
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    import pytest

PATIENCE = 60.0  # seconds


async def pool(admin: Person) -> tuple[int, int]:
    """Return how many sandboxes are to wait, and how many do."""
    shown = (await admin.http.get("/api/admin/overview")).json()["pool"]
    return shown["target"], shown["waiting"]


async def comes_to(admin: Person, target: int) -> None:
    """Return once as many are to wait as do."""
    async with asyncio.timeout(PATIENCE):
        while await pool(admin) != (target, target):  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.1)


async def test_a_sandbox_waits_for_each_learner_who_came_and_has_none(
    image: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    del image
    home = tmp_path_factory.mktemp("expected") / "home"
    async with (
        Server.start(home, "--PlatformApp.warm_sandboxes=1") as server,
        AsyncExitStack() as stack,
    ):
        people = [await join(server, name, Role.LEARNER) for name in ("ada", "ben", "cleo")]
        admin = await join(server, "root", Role.ADMIN)
        for person in (*people, admin):
            stack.push_async_callback(person.aclose)
        await comes_to(admin, 1)
        for person in (*people, admin):
            await stack.enter_async_context(person.socket("/api/events/subscribe"))
        await comes_to(admin, 3)
        project = await people[0].project("begins")
        started = await people[0].http.post("/api/containers/", json={"project": project["id"]})
        assert started.status_code == 201
        await comes_to(admin, 2)
