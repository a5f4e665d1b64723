"""A project as a client of the contents API has it, and as code in its sandbox has it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

    from platform_server.testing.serving import Person

KEYS = {
    *("name", "path", "type", "created", "last_modified", "writable", "content", "format"),
    *("mimetype", "size", "hash", "hash_algorithm"),
}


@dataclass(frozen=True)
class Place:
    """A project, and requests to what is in it."""

    person: Person
    name: str

    async def ask(
        self, method: str, path: str = "", body: object = None, **headers: str
    ) -> httpx.Response:
        """Send a request about a path in the project."""
        url = "/api/contents/" + quote(f"{self.name}/{path}".rstrip("/"))
        return await self.person.http.request(method, url, json=body, headers=headers)

    async def get(self, path: str = "", **query: str) -> dict[str, Any]:
        """Return a model, which has all its keys."""
        url = "/api/contents/" + quote(f"{self.name}/{path}".rstrip("/"))
        answer = await self.person.http.get(url, params=query)
        assert answer.status_code == HTTPStatus.OK, answer.text
        model = dict(answer.json())
        assert set(model) - {"message"} == KEYS
        return model

    async def save(self, path: str, content: str, **headers: str) -> dict[str, Any]:
        """Save text; return the model."""
        answer = await self.ask("PUT", path, text(content), **headers)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def names(self, path: str = "") -> list[str]:
        """Return what is in a folder."""
        return [one["name"] for one in (await self.get(path))["content"]]


@dataclass(frozen=True)
class Box:
    """A running sandbox."""

    place: Place
    id: str

    async def run(self, command: str) -> str:
        """Run a shell command to its end."""
        url = f"/api/containers/{self.id}/execute"
        answer = await self.place.person.http.post(url, json={"command": command})
        assert answer.status_code == HTTPStatus.OK, answer.text
        assert answer.json()["exit_code"] == 0, answer.text
        return str(answer.json()["stdout"])


def text(content: str) -> dict[str, str]:
    """Return the body that saves text."""
    return {"type": "file", "format": "text", "content": content}


def notebook(*cells: dict[str, Any], minor: int = 5) -> dict[str, Any]:
    """Return the body that saves a notebook."""
    content = {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells)}
    return {"type": "notebook", "format": "json", "content": content}


def code_cell(source: str, **more: object) -> dict[str, Any]:
    """Return a code cell."""
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": source}
    return cell | {"outputs": [], "execution_count": None} | more


def refused(answer: httpx.Response, status: int, reason: str) -> bool:
    """Tell whether the answer is that refusal, with words for people."""
    return (answer.status_code, answer.json().get("reason")) == (status, reason) and bool(
        answer.json()["message"]
    )
