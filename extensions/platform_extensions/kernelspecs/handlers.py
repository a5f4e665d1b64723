"""``/api/kernelspecs``, and the logos of the kernels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.failures import JsonFailures
from platform_extensions.kernelspecs.models import KernelSpecModel, KernelSpecsModel
from platform_server.errors import FileMissing, UnknownKernel

if TYPE_CHECKING:
    from platform_kernels.specs import PlatformKernelSpecs

_RESOURCE = re.compile(r"logo-[\w.-]{1,64}|kernel\.(js|css)", re.ASCII)


class KernelSpecResource(PlatformHandler):
    """What the resource's handlers share."""

    @property
    def specs(self) -> PlatformKernelSpecs:
        """All kernelspecs."""
        return self.settings["kernel_spec_manager"]  # type: ignore[no-any-return]  # tornado's dict

    def model(self, name: str, known: dict[str, Any]) -> KernelSpecModel:
        """Return Jupyter's kernelspec model."""
        folder = Path(known["resource_dir"])
        files = [one.name for one in sorted(folder.iterdir()) if _RESOURCE.fullmatch(one.name)]
        prefix = f"{self.base_url}kernelspecs/{name}/"
        resources = {_resource_key(file): prefix + file for file in files}
        return {"name": name, "spec": known["spec"], "resources": resources}


class KernelSpecsHandler(KernelSpecResource):
    """All kernelspecs."""

    @web.authenticated
    async def get(self) -> None:
        """List them, Python first."""
        known = self.specs.get_all_specs()
        default = self.settings["kernel_manager"].default_kernel_name
        specs = {name: self.model(name, spec) for name, spec in known.items()}
        self.reply(KernelSpecsModel(default=default, kernelspecs=specs))


class KernelSpecHandler(KernelSpecResource):
    """One kernelspec."""

    @web.authenticated
    async def get(self, kernel_name: str) -> None:
        """Show it."""
        known = self.specs.get_all_specs()
        if kernel_name not in known:
            raise UnknownKernel
        self.reply(self.model(kernel_name, known[kernel_name]))


class KernelSpecFileHandler(JsonFailures, web.StaticFileHandler, JupyterHandler):
    """A kernel's logo."""

    def initialize(self) -> None:  # type: ignore[override]  # the folder depends on the kernel
        """Begin without a folder."""
        web.StaticFileHandler.initialize(self, path="")

    @web.authenticated
    async def get(self, kernel_name: str, path: str, include_body: bool = True) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        """Send it."""
        known = self.settings["kernel_spec_manager"].find_kernel_specs()
        if kernel_name not in known or not _RESOURCE.fullmatch(path):
            raise FileMissing
        self.root = self.allowed_symlink_directory = known[kernel_name]
        await web.StaticFileHandler.get(self, path, include_body=include_body)

    @web.authenticated
    async def head(self, kernel_name: str, path: str) -> None:  # type: ignore[override]
        """Tell its size and age."""
        sending: Any = self.get(kernel_name, path, include_body=False)
        await sending


def _resource_key(file: str) -> str:
    """Return how clients call a file: logos without their extension."""
    return file.rpartition(".")[0] if file.startswith("logo-") else file
