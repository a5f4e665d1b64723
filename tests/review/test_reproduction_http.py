"""What was submitted is run again in a container of its own, over HTTP.

``checking``  a server that runs submissions again, with a package index
``people``    its makers, two learners, and a reviewer
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_server import paths
from platform_server.identity.model import Role
from platform_server.sandboxes.docker_engine import DockerEngine
from platform_server.settings import settings_from
from platform_server.testing.package_index import LocalIndex, wheel
from platform_server.testing.places import code_cell, notebook, refused
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SOURCE = "import os, sys, sample_lib\nprint(os.listdir(), sys.prefix, sample_lib.answer)"
OUTPUT = "['n.ipynb'] /home/learner/.venv 42\n"


@pytest.fixture(scope="module")
async def checking(tmp_path_factory: pytest.TempPathFactory, image: str) -> AsyncIterator[Server]:
    del image  # is there
    home = tmp_path_factory.mktemp("checking") / "home"
    offered = LocalIndex()
    offered.add("sample-lib", wheel("sample-lib", "1.0", "answer = 42\n"))
    with offered.served():
        options = ("--PlatformApp.checks_at_once=1", f"--PlatformApp.package_index={offered.url}")
        async with Server.start(home, *options) as server:
            yield server


@pytest.fixture
async def people(checking: Server) -> AsyncIterator[list[Person]]:
    roles = {"maker": Role.LEARNER, "other": Role.LEARNER, "judge": Role.REVIEWER}
    joined = [await join(checking, name, role) for name, role in roles.items()]
    yield joined
    for one in joined:
        await one.aclose()


async def install(maker: Person, requirement: str) -> None:
    """Install something into the maker's project, and end its sandbox."""
    project = await maker.project("n")
    order = {"action": "install", "requirements": [requirement]}
    lines = {"Accept": "application/x-ndjson"}
    url = f"/api/projects/{project['id']}/packages"
    said = await maker.http.post(url, json=order, headers=lines)
    assert '"done"' in said.text
    (container,) = (await maker.http.get("/api/containers/")).json()
    await maker.http.delete(f"/api/containers/{container['id']}")


async def submitted(maker: Person, *shown: str) -> str:
    """Submit a notebook with an output in each of its cells; return the submission's address."""
    project = await maker.project("n")
    output = {"output_type": "stream", "name": "stdout"}
    cells = [code_cell(SOURCE, outputs=[output | {"text": one}]) for one in shown]
    data = json.dumps(notebook(*cells)["content"]).encode()
    url = f"/api/projects/{project['id']}"
    saved = await maker.http.put(f"{url}/files/n.ipynb", content=data)
    answer = await maker.http.post(f"{url}/submissions", json={"message": ""})
    assert (saved.status_code, answer.status_code) == (201, 201)
    return f"/api/submissions/{answer.json()['id']}"


async def ended(person: Person, url: str) -> dict[str, Any]:
    """Return the check once it has ended."""
    async with asyncio.timeout(120):
        while True:
            told = (await person.http.get(f"{url}/reproduction")).json()
            if told["state"] not in {"queued", "running"}:
                return dict(told)
            # The route tells how it stands now.
            await asyncio.sleep(0.2)


async def test_both_are_told_what_reproduces_and_nothing_is_left(
    checking: Server, people: list[Person]
) -> None:
    maker, other, reviewer = people
    await install(maker, "sample-lib")
    url = await submitted(maker, OUTPUT, "another\n")

    told = await ended(maker, url)

    assert (told["state"], told["outcome"], told["message"]) == ("done", "differs", "")
    assert told["counts"] == {"same": 1, "differs": 1}
    (its,) = told["notebooks"]
    assert (its["path"], its["has_page"]) == ("n.ipynb", True)
    assert [one["outcome"] for one in its["cells"]] == ["same", "differs"]
    assert f"-another\n+{OUTPUT}" in its["cells"][1]["diff"] + "\n"
    page = await reviewer.http.get(f"{url}/reproduction/view/n.ipynb")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "/home/learner/.venv" in page.text
    missing = await reviewer.http.get(f"{url}/reproduction/view/none.ipynb")
    strange = await other.http.get(f"{url}/reproduction")
    assert missing.status_code == 404
    assert refused(strange, 404, "submission_not_found")
    assert (await maker.http.post(f"{url}/reproduction", json={})).status_code == 403
    again = await reviewer.http.post(f"{url}/reproduction", json={"round": 1})
    cancelled = await reviewer.http.delete(f"{url}/reproduction")
    assert (again.status_code, cancelled.status_code) in {(202, 200), (202, 409)}
    assert (await ended(reviewer, url))["state"] in {"cancelled", "done"}
    assert "reproduced" in [one["what"] for one in (await maker.http.get("/api/notices")).json()]
    settings = settings_from({"PLATFORM_HOME": str(checking.home)})
    engine = DockerEngine(
        installation=settings.installation, seccomp=paths.resource("docker") / "seccomp.json"
    )
    assert await engine.containers() == []
    assert list(settings.home.volumes.glob(".spare-*")) == []
    await engine.aclose()


async def test_both_are_told_when_there_was_no_room_and_a_reviewer_asks_again(
    tmp_path: Path,
) -> None:
    short = (
        "--PlatformApp.checks_at_once=1",
        "--PlatformApp.free_memory_mb=100_000_000",
        "--PlatformApp.check_patience_minutes=0.01",
    )
    async with Server.start(tmp_path / "home", *short) as server:
        maker = await join(server, "maker", Role.LEARNER)
        reviewer = await join(server, "judge", Role.REVIEWER)
        url = await submitted(maker, OUTPUT)
        told = [await ended(one, url) for one in (maker, reviewer)]
        again = await reviewer.http.post(f"{url}/reproduction", json={"round": 1})
        once_more = await ended(reviewer, url)
        await maker.aclose()
        await reviewer.aclose()
    assert told[0] == told[1]
    assert (told[0]["state"], told[0]["outcome"]) == ("failed", None)
    assert told[0]["message"] == (
        "The machine had no room for it within 0.01 min. It was not run. "
        "A reviewer can ask for it once more."
    )
    assert (again.status_code, once_more["message"]) == (202, told[0]["message"])
