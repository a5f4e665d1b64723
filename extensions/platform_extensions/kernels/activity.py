"""What a kernel is doing, as its messages tell."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from platform_server.operations.figures import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_server.operations.figures import Figures


_EXECUTE = "execute_request"


class KernelActivity:
    """Keeps a kernel's state and the time of its last activity (a LinkObserver).

    Requests that only ask for information are no activity: an open page sends them all the time.
    """

    def __init__(
        self,
        kernel: PlatformKernel,
        *,
        is_tracked: Callable[[str], bool],
        finished: Callable[[], None],
        figures: Figures,
    ) -> None:
        self._kernel = kernel
        self._is_tracked = is_tracked  # does a request of this type count as activity?
        self._finished = finished  # called when the kernel has finished something
        self._figures = figures
        self._asked: float | None = None  # when an idle kernel was asked to run something

    def kernel_ready(self) -> None:
        """Note that the kernel listens."""
        if self._kernel.execution_state == "starting":
            self._kernel.execution_state = "idle"

    def kernel_free(self) -> None:
        """Note that a kernel taken over has nothing left to do of what it was asked before."""
        if self._kernel.execution_state == "busy":
            self._finished()
            self._kernel.execution_state = "idle"

    def kernel_asked(self, kind: str) -> None:
        """Note when a kernel that has nothing to do is asked to run code."""
        if kind == _EXECUTE and self._kernel.execution_state == "idle" and self._asked is None:
            self._asked = perf_counter()

    def kernel_status(self, state: str, parent_type: str) -> None:
        """Note a state, reported on account of a request of this type."""
        if state == "busy" and parent_type == _EXECUTE and self._asked is not None:
            self._figures.took(Operation.EXECUTE, perf_counter() - self._asked)
            self._asked = None
        if not self._counts(parent_type):
            return
        if state == "idle" and self._kernel.execution_state == "busy":
            self._finished()
        self._kernel.execution_state = state

    def kernel_output(self, parent_type: str) -> None:
        """Note an output on account of a request of this type."""
        if self._kernel.execution_state == "busy" or self._counts(parent_type):
            self._kernel.last_activity = datetime.now(UTC)

    def _counts(self, parent_type: str) -> bool:
        return bool(parent_type) and self._is_tracked(parent_type)
