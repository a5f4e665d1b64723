"""Packages over REST: installed with progress, recorded whoever installed them, made again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.package_index import LocalIndex, wheel
from platform_server.testing.serving import Person, Server, join
from platform_server.testing.web_kernels import kernel_of, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

LINES = {"Accept": "application/x-ndjson"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A learner's project on a server with an index of its own."""

    learner: Person
    admin: Person
    index: LocalIndex
    project: str

    @property
    def url(self) -> str:
        return f"/api/projects/{self.project}/packages"

    async def order(self, action: str, *requirements: str, **more: str) -> list[dict[str, Any]]:
        """Have something done, and return all that was said of it."""
        body = {"action": action, "requirements": list(requirements)} | more
        answer = await self.learner.http.post(self.url, json=body, headers=LINES)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def listed(self) -> dict[str, dict[str, Any]]:
        """Return what is installed, by name."""
        answer = await self.learner.http.get(self.url)
        assert answer.status_code == 200, answer.text
        return {one["name"]: one for one in answer.json()["packages"]}

    async def start(self) -> str:
        """Start the sandbox and return its id."""
        body = {"project": self.project}
        answer = await self.learner.http.post("/api/containers/", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def run(self, command: str) -> dict[str, Any]:
        """Run a command in the sandbox."""
        address = f"/api/containers/{await self.start()}/execute"
        return dict((await self.learner.http.post(address, json={"command": command})).json())

    async def stop(self) -> None:
        """Stop the sandbox."""
        await self.learner.http.delete(f"/api/containers/{await self.start()}")


@pytest.fixture(scope="module")
async def place(image: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    del image  # it has to be there
    offered = LocalIndex()
    offered.add("sample-lib", wheel("sample-lib", "1.0", "answer = 42\n"))
    offered.add("sample-lib", wheel("sample-lib", "2.0", "answer = 43\n"))
    offered.add("other-lib", wheel("other-lib", "1.0", "", needs="sample-lib"))
    offered.add("numpy", wheel("numpy", "99.0", "answer = 44\n"))
    offered.add("wcwidth", wheel("wcwidth", "99.0", "answer = 45\n"))
    offered.add("forbidden-lib", wheel("forbidden-lib", "1.0", ""))
    with offered.served():
        options = (
            f"--PlatformApp.package_index={offered.url}",
            "--PlatformApp.package_deny=forbidden-*",
        )
        home = tmp_path_factory.mktemp("rest") / "home"
        async with Server.start(home, *options) as server:
            learner = await join(server, "learner", Role.LEARNER)
            admin = await join(server, "admin", Role.ADMIN)
            project = (await learner.project("packages"))["id"]
            yield Place(learner=learner, admin=admin, index=offered, project=project)
            await learner.aclose()
            await admin.aclose()


def digest(place: Place, name: str, filename: str) -> str:
    return hashlib.sha256(place.index.packages[name][filename]).hexdigest()


async def test_what_is_installed_from_the_panel_is_told_of_and_recorded(place: Place) -> None:
    said = await place.order("install", "other-lib")

    assert [one["phase"] for one in said if "package" not in one] == [
        *("starting", "resolving", "done")
    ]
    assert {one["package"]["kind"] for one in said if "package" in one} >= {"listed", "served"}
    assert {one["name"]: one["after"] for one in said[-1]["changes"]} == {
        "other-lib": "1.0",
        "sample-lib": "2.0",
    }
    found = await place.listed()
    assert (found["other-lib"]["requested"], found["sample-lib"]["requested"]) == (True, False)
    assert found["sample-lib"]["needed_by"] == ["other-lib"]
    expected = digest(place, "sample-lib", "sample_lib-2.0-py3-none-any.whl")
    assert found["sample-lib"]["sha256"] == [expected]
    exported = await place.learner.http.get(f"{place.url}/requirements.txt")
    assert f"sample-lib==2.0 \\\n    --hash=sha256:{expected}" in exported.text


async def test_what_is_installed_in_a_terminal_is_recorded_too(place: Place) -> None:
    done = await place.run("pip install --quiet sample-lib==1.0 && pip uninstall -y other-lib")
    assert done["exit_code"] == 0, done
    found = await place.listed()
    assert {name: one["version"] for name, one in found.items()} == {"sample-lib": "1.0"}
    assert found["sample-lib"]["requested"] is True
    assert found["sample-lib"]["sha256"] == [
        digest(place, "sample-lib", "sample_lib-1.0-py3-none-any.whl")
    ]


async def test_upgrades_removals_and_packages_of_the_image(place: Place) -> None:
    said = await place.order("upgrade", "sample-lib")
    assert said[-1]["changes"][0]["after"] == "2.0", said
    said = await place.order("install", "numpy==99.0")
    assert said[-1]["changes"] == [{"name": "numpy", "before": None, "after": "99.0"}], said
    said = await place.order("uninstall", "numpy", "sample-lib")
    assert said[-1]["phase"] == "done", said
    assert await place.listed() == {}
    assert (await place.run("python -c 'import numpy; numpy.zeros(1)'"))["exit_code"] == 0


async def test_a_kernel_imports_what_is_installed_and_not_what_it_was_made_with(
    place: Place,
) -> None:
    await place.order("install", "wcwidth==99.0", "sample-lib==1.0")
    async with kernel_of(place.learner, "packages/a.ipynb") as kernel:
        assert await value_of(kernel, "__import__('wcwidth').answer") == 45
        assert await value_of(kernel, "__import__('sample_lib').answer") == 42
    await place.order("uninstall", "wcwidth", "sample-lib")


async def test_a_refusal_is_told_with_its_reason_and_kept_for_the_admin(place: Place) -> None:
    said = await place.order("install", "forbidden-lib")
    assert said[-1]["phase"] == "failed"
    assert 'The package "forbidden-lib" may not be installed' in said[-1]["message"]

    address = f"/api/admin/packages/audit?project={place.project}"
    kept = (await place.admin.http.get(f"{address}&outcome=refused")).json()["takes"]
    assert [(one["package"], one["outcome"]) for one in kept] == [("forbidden-lib", "refused")]
    first = (await place.admin.http.get(f"{address}&outcome=taken&limit=1")).json()
    rest = await place.admin.http.get(address, params={"before": first["next"], "outcome": "taken"})
    assert first["takes"][0]["id"] not in {one["id"] for one in rest.json()["takes"]}
    assert all(len(one["sha256"]) == 64 for one in rest.json()["takes"])


@pytest.mark.parametrize(
    "body",
    [
        {"action": "install", "requirements": []},
        {"action": "install", "requirements": ["--index-url=http://evil.example"]},
        {"action": "install", "requirements": ["x @ https://evil.example/x.whl"]},
        {"action": "install", "requirements": ["git+ssh://evil.example/x"]},
        {"action": "install", "file": "-e .\n"},
        {"action": "uninstall", "requirements": ["/etc/passwd"]},
        {"action": "install", "requirements": ["x" * 501]},
        {"action": "burn", "requirements": ["x"]},
    ],
)
async def test_what_is_no_requirement_is_refused(place: Place, body: dict[str, Any]) -> None:
    answer = await place.learner.http.post(place.url, json=body)
    assert answer.status_code == 400, answer.text


async def test_one_installation_at_a_time_which_can_be_cancelled(place: Place) -> None:
    place.index.add("slow-lib", wheel("slow-lib", "1.0", ""))
    place.index.open.clear()
    body = {"action": "install", "requirements": ["slow-lib"]}
    try:
        begun = await place.learner.http.post(place.url, json=body)
        assert begun.status_code == 202
        assert (await place.learner.http.post(place.url, json=body)).status_code == 409
        async with place.learner.http.stream(
            "GET", f"{place.url}/installation", headers=LINES
        ) as going:
            said = [await _cancelled_at(place, line) async for line in going.aiter_lines()]
    finally:
        place.index.open.set()
    assert said[-1]["phase"] == "cancelled"
    assert "slow-lib" not in await place.listed()


async def _cancelled_at(place: Place, line: str) -> dict[str, Any]:
    word = dict(json.loads(line))
    if word.get("package", {}).get("kind") == "listed":
        await place.learner.http.delete(f"{place.url}/installation")
    return word


async def test_a_lost_environment_is_made_again_with_the_same_hashes(place: Place) -> None:
    await place.order("install", "sample-lib==1.0")
    before = await place.listed()
    await place.stop()
    volume = place.learner.server.home / "volumes" / place.project / "home"
    await asyncio.to_thread(shutil.rmtree, volume)
    assert {name for name, one in (await place.listed()).items() if one["missing"]} == {
        "sample-lib"
    }

    async with place.learner.socket("/api/events/subscribe") as events:
        await place.start()
        async for message in events:
            told = json.loads(message)
            is_ours = "project_packages" in told["schema_id"]
            if is_ours and (await _ended(place)):
                break
    assert await place.listed() == before
    program = "python -c 'import sample_lib; print(sample_lib.answer)'"
    assert (await place.run(program))["stdout"] == "42\n"


async def _ended(place: Place) -> bool:
    answer: httpx.Response = await place.learner.http.get(f"{place.url}/installation")
    shown = answer.json()
    return (shown["action"], shown["phase"]) == ("rebuild", "done")
