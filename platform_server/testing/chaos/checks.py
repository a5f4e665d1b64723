"""After a fault, seen from outside: every acknowledged write is there, and nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from platform_server.testing.chaos.cells import LINES
from platform_server.testing.chaos.documents import mark_of
from platform_server.testing.chaos.findings import duplicated, lost, unexplained
from platform_server.testing.chaos.writers import address

if TYPE_CHECKING:
    from platform_server.testing.chaos.findings import Finding
    from platform_server.testing.chaos.ledger import Kept
    from platform_server.testing.chaos.scene import Scene

Model = dict[str, Any]

_REST = 1.0  # seconds without a change


async def check_files(scene: Scene, *, may_be_late: bool) -> list[Finding]:
    """Compare every writer's folder with what was acknowledged, or will be there later."""
    found = await asyncio.gather(
        *(
            _check_folder(scene, writer.folder, files, may_be_late=may_be_late)
            for writer, files in zip(scene.writers, scene.ledger.files, strict=True)
        )
    )
    return [finding for findings in found for finding in findings] + await _check_top(scene)


async def come_to_rest(scene: Scene) -> None:
    """Return when requests whose clients have gone seem to be over: of that, there is no event."""
    before: list[Any] = []
    while before != (now := [await _listed(scene, writer.folder) for writer in scene.writers]):
        before = now
        await asyncio.sleep(_REST)


async def _listed(scene: Scene, folder: str) -> list[Any]:
    content = (await _get(scene, folder))["content"]
    return sorted((one["path"], one["last_modified"]) for one in content)


async def _check_top(scene: Scene) -> list[Finding]:
    """Look for what nobody put there."""
    there = {one["path"] for one in (await _get(scene, scene.label))["content"]}
    expected = {writer.folder for writer in scene.writers} | {f"{scene.label}/{LINES}"}
    return [unexplained(f"{path} is there") for path in there - expected]


async def _check_folder(
    scene: Scene, folder: str, files: list[Kept], *, may_be_late: bool
) -> list[Finding]:
    models = await _read_folder(scene, folder)
    seen = {model["path"]: mark_of(model["type"], model["content"]) for model in models}
    findings = [finding for model in models for finding in _faults_of(scene, model)]
    for kept in files:
        states = kept.possible()
        if not kept.settle(seen, may_be_late=may_be_late):
            findings.append(_missed(states, seen))
    expected = {path for kept in files for state in kept.possible() for path in state}
    findings += [unexplained(f"{path} is there") for path in seen.keys() - expected]
    return findings


async def _read_folder(scene: Scene, folder: str) -> list[Model]:
    listing = await _get(scene, folder)
    return [
        await _get(scene, one["path"], type=one["type"], hash="1") for one in listing["content"]
    ]


async def _get(scene: Scene, path: str, **query: str) -> Model:
    answer = await scene.person.http.get(address(path), params=query)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    model: Model = answer.json()
    return model


def _faults_of(scene: Scene, model: Model) -> list[Finding]:
    """Look for a file that is not the same in the workspace, and for cells that are twice there."""
    path = model["path"]
    in_workspace = scene.volume / "files" / path.partition("/")[2]
    findings = []
    if sha256(in_workspace.read_bytes()).hexdigest() != model["hash"]:
        findings.append(unexplained(f"{path} is not the same in the workspace"))
    if model["type"] == "notebook":
        cells = Counter(cell["source"] for cell in model["content"]["cells"])
        findings += [duplicated(f"{path}: {cell}") for cell, n in cells.items() if n > 1]
    return findings


def _missed(states: list[dict[str, str]], seen: dict[str, str]) -> Finding:
    paths = {path for state in states for path in state}
    present = {path: seen[path] for path in paths if path in seen}
    text = f"it may be {' or '.join(map(str, states))}, and is {present}"
    return lost(text) if states[0] else unexplained(text)
