"""What a kernel is doing, as its messages tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_extensions.kernels.kernel import PlatformKernel


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
    ) -> None:
        self._kernel = kernel
        self._is_tracked = is_tracked  # does a request of this type count as activity?
        self._finished = finished  # called when the kernel has finished something

    def kernel_ready(self) -> None:
        """Note that the kernel listens."""
        if self._kernel.execution_state == "starting":
            self._kernel.execution_state = "idle"

    def kernel_free(self) -> None:
        """Note that a kernel taken over has nothing left to do of what it was asked before."""
        if self._kernel.execution_state == "busy":
            self._finished()
            self._kernel.execution_state = "idle"

    def kernel_status(self, state: str, parent_type: str) -> None:
        """Note a state, reported on account of a request of this type."""
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
