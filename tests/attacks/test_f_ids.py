"""F. Ids and names of somebody else's, chosen on purpose.

``hers``    a kernel of Alice's, with a session
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

from platform_server.testing.conversations import text_of
from platform_server.testing.web_kernels import connected, start_kernel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from platform_server.testing.serving import Person

PROJECT = "ids"
WAIT = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)"


@pytest.fixture
async def hers(alice: Person, bob: Person, image: str) -> AsyncIterator[str]:
    del image  # it has to be there
    await alice.project(PROJECT)
    await bob.project(PROJECT)
    kernel_id = await start_kernel(alice, PROJECT)
    yield kernel_id
    await alice.http.delete(f"/api/kernels/{kernel_id}")


async def session_with(person: Person, kernel: dict[str, str]) -> httpx.Response:
    body: dict[str, Any] = {"path": f"{PROJECT}/a.ipynb", "type": "notebook", "kernel": kernel}
    return await person.http.post("/api/sessions", json=body)


async def test_077_a_kernel_of_anothers_is_not_to_be_had_by_its_id(
    alice: Person, bob: Person, hers: str
) -> None:
    taken = await bob.http.post("/api/kernels", json={"path": PROJECT, "kernel_id": hers})
    assert taken.status_code in {404, 409}
    assert (await session_with(bob, {"id": hers})).status_code == 404
    own = (await session_with(bob, {"name": "python3"})).json()
    moved = await bob.http.patch(f"/api/sessions/{own['id']}", json={"kernel": {"id": hers}})
    assert moved.status_code == 404
    await bob.http.delete(f"/api/sessions/{own['id']}")
    assert (await alice.http.get(f"/api/kernels/{hers}")).status_code == 200


async def test_077_an_id_says_nothing_of_whether_it_is_taken(bob: Person, hers: str) -> None:
    """But for one that a client may choose for a kernel of its own, which has to be free."""
    unknown = str(uuid.uuid4())
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/restart"), ("POST", "/interrupt")):
        answers = [
            await bob.http.request(method, f"/api/kernels/{one}{path}") for one in (hers, unknown)
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].text.replace(hers, unknown) == answers[1].text


async def test_078_what_waits_for_a_name_is_its_owners_alone(
    alice: Person, bob: Person, hers: str
) -> None:
    """Also when both may use the kernel: answers to her requests are for her."""
    project = await alice.project(PROJECT)
    members = f"/api/projects/{project['id']}/members/"
    name = uuid.uuid4().hex
    with pytest.raises(InvalidStatus):
        await connected(bob, hers, session=name).__aenter__()
    shared = await alice.http.post(members, json={"email": bob.user.email, "role": "editor"})
    assert shared.status_code == 201, shared.text

    async with connected(alice, hers, session=name) as away:
        asked = await away.execute(WAIT)
        await away.first(lambda one: one.header.type == "execute_input")
        await away.drop()
    put = await alice.http.put(f"/api/projects/{project['id']}/files/go", content=b"")
    assert put.is_success, put.text
    async with connected(bob, hers, session=name) as thief:
        assert text_of(await thief.run("print('his own')")) == "his own\n"
        replies = [one for one in thief.messages if one.header.type == "execute_reply"]
        assert asked.header.id not in {one.parent.id for one in replies}
    async with connected(alice, hers, session=name) as back:
        await back.first(
            lambda one: (one.header.type, one.parent.id) == ("execute_reply", asked.header.id)
        )
    await alice.http.delete(f"{members}{bob.user.id}")
