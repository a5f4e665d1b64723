"""What happens to a notebook while nobody looks at it, as clients of the API see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from platform_server.clock import new_id
from platform_server.testing.web_kernels import connected

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

CODE = "import time\nfor number in range(15):\n    print(number)\n    time.sleep(0.2)"
LINES = "".join(f"{number}\n" for number in range(15))


class Notebook:
    """A notebook with one cell, in a project of its own."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.project: dict[str, Any] = {}
        self.name = "long.ipynb"

    async def make(self) -> None:
        self.project = await self.person.project(f"lid {new_id()}")
        await self.save([])

    @property
    def url(self) -> str:
        return f"/api/contents/{self.project['name']}/{self.name}"

    async def save(
        self, outputs: list[dict[str, Any]], count: int | None = None, **headers: str
    ) -> httpx.Response:
        cell = {
            "cell_type": "code",
            "id": "one",
            "metadata": {"trusted": True},
            "source": CODE,
            "outputs": outputs,
            "execution_count": count,
        }
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        model = {"type": "notebook", "format": "json", "content": content}
        return await self.person.http.put(self.url, json=model, headers=headers)

    async def model(self, **query: str) -> dict[str, Any]:
        answer = await self.person.http.get(self.url, params=query)
        assert answer.status_code == httpx.codes.OK, answer.text
        return dict(answer.json())

    async def text(self) -> str:
        (cell,) = (await self.model())["content"]["cells"]
        return "".join(one["text"] for one in cell["outputs"])

    async def origins(self) -> list[str]:
        """Return where the revisions came from, the newest first."""
        path = f"/api/projects/{self.project['id']}/history"
        answer = await self.person.http.get(path, params={"path": self.name})
        assert answer.status_code == httpx.codes.OK, answer.text
        return [one["origin"] for one in answer.json()["revisions"]]

    async def run_and_leave(self) -> None:
        """Start the cell as a page does, and close the page."""
        body = {
            "path": f"{self.project['name']}/{self.name}",
            "type": "notebook",
            "name": self.name,
            "kernel": {"name": "python3"},
        }
        session = (await self.person.http.post("/api/sessions", json=body)).json()
        async with connected(self.person, session["kernel"]["id"]) as socket:
            await socket.execute_cell(CODE, "one")
            await socket.first(lambda one: one.header.type == "stream")

    async def is_saved(self) -> None:
        """Wait until the server has saved all of the output."""
        async with asyncio.timeout(60):
            while True:
                if (await self.origins())[0] == "recorder" and await self.text() == LINES:
                    break
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def notebook(image: str, alice: Person) -> Notebook:
    assert image
    notebook = Notebook(alice)
    await notebook.make()
    return notebook


async def test_a_cell_whose_page_is_closed_ends_in_the_document(notebook: Notebook) -> None:
    before = await notebook.model(content="0", hash="1")
    await notebook.run_and_leave()
    await notebook.is_saved()
    (cell,) = (await notebook.model())["content"]["cells"]
    assert (cell["execution_count"], cell["metadata"]["trusted"]) == (1, True)
    after = await notebook.model(content="0", hash="1")
    assert before["hash"] is not None
    assert (after["hash"], after["last_modified"]) == (None, before["last_modified"])
    # A page that was open all the time saves over what it knows, and that is no conflict.
    condition = {"If-Match": f'"{before["hash"]}"'}
    again = [{"output_type": "stream", "name": "stdout", "text": "run again"}]
    saved = await notebook.save(again, 2, **condition)
    assert saved.status_code == httpx.codes.OK, saved.text
    refused = await notebook.save([], 3, **condition)
    assert refused.status_code == httpx.codes.PRECONDITION_FAILED


async def test_a_notebook_that_is_renamed_meanwhile_gets_its_output(notebook: Notebook) -> None:
    await notebook.run_and_leave()
    new = {"path": f"{notebook.project['name']}/renamed.ipynb"}
    assert (await notebook.person.http.patch(notebook.url, json=new)).is_success
    notebook.name = "renamed.ipynb"
    await notebook.is_saved()
