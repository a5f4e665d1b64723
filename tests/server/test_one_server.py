"""Of one PLATFORM_HOME there is one server; commands go on beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import Conflict
from platform_server.home_lock import HomeLock
from platform_server.testing.processes import said_by
from platform_server.testing.serving import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.serving import Person


async def test_a_second_server_says_who_is_first_and_touches_nothing(
    alice: Person, tmp_path: Path
) -> None:
    await alice.project("undisturbed")
    home, pid = alice.server.home, alice.server.process.pid

    code, said = await said_by(home, f"--port={free_port()}")

    assert code == 1
    assert said.rstrip().endswith("or set PLATFORM_HOME to another folder.")
    assert f"Another server (process {pid}) serves {home}." in said
    assert "Traceback" not in said
    assert (await alice.http.get("/api/contents/undisturbed")).is_success
    empty = tmp_path / "backup"
    code, said = await said_by(home, "backup", str(empty))
    assert code == 0, said
    code, said = await said_by(home, "restore", str(empty))
    assert code == 1
    assert "Another server" in said


async def test_commands_go_on_beside_a_server(alice: Person) -> None:
    code, said = await said_by(alice.server.home, "user", "list")
    assert code == 0
    assert alice.user.email in said


def test_a_lock_is_for_one_and_is_let_go_of(tmp_path: Path) -> None:
    first, second = HomeLock(tmp_path / "lock"), HomeLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(Conflict, match=f"process {os.getpid()}"):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        HomeLock(tmp_path / "lock").acquire()
    assert not (tmp_path / "elsewhere").exists()
