"""The kernels there are: those of the installation's own folder, and no others."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

from platform_server.errors import UnknownKernel
from platform_server.paths import resource

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "python3"
PROVISIONER = "sandbox-provisioner"
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class PlatformKernelSpecs(KernelSpecManager):
    """Reads the kernelspecs of one fixed folder, once.

    Jupyter's own manager also looks in users' folders and falls back to a kernel on the host; its
    list of allowed kernels hides the others without refusing them. Here a kernel that is not in the
    folder does not exist, and each one is started by the sandbox's provisioner, whatever it says.
    """

    @property
    def folder(self) -> Path:
        """Where the kernelspecs are."""
        return resource("kernelspecs")

    @cached_property
    def _specs(self) -> dict[str, KernelSpec]:
        names = sorted(
            (one.parent.name for one in self.folder.glob("*/kernel.json")),
            key=lambda name: (name != FIRST, name),
        )
        return {name: _read(self.folder / name) for name in names}

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the names and the folders of the kernelspecs, Python first."""
        return {name: str(spec.resource_dir) for name, spec in self._specs.items()}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return a kernelspec. Raises UnknownKernel."""
        if not _NAME.fullmatch(kernel_name) or kernel_name not in self._specs:
            raise UnknownKernel
        return self._specs[kernel_name]

    def get_all_specs(self) -> dict[str, Any]:
        """Return ``{name: {"resource_dir", "spec"}}``, Python first."""
        return {
            name: {"resource_dir": str(spec.resource_dir), "spec": spec.to_dict()}
            for name, spec in self._specs.items()
        }


def _read(folder: Path) -> KernelSpec:
    spec: KernelSpec = KernelSpec.from_resource_dir(str(folder))
    spec.metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER, "config": {}}
    return spec
