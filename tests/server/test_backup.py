"""``jupyter platform backup`` beside a server in use, and ``restore`` for a new one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from platform_server.testing.places import Place, text
from platform_server.testing.processes import said_by
from platform_server.testing.serving import Server, http_client

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.serving import Person


async def test_109_a_new_installation_serves_what_was_saved_before_the_backup(
    alice: Person, tmp_path: Path
) -> None:
    await alice.project("backed up")
    place = Place(alice, "backed up")
    saved = [0]
    begun = asyncio.Event()

    async def write() -> None:
        while not backup.done():
            await place.save("été 1 %#.txt", f"number {saved[0]}")
            saved[0] += 1
            begun.set()

    async def back_up() -> tuple[tuple[int, str], int]:
        await begun.wait()
        before = saved[0]
        return await said_by(alice.server.home, "backup", str(tmp_path / "backup")), before

    backup = asyncio.ensure_future(back_up())
    await asyncio.gather(backup, write())
    (code, said), before = await backup
    assert code == 0, said

    home = tmp_path / "home"
    code, said = await said_by(home, "restore", str(tmp_path / "backup"))
    assert code == 0, said
    assert "was compared with its SHA-256" in said
    code, said = await said_by(home, "restore", str(tmp_path / "backup"))
    assert code == 1
    assert "not empty" in said

    async with (
        Server.start(home) as server,
        http_client(server, Authorization=f"Bearer {alice.token}") as client,
    ):
        answer = await client.get("/api/contents/backed%20up/%C3%A9t%C3%A9%201%20%25%23.txt")
        content = answer.json()["content"]
        assert before - 1 <= int(content.removeprefix("number ")) <= saved[0]
        assert (await client.put("/api/contents/backed%20up/new", json=text("x"))).is_success


async def test_a_backup_that_cannot_be_written_says_so(alice: Person, tmp_path: Path) -> None:
    code, said = await said_by(alice.server.home, "backup", str(tmp_path / "none" / "backup"))
    assert code == 1
    assert "cannot be written: No such file or directory" in said
