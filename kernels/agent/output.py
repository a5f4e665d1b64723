"""What a cell prints: whoever prints faster than it is sent waits, and fills no memory."""

from __future__ import annotations

from typing import Any

from ipykernel.iostream import OutStream

_MOST = 2**20  # characters that may wait to be sent


class PatientStream(OutStream):
    """Standard output or error of a kernel.

    Stock streams keep what is printed until a timer sends it, five times a second: a loop that
    prints long lines runs out of memory before the first of them is seen.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = 0

    def write(self, string: str) -> int:
        """Take text; wait until it is sent when there is much of it."""
        super().write(string)
        self._waiting += len(string)
        if self._waiting > _MOST:
            self._waiting = 0
            self.flush()
        return len(string)
