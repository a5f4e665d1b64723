"""A server that starts while no engine answers: what an earlier one left is not taken for lost."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from platform_server.identity.model import Role
from platform_server.testing.chaos.lives import Lives
from platform_server.testing.engines import OwnEngine
from platform_server.testing.serving import join
from platform_server.testing.web_kernels import connected, value_of

DOCUMENT: dict[str, Any] = {
    "path": "orbit/day.ipynb",
    "type": "notebook",
    "name": "",
    "kernel": {"name": "python3"},
}


async def test_sessions_and_kernels_are_there_again_when_the_engine_is(image: str) -> None:
    assert image
    folder = Path(tempfile.mkdtemp(prefix="away-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        engine = await stack.enter_async_context(OwnEngine.running())
        lives = Lives(folder / "home", {"DOCKER_HOST": engine.url})
        stack.push_async_callback(lives.aclose)
        await lives.begin()
        ida = await join(lives.server, "ida", Role.LEARNER)
        stack.push_async_callback(ida.aclose)
        await ida.project("orbit")
        session = (await ida.http.post("/api/sessions", json=DOCUMENT)).json()
        kernel_id = session["kernel"]["id"]
        async with connected(ida, kernel_id) as socket:
            assert await value_of(socket, "x = 42; x") == 42

        await lives.kill()
        await engine.kill()
        await lives.begin()

        for path in ("kernels", f"kernels/{kernel_id}", "sessions", f"sessions/{session['id']}"):
            assert (await ida.http.get(f"/api/{path}")).status_code == 503, path
        assert (await ida.http.post("/api/sessions", json=DOCUMENT)).status_code == 503

        await engine.start()

        again = await ida.http.post("/api/sessions", json=DOCUMENT)
        assert (again.status_code, again.json().get("id")) == (201, session["id"]), again.text
        async with connected(ida, kernel_id) as socket:
            assert await value_of(socket, "x") == 42
        assert [one["id"] for one in (await ida.http.get("/api/kernels")).json()] == [kernel_id]
