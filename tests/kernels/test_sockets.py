"""Open websockets are closed when their owner loses the right to them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from platform_extensions.base import PRINCIPAL
from platform_extensions.sockets import SocketRegistry
from platform_server.errors import LimitReached
from platform_server.identity.model import Principal, Role, SessionId, UserId
from platform_server.projects.model import ProjectId

WONDER = ProjectId("wonder")


def person(name: str) -> Principal:
    return Principal(
        id=UserId(name),
        email=f"{name}@example.org",
        name=name,
        role=Role.LEARNER,
        credential=SessionId(f"session-of-{name}"),
    )


class Rights:
    """Who may still do what, and who asked."""

    def __init__(self) -> None:
        self.lost: set[tuple[str, ProjectId | None]] = set()
        self.asked = 0
        self.asked_by: Principal | None = None

    async def __call__(self, principal: Principal, project_id: ProjectId | None) -> bool:
        self.asked += 1
        self.asked_by = PRINCIPAL.get()
        return (principal.id, project_id) not in self.lost and (principal.id, None) not in self.lost


class Closed:
    """A websocket that notes how it was closed."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.closed = asyncio.Event()

    def __call__(self, code: int, reason: str) -> None:
        assert reason
        self.code = code
        self.closed.set()


async def test_a_revoked_credential_closes_its_sockets_and_no_others() -> None:
    rights = Rights()
    registry = SocketRegistry(rights)
    hers, his = Closed(), Closed()
    registry.add(person("alice"), hers)
    registry.add(person("bob"), his)
    await registry.ask()
    assert (hers.code, his.code) == (None, None)
    rights.lost.add(("alice", None))
    await registry.ask()
    assert (hers.code, his.code) == (1008, None)


async def test_learners_who_open_a_websocket_are_new_for_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = SocketRegistry(Rights())
    reviewer = replace(person("carol"), role=Role.REVIEWER)
    tickets = [registry.add(one, Closed()) for one in (person("alice"), person("bob"), reviewer)]
    assert registry.newcomers() == {"alice", "bob"}
    tickets[0].remove()
    assert registry.newcomers() == {"bob"}
    now = monotonic()
    monkeypatch.setattr("platform_extensions.sockets.monotonic", lambda: now + 3601)
    assert registry.newcomers() == set()


async def test_a_lost_project_closes_the_sockets_of_that_project() -> None:
    rights = Rights()
    registry = SocketRegistry(rights)
    kernel, events = Closed(), Closed()
    registry.add(person("alice"), kernel, project_id=WONDER)
    registry.add(person("alice"), events)
    rights.lost.add(("alice", WONDER))
    await registry.ask()
    assert (kernel.code, events.code) == (1008, None)


async def test_it_asks_once_for_many_sockets_of_one_credential() -> None:
    rights = Rights()
    registry = SocketRegistry(rights)
    for _ in range(50):
        registry.add(person("alice"), Closed(), project_id=WONDER)
    await registry.ask()
    assert rights.asked == 1


async def test_it_asks_by_itself_in_nobodys_name_and_goes_on_after_a_failure() -> None:
    class Failing(Rights):
        async def __call__(self, principal: Principal, project_id: ProjectId | None) -> bool:
            if not self.asked:
                self.asked = 1
                raise RuntimeError("the database is away")
            return await super().__call__(principal, project_id)

    rights, closed = Failing(), Closed()
    PRINCIPAL.set(person("alice"))
    registry = SocketRegistry(rights, interval=0.01)
    registry.add(person("alice"), closed)
    rights.lost.add(("alice", None))
    registry.start()
    async with asyncio.timeout(30):
        await closed.closed.wait()
    await registry.aclose()
    assert rights.asked_by is None


async def test_a_sign_out_closes_at_once() -> None:
    registry = SocketRegistry(Rights())
    closed = Closed()
    registry.add(person("alice"), closed)
    registry.close_credential(person("bob").credential)
    assert closed.code is None
    registry.close_credential(person("alice").credential)
    assert closed.code == 1008


async def test_a_closed_socket_is_forgotten() -> None:
    rights = Rights()
    registry = SocketRegistry(rights)
    ticket = registry.add(person("alice"), Closed())
    ticket.remove()
    ticket.remove()
    await registry.ask()
    assert rights.asked == 0


async def test_one_user_cannot_open_sockets_without_end() -> None:
    registry = SocketRegistry(Rights(), per_user=3)
    for _ in range(3):
        registry.add(person("alice"), Closed())
    with pytest.raises(LimitReached):
        registry.add(person("alice"), Closed())
    registry.add(person("bob"), Closed())
