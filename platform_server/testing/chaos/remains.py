"""After a fault, seen from inside: the database, the folders and the engine agree."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from platform_server.sandboxes.model import EndCause, SandboxState
from platform_server.testing.chaos.findings import lost, unexplained

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.chaos.findings import Finding
    from platform_server.testing.chaos.scene import Scene

_BLOB = re.compile(r"[0-9a-f]{64}")
_OPEN = {SandboxState.STARTING.value, SandboxState.RUNNING.value}
_PATIENCE = 15.0  # seconds that a server may take to note the end of a container


def check_litter(scene: Scene) -> list[Finding]:
    """Look for what is half-written. Only when nothing is under way, after a new start."""
    places = (scene.volume / "incoming", scene.home.blobs / "incoming")
    left = [path for place in places if place.is_dir() for path in place.iterdir()]
    return [unexplained(f"{path} was left") for path in (*left, *_odd_blobs(scene.store))]


def _odd_blobs(store: Path) -> list[Path]:
    return [one for one in store.glob("*/*") if not _BLOB.fullmatch(one.name)]


def check_history(scene: Scene) -> list[Finding]:
    """Look for each acknowledged save in the history, in the order in which they were made."""
    query = "SELECT blob FROM revisions WHERE project_id = ? ORDER BY created_at, number"
    rows = scene.ground.rows(query, scene.project_id)
    places = {row["blob"]: place for place, row in enumerate(rows)}
    findings = []
    for kept in (kept for files in scene.ledger.files for kept in files):
        if missing := [blob for blob in kept.blobs if blob not in places]:
            findings.append(lost(f"the history of {kept.path} lacks {missing}"))
        order = [places[blob] for blob in kept.blobs if blob in places]
        if order != sorted(order):
            findings.append(unexplained(f"the history of {kept.path} is out of order"))
    absent = [blob for blob in places if not scene.ground.has_blob(scene.project_id, blob)]
    return findings + [lost(f"the bytes {blob} of a revision") for blob in absent]


def check_database(scene: Scene) -> list[Finding]:
    """Let the database look for damage."""
    return [unexplained(f"the database is damaged: {line}") for line in scene.ground.damage()]


async def check_sandboxes(scene: Scene) -> list[Finding]:
    """Look for sandboxes that ended without a cause, or are not what the database says."""
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(_PATIENCE):
            # What another process notes has no event.
            while findings := await _look_at_sandboxes(scene):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass
    return findings


async def _look_at_sandboxes(scene: Scene) -> list[Finding]:
    rows = scene.ground.rows("SELECT * FROM sandboxes")
    ended = [row for row in rows if row["state"] not in _OPEN]
    noted = {row["id"] for row in rows if row["state"] == SandboxState.RUNNING.value}
    starting = [row["id"] for row in rows if row["state"] == SandboxState.STARTING.value]
    containers = await scene.engine.containers()
    alive = {one.sandbox_id for one in containers if one.running}
    unknown = {None, EndCause.UNKNOWN.value}
    return [
        *(
            unexplained(f"sandbox {row['id']} ended: {row['ended_cause']}, {row['ended_detail']}")
            for row in ended
            if row["ended_cause"] in unknown or not row["ended_detail"]
        ),
        *(unexplained(f"sandbox {one} starts for ever") for one in starting),
        *(unexplained(f"sandbox {one} is said to run") for one in noted - alive),
        *(
            unexplained(f"container {one.sandbox_id} is nobody's")
            for one in containers
            if one.sandbox_id not in noted
        ),
    ]
