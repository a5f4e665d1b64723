"""What an admin sees and does, and what Prometheus reads: of a server with a sandbox in use."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.serving import http_client, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person, Server

PATIENCE = 30.0  # seconds; a look is taken every five
KERNEL = 2  # processes and threads, with the agent: fewer are there before a kernel


@pytest.fixture(scope="module")
async def worker(image: str, server: Server) -> AsyncIterator[Person]:
    """Somebody whose project "observed" has a sandbox with a kernel, and who has saved a file."""
    del image  # it has to be there
    person = await join(server, "observed", Role.LEARNER)
    await person.project("observed")
    saved = await person.http.put("/api/contents/observed/a.txt", json=text("hello"))
    assert saved.status_code == 201, saved.text
    body = {"path": "observed/a.ipynb", "name": "a", "type": "notebook"}
    made = await person.http.post("/api/sessions", json=body | {"kernel": {"name": "python3"}})
    assert made.status_code == 201, made.text
    yield person
    await person.http.delete(f"/api/sessions/{made.json()['id']}")
    await person.aclose()


def text(content: str) -> dict[str, str]:
    return {"type": "file", "format": "text", "content": content}


async def observed(admin: Person, worker: Person) -> dict[str, Any]:
    """Return the worker's sandbox as the admin sees it, once a look at it has found its kernel.

    The first look may come between the start of the sandbox and that of the kernel.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await admin.http.get("/api/admin/sandboxes/")).json()
            for one in found:
                is_theirs = one["owner"]["email"] == worker.user.email
                if is_theirs and one["usage"] and one["usage"]["pids"] >= KERNEL:
                    return dict(one)
            await asyncio.sleep(0.2)  # there is no event for a look that was taken


async def metrics(admin: Person) -> dict[str, float]:
    answer = await admin.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = re.findall(r"^(platform_\S+) (\S+)$", answer.text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


async def test_an_admin_sees_whose_sandbox_it_is_and_what_it_uses(
    admin: Person, worker: Person
) -> None:
    sandbox = await observed(admin, worker)

    assert sandbox["state"] == "running"
    assert sandbox["project"]["name"] == "observed"
    assert sandbox["owner"]["name"] == worker.user.name
    assert sandbox["usage"]["memory_bytes"] > 1_000_000
    assert sandbox["history"]["memory_bytes"][-1] == sandbox["usage"]["memory_bytes"]
    one = (await admin.http.get(f"/api/admin/sandboxes/{sandbox['id']}")).json()
    assert one["owner"] == sandbox["owner"]


async def test_the_overview_counts_and_times_what_was_done(admin: Person, worker: Person) -> None:
    await observed(admin, worker)

    overview = (await admin.http.get("/api/admin/overview")).json()

    assert overview["sandboxes"]["running"] >= 1
    assert sum(overview["kernels"].values()) >= 1
    assert overview["latencies"]["save"]["count"] >= 1
    assert overview["latencies"]["kernel_start"]["p95_ms"] > 0
    assert overview["latencies"]["loop_lag"]["count"] > 0
    assert overview["storage"]["stored"] == "project"
    assert overview["history"][-1]["sandboxes"] >= 1


async def test_prometheus_reads_the_same(admin: Person, worker: Person) -> None:
    await observed(admin, worker)

    found = await metrics(admin)

    assert found['platform_sandboxes{state="running"}'] >= 1
    assert found["platform_pool_target"] == 0  # none waits on this server
    assert found["platform_save_seconds_count"] >= 1
    assert found['platform_save_seconds_bucket{le="+Inf"}'] == found["platform_save_seconds_count"]
    assert found["platform_sandboxes_memory_bytes"] > 1_000_000
    assert found["platform_outbox_files"] == 0
    assert found["platform_packages_denied_total"] >= 0


async def test_an_idle_kernel_that_begins_at_once_is_timed(admin: Person, worker: Person) -> None:
    before = (await metrics(admin))["platform_execute_seconds_count"]
    kernel = (await worker.http.get("/api/kernels")).json()[0]
    message = execute_request("1 + 1")
    async with worker.socket(f"/api/kernels/{kernel['id']}/channels") as socket:
        async with asyncio.timeout(PATIENCE):
            await socket.send(message)
            while '"execute_reply"' not in str(await socket.recv()):
                pass

    assert (await metrics(admin))["platform_execute_seconds_count"] == before + 1


async def test_a_sandbox_that_an_admin_stops_is_gone_and_its_end_is_counted(
    admin: Person, worker: Person
) -> None:
    sandbox = await observed(admin, worker)
    ends = 'platform_ends_total{cause="user",what="sandbox"}'
    before = (await metrics(admin)).get(ends, 0)

    stopped = await admin.http.delete(f"/api/admin/sandboxes/{sandbox['id']}")

    assert stopped.status_code == 204
    shown = (await worker.http.get(f"/api/containers/{sandbox['id']}")).json()
    assert shown["state"] == "stopped"
    assert (await metrics(admin))[ends] == before + 1
    again = await admin.http.delete(f"/api/admin/sandboxes/{sandbox['id']}")
    assert again.status_code == 404


async def test_an_admin_sees_when_people_were_last_there(admin: Person, worker: Person) -> None:
    users = (await admin.http.get("/api/admin/users/")).json()
    found = next(one for one in users if one["id"] == worker.user.id)

    assert found["last_seen_at"] is not None
    assert found["sandboxes"] in {0, 1}


async def test_a_token_for_metrics_reads_them_and_nothing_else(
    server: Server, admin: Person
) -> None:
    body = {"name": "prometheus", "scopes": ["metrics"]}
    token = (await admin.http.post("/api/account/tokens/", json=body)).json()["token"]
    async with http_client(server, Authorization=f"Bearer {token}") as prometheus:
        assert (await prometheus.get("/metrics")).status_code == 200
        for path in ("/api/admin/overview", "/api/admin/users/", "/api/projects/", "/api/me"):
            assert (await prometheus.get(path)).status_code == 403


async def test_a_learner_gets_no_metrics_by_such_a_token(server: Server, worker: Person) -> None:
    body = {"name": "prometheus", "scopes": ["metrics"]}
    token = (await worker.http.post("/api/account/tokens/", json=body)).json()["token"]
    async with http_client(server, Authorization=f"Bearer {token}") as prometheus:
        assert (await prometheus.get("/metrics")).status_code == 403


@pytest.mark.parametrize("path", ["overview", "sandboxes/", "sandboxes/abc"])
async def test_nobody_else_sees_any_of_it(worker: Person, reviewer: Person, path: str) -> None:
    for person in (worker, reviewer):
        answer = await person.http.get(f"/api/admin/{path}")
        assert answer.status_code == 403


def execute_request(code: str) -> str:
    header = {
        "msg_id": "m1",
        "msg_type": "execute_request",
        "session": "s1",
        "username": "",
        "version": "5.3",
        "date": "2026-01-01T00:00:00Z",
    }
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    return json.dumps(
        {
            "channel": "shell",
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
        }
    )
