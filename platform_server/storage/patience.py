"""Connections to Postgres on which nothing is waited for endlessly.

A server that is frozen, or a network that swallows what is sent, gives no answer and no error. A
connection on which a statement has no answer in time is hung up: then the statement fails as on any
connection that broke, and the next one gets another connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import PQGen

STATEMENT = 10.0  # seconds that a statement may take
CHECK = 3.0  # seconds in which a connection from the pool says that it is alive
WORK = 3600.0  # seconds for a statement of a migration or a backup

_CHECK_INTERVAL = 0.1  # seconds, as psycopg has it
_patience: ContextVar[float] = ContextVar("patience", default=STATEMENT)
Result = TypeVar("Result")


class PatientConnection(psycopg.AsyncConnection[Any]):
    """A connection that hangs up when a statement takes too long."""

    async def wait(
        self,
        gen: PQGen[Result],
        interval: float = _CHECK_INTERVAL,
        timeout: float | None = None,
    ) -> Result:
        """Carry out a step of the conversation with the server."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_patience.get(), _hang_up, self.pgconn.socket)
        try:
            return await super().wait(gen, interval, timeout)
        finally:
            timer.cancel()


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let each statement of the block take so long."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


def _hang_up(descriptor: int) -> None:
    """End the connection for both sides; the descriptor stays its owner's to close."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
