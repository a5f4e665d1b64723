"""Sandboxes and their kernels in SQL."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import (
    EndCause,
    Ended,
    Evidence,
    KernelId,
    KernelLaunch,
    KernelRecord,
    Limits,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.storage.tables.sandboxes import sandbox_kernels, sandboxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from platform_server.storage.database import Database

_OPEN = (SandboxState.STARTING.value, SandboxState.RUNNING.value)


class SqlSandboxRepository:
    """The sandbox repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, sandbox: Sandbox) -> None:
        """Store a sandbox as it is now."""
        values = _columns(sandbox)
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                update(sandboxes).where(sandboxes.c.id == sandbox.id).values(values)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(sandboxes).values(values))

    async def get(self, sandbox_id: SandboxId) -> Sandbox | None:
        """Return one sandbox."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(sandboxes).where(sandboxes.c.id == sandbox_id))
            ).one_or_none()
        return None if row is None else _sandbox(row)

    async def latest(self, project_ids: Sequence[ProjectId]) -> list[Sandbox]:
        """Return each project's most recent sandbox."""
        newest = (
            select(sandboxes.c.project_id, func.max(sandboxes.c.created_at).label("created_at"))
            .where(sandboxes.c.project_id.in_(project_ids))
            .group_by(sandboxes.c.project_id)
            .subquery()
        )
        query = select(sandboxes).join(
            newest,
            (newest.c.project_id == sandboxes.c.project_id)
            & (newest.c.created_at == sandboxes.c.created_at),
        )
        async with self._database.read() as connection:
            return [_sandbox(row) for row in await connection.execute(query)]

    async def unended(self) -> list[Sandbox]:
        """Return those that are not known to have ended."""
        query = select(sandboxes).where(sandboxes.c.state.in_(_OPEN))
        async with self._database.read() as connection:
            return [_sandbox(row) for row in await connection.execute(query)]

    async def save_kernel(self, record: KernelRecord) -> None:
        """Store a kernel as it is about to be started."""
        values = _kernel_columns(record)
        change = update(sandbox_kernels).where(sandbox_kernels.c.id == values["id"]).values(values)
        async with self._database.transaction() as connection:
            if (await connection.execute(change)).rowcount == 0:
                await connection.execute(insert(sandbox_kernels).values(values))

    async def kernels(self) -> list[KernelRecord]:
        """Return the kernels that are not forgotten."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(sandbox_kernels))
            return [_kernel(row) for row in rows]

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Forget a kernel."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(sandbox_kernels).where(sandbox_kernels.c.id == kernel_id)
            )

    async def forget_kernels(self, sandbox_id: SandboxId) -> None:
        """Forget all kernels of a sandbox."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(sandbox_kernels).where(sandbox_kernels.c.sandbox_id == sandbox_id)
            )


def _columns(sandbox: Sandbox) -> dict[str, Any]:
    limits, ended = sandbox.limits, sandbox.ended
    return {
        "id": sandbox.id,
        "project_id": sandbox.project_id,
        "state": sandbox.state.value,
        "cpus": limits.cpus,
        "memory_bytes": limits.memory_bytes,
        "pids": limits.pids,
        "tmp_bytes": limits.tmp_bytes,
        "created_at": sandbox.created_at,
        "started_at": sandbox.started_at,
        "ended_at": ended.at if ended else None,
        "ended_cause": ended.cause.value if ended else None,
        "ended_exit_code": ended.exit_code if ended else None,
        "ended_signal": ended.signal if ended else None,
        "ended_detail": ended.detail if ended else None,
        "ended_evidence": _evidence_text(ended.evidence) if ended else None,
    }


def _sandbox(row: Row[Any]) -> Sandbox:
    return Sandbox(
        id=SandboxId(row.id),
        project_id=ProjectId(row.project_id),
        state=SandboxState(row.state),
        limits=Limits(
            cpus=row.cpus,
            memory_bytes=row.memory_bytes,
            pids=row.pids,
            tmp_bytes=row.tmp_bytes,
        ),
        created_at=row.created_at,
        started_at=row.started_at,
        ended=_ended(row),
    )


def _ended(row: Row[Any]) -> Ended | None:
    if row.ended_at is None:
        return None
    return Ended(
        cause=EndCause(row.ended_cause),
        at=row.ended_at,
        exit_code=row.ended_exit_code,
        signal=row.ended_signal,
        detail=row.ended_detail or "",
        evidence=_evidence(row.ended_evidence),
    )


def _evidence_text(evidence: Evidence | None) -> str | None:
    return None if evidence is None else json.dumps(asdict(evidence))


def _evidence(text: str | None) -> Evidence | None:
    if text is None:
        return None
    fields = json.loads(text)
    return Evidence(**fields | {"full": tuple(fields["full"])})


def _kernel_columns(record: KernelRecord) -> dict[str, Any]:
    launch = record.launch
    return {
        "id": launch.kernel_id,
        "sandbox_id": record.sandbox_id,
        "name": launch.kernel_name,
        "owner_id": launch.owner_id,
        "key": launch.key.decode(),
        "cwd": launch.cwd,
        "env": json.dumps(dict(launch.env)),
        "socket_name": record.socket_name,
        "generation": record.generation,
        "oom_kills": record.oom_kills,
    }


def _kernel(row: Row[Any]) -> KernelRecord:
    return KernelRecord(
        sandbox_id=SandboxId(row.sandbox_id),
        launch=KernelLaunch(
            kernel_id=KernelId(row.id),
            kernel_name=row.name,
            owner_id=UserId(row.owner_id),
            key=row.key.encode(),
            cwd=row.cwd,
            env=json.loads(row.env),
        ),
        socket_name=row.socket_name,
        generation=row.generation,
        oom_kills=row.oom_kills,
    )
