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


async def check_files(scene: Scene) -> list[Finding]:
    """Compare every writer's folder with what was acknowledged."""
    found = await asyncio.gather(
        *(
            _check_folder(scene, writer.folder, files)
            for writer, files in zip(scene.writers, scene.ledger.files, strict=True)
        )
    )
    return [finding for findings in found for finding in findings] + await _check_top(scene)


async def _check_top(scene: Scene) -> list[Finding]:
    """Look for what nobody put there."""
    there = {one["path"] for one in (await _get(scene, scene.label))["content"]}
    expected = {writer.folder for writer in scene.writers} | {f"{scene.label}/{LINES}"}
    return [unexplained(f"{path} is there") for path in there - expected]


async def _check_folder(scene: Scene, folder: str, files: list[Kept]) -> list[Finding]:
    models = await _read_folder(scene, folder)
    seen = {model["path"]: mark_of(model["type"], model["content"]) for model in models}
    findings = [finding for model in models for finding in _faults_of(scene, model)]
    for kept in files:
        states = kept.possible()
        if not kept.settle(seen):
            findings.append(_missed(states, seen))
    expected = {kept.path for kept in files if kept.mark is not None}
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
