"""A kernel manager that keeps nothing of a kernel on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_client.connect import port_names
from jupyter_client.manager import AsyncKernelManager

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo


class HostlessManager(AsyncKernelManager):
    """Leaves out what jupyter_client does with files and sockets of its own.

    The key stays in memory, the endpoints belong to the sandbox's runtime and outlive restarts, and
    whoever talks to the kernel does so over its link.
    """

    def _reconcile_connection_info(self, info: KernelConnectionInfo) -> None:
        for name in port_names:
            setattr(self, name, 0)  # or load_connection_info keeps the earlier ones
        self.load_connection_info(info)

    def _connect_control_socket(self) -> None:
        """Leave it: the link has a control channel."""

    def cleanup_ipc_files(self) -> None:
        """Leave the sockets where they are."""

    def cleanup_connection_file(self) -> None:
        """Leave it: there is none."""
