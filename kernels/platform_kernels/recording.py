"""One execution of a notebook's cell, kept until its outputs are certain to be in the document."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platform_kernels.cell_outputs import LARGEST, CellOutputs, Output, parse
from platform_kernels.outbox import MEBIBYTE

if TYPE_CHECKING:
    from datetime import datetime

    from platform_kernels.bounds import Allowance

_FOLDED_AT = 2 * MEBIBYTE  # bytes that wait to be taken apart
_FOLDED_AT_ONCE = 256  # messages: the event loop has other things to do
_UNFOLDED_SIZE = 160  # bytes that a waiting message costs besides its content


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which cell a client asked to execute."""

    request_id: str
    cell_id: str
    user: str  # "" when that is not known any more
    session: str  # the client's own name for its connection


@dataclass(eq=False, kw_only=True)
class Recording:
    """What the execution has put out so far.

    Messages wait unparsed while they are few: mostly the page that asked saves the outputs itself,
    and nobody ever looks at them here.
    """

    asked: Asked
    allowance: Allowance  # shared by the recordings of a project
    source: str | None = None  # what was run; None until the kernel has begun
    execution_count: int | None = None
    ended_at: datetime | None = None
    has_changed: bool = False  # since it was last written into the document
    was_followed: bool = False  # by the page that asked, to the end
    _outputs: CellOutputs = field(default_factory=lambda: CellOutputs(LARGEST))
    _waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    _waiting_size: int = 0
    _taken: int = 0  # bytes of the allowance

    def add(self, kind: str, content: bytes) -> None:
        """Take a message about outputs."""
        self._waiting.append((kind, content))
        self._waiting_size += len(content) + _UNFOLDED_SIZE
        self.has_changed = True
        if self._waiting_size > _FOLDED_AT:
            self.fold()

    def began(self, content: bytes) -> None:
        """Take the kernel's message that it executes the cell now; whatever was before is void."""
        fields = parse(content)
        source, count = fields.get("code"), fields.get("execution_count")
        self.source = source if isinstance(source, str) else ""
        self.execution_count = count if isinstance(count, int) else None
        self._waiting.clear()
        self._waiting_size = 0
        self._outputs = CellOutputs(LARGEST)
        if not self.allowance.free:
            self._outputs.close()
        self.has_changed = True

    def fold(self) -> bool:
        """Take some of the messages that wait apart; tells whether more are waiting."""
        for kind, content in [self._waiting.popleft() for _ in range(self._some)]:
            self._waiting_size -= len(content) + _UNFOLDED_SIZE
            if self._outputs.is_full and kind not in {"clear_output", "update_display_data"}:
                self._outputs.leave_out(len(content))
                continue
            self._outputs.add(kind, parse(content), len(content))
        self._account()
        return bool(self._waiting)

    async def settle(self) -> None:
        """Take apart what waits, and let others go on meanwhile."""
        is_more = True
        while is_more:
            is_more = self.fold()
            await asyncio.sleep(0)

    def outputs(self) -> list[Output]:
        """Return the outputs as the notebook format wants them. Cheap after ``settle``."""
        while self._waiting:
            self.fold()
        return self._outputs.to_outputs()

    def end(self, at: datetime, *, was_followed: bool) -> None:
        """Note that nothing more is coming, and whether the page that asked has got it all."""
        self.ended_at, self.was_followed = at, was_followed
        self._account()
        if self._outputs.is_full:
            while self._waiting:
                self.fold()

    def release(self) -> None:
        """Return what it held of the allowance: it is not needed any more."""
        self.allowance.give(self._taken)
        self._taken = 0

    @property
    def _some(self) -> int:
        return min(len(self._waiting), _FOLDED_AT_ONCE)

    def _account(self) -> None:
        """Hold as much of the allowance as this is; without it, take no more outputs."""
        more = self._outputs.size + self._waiting_size - self._taken
        self._taken += more
        if more <= 0:
            self.allowance.give(-more)
        elif not self.allowance.take(more):
            self.allowance.force(more)
            self._outputs.close()
