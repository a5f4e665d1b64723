"""The JSON of the kernels resource."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.containers.models import ended_model
from platform_extensions.containers.shapes import EndedModel
from platform_extensions.shapes import Moment
from platform_server.errors import InvalidInput
from platform_server.sandboxes.model import Ended, KernelId

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ShortText = Annotated[str, Field(max_length=256)]
PathText = Annotated[str, Field(max_length=8192)]


class JupyterBody(RequestBody):
    """A body that Jupyter's own clients send: what they add beyond our use is ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class StartKernelBody(JupyterBody):
    """``POST /api/kernels``."""

    name: ShortText | None = None  # of the kernelspec
    path: PathText | None = None  # of the folder to run in
    kernel_id: ShortText | None = None


def parse_kernel_id(text: str) -> KernelId:
    """Return the id that a client chose; raises InvalidInput unless it is a UUID."""
    if not _UUID.fullmatch(text):
        raise InvalidInput("A kernel id has to be a UUID in lower case.")
    return KernelId(text)


def end_status(ended: Ended, state: str) -> dict[str, Any]:
    """Return what a status message says of a kernel that ended, and is in that state now."""
    return {"execution_state": state, "ended": ended_model(ended)}


class KernelModel(TypedDict):
    """Jupyter's kernel model.

    ``ended`` tells why the kernel last ended, if it did; ``reason``, which Jupyter's own clients
    read, why it is dead.
    """

    id: str
    name: str
    last_activity: Moment
    execution_state: str
    connections: int
    ended: NotRequired[EndedModel]
    reason: NotRequired[str]


def kernel_model(kernel: PlatformKernel) -> KernelModel:
    """Return Jupyter's kernel model."""
    model: KernelModel = {
        "id": kernel.kernel_id,
        "name": kernel.kernel_name,
        # Jupyter's own clients read it with the microseconds only.
        "last_activity": kernel.last_activity.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "execution_state": kernel.execution_state,
        "connections": kernel.link.connected,
    }
    if kernel.ended is not None:
        model["ended"] = ended_model(kernel.ended)
        if kernel.execution_state == "dead":
            model["reason"] = kernel.ended.detail
    return model
