"""pip and uv in sandboxes that have no network, through a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.package_index import LocalIndex, wheel
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="module")
async def learner(image: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Person]:
    """Somebody on a server with an index of its own."""
    del image  # it has to be there
    offered = LocalIndex()
    offered.add("sample-lib", wheel("sample-lib", "1.0", "answer = 42\n"))
    offered.add("other-lib", wheel("other-lib", "2.0", "answer = 43\n"))
    offered.add("forbidden-lib", wheel("forbidden-lib", "1.0", ""))
    home = tmp_path_factory.mktemp("packages") / "home"
    with offered.served():
        options = (
            f"--PlatformApp.package_index={offered.url}",
            "--PlatformApp.package_deny=forbidden-*",
        )
        async with Server.start(home, *options) as server:
            person = await join(server, "learner", Role.LEARNER)
            yield person
            await person.aclose()


@pytest.fixture
async def container(learner: Person) -> AsyncIterator[str]:
    """The running sandbox of a project."""
    project = await learner.project("packages")
    answer = await learner.http.post("/api/containers/", json={"project": project["id"]})
    assert answer.status_code == 201, answer.text
    yield answer.json()["id"]
    await learner.http.delete(f"/api/containers/{answer.json()['id']}")


async def run(learner: Person, container: str, command: str | list[str]) -> dict[str, Any]:
    answer = await learner.http.post(
        f"/api/containers/{container}/execute", json={"command": command, "timeout": 60}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_pip_and_uv_install_and_the_next_sandbox_still_has_it(
    learner: Person, container: str
) -> None:
    for command in ("pip install sample-lib", "uv pip install other-lib"):
        done = await run(learner, container, command)
        assert done["exit_code"] == 0, done
    await learner.http.delete(f"/api/containers/{container}")
    project = await learner.project("packages")
    again = (await learner.http.post("/api/containers/", json={"project": project["id"]})).json()
    program = "import sample_lib, other_lib, numpy; print(sample_lib.answer, other_lib.answer)"
    assert (await run(learner, again["id"], ["python", "-c", program]))["stdout"] == "42 43\n"


async def test_what_is_denied_is_not_installed(learner: Person, container: str) -> None:
    done = await run(learner, container, "uv pip install forbidden-lib")
    assert done["exit_code"] != 0
    assert "403" in done["stderr"]
    program = "import forbidden_lib"
    assert (await run(learner, container, ["python", "-c", program]))["exit_code"] == 1


PROBE = """
import urllib.error, urllib.request
for method, path in [("GET", "/"), ("GET", "/simple/"), ("GET", "/api/me"), ("GET", "/login"),
                     ("POST", "/simple/sample-lib/"), ("GET", "/simple/../../etc/passwd"),
                     ("GET", "/files/sample-lib/" + "0" * 64 + "/x.whl"),
                     ("GET", "/files/sample-lib/" + "0" * 64 + "/..%2f..%2fplatform.sqlite")]:
    request = urllib.request.Request("http://127.0.0.1:3141" + path, method=method)
    try:
        print(urllib.request.urlopen(request).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""


async def test_the_gateway_answers_nothing_but_packages(learner: Person, container: str) -> None:
    done = await run(learner, container, ["python", "-c", PROBE])
    assert set(done["stdout"].split()) <= {"404", "405"}, done


PARTS = """
import json, urllib.error, urllib.request
def ask(url, wanted, method="GET"):
    url, headers = "http://127.0.0.1:3141" + url, {"Range": wanted} if wanted else {}
    request = urllib.request.Request(url, headers=headers, method=method)
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read()
(listed,) = json.loads(ask("/simple/sample-lib/", "")[2])["files"]
_, head, nothing = ask(listed["url"], "", "HEAD")
_, _, whole = ask(listed["url"], "")
assert head["Accept-Ranges"] == "bytes" and int(head["Content-Length"]) == len(whole)
status, head, end = ask(listed["url"], "bytes=-22")
assert (status, end, nothing) == (206, whole[-22:], b""), (status, end)
assert head["Content-Range"] == f"bytes {len(whole) - 22}-{len(whole) - 1}/{len(whole)}"
status, head, some = ask(listed["url"], "bytes=1-4")
assert (status, head["Content-Length"], some) == (206, "4", whole[1:5])
status, head, _ = ask(listed["url"], f"bytes={len(whole)}-")
assert (status, head["Content-Range"]) == (416, f"bytes */{len(whole)}")
print("parts")
"""


async def test_a_part_of_a_file_can_be_read(learner: Person, container: str) -> None:
    done = await run(learner, container, ["python", "-c", PARTS])
    assert done["stdout"] == "parts\n", done


FLOOD = """
import socket, urllib.request
held = []
for _ in range(400):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(2)
    try:
        one.connect("/run/platform/packages.sock")
    except OSError:
        break
    held.append(one)
closed = 0
for one in held:
    one.setblocking(False)
    try:
        closed += one.recv(1) == b""
    except BlockingIOError:
        pass
    except OSError:
        closed += 1
print(len(held) - closed)
for one in held:
    one.close()
"""


async def test_connections_without_end_take_no_more_than_their_share(
    learner: Person, container: str
) -> None:
    done = await run(learner, container, ["python", "-c", FLOOD])
    assert int(done["stdout"]) <= 80 + 128, done  # served, and waiting in the socket's queue
    assert (await learner.http.get("/api/me")).status_code == 200
    assert (await run(learner, container, "pip download -q sample-lib"))["exit_code"] == 0
