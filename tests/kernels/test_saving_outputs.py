"""Two who save the outputs of one kernel at the same time. No kernel runs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from platform_extensions.kernels.documents import DocumentOutputs
from platform_extensions.kernels.kernel import KernelHome
from platform_kernels.bounds import Allowance
from platform_kernels.messages import compose
from platform_kernels.recorder import Recorder, Silent
from platform_server.errors import StorageUnavailable
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
from platform_server.sandboxes.model import KernelId
from platform_server.testing.kernel_sessions import MemoryKernelSessionRepository
from platform_server.testing.kernel_sockets import cell_request
from platform_server.testing.people import BEGAN
from platform_server.testing.worlds import ALICE, WONDER, memory_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_server.contents.service import ContentsService
    from platform_server.identity.model import UserId
    from platform_server.services import Services

PATH = "a.ipynb"
KERNEL = KernelId("kernel")
HOME = KernelHome(owner_id=ALICE.id, project_id=WONDER, cwd="")


class SlowSessions(MemoryKernelSessionRepository):
    """A repository in which the first question takes until a test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.fails_once = False

    async def list(self, user_id: UserId) -> list[KernelSession]:
        """Return the user's sessions, or fail."""
        self.is_asked.set()
        await self.may_answer.wait()
        if self.fails_once:
            self.fails_once = False
            raise StorageUnavailable
        return await super().list(user_id)


@dataclass(frozen=True, eq=False, kw_only=True)
class Kernel:
    """As much of a kernel as the saving looks at."""

    recorder: Recorder
    kernel_id: KernelId = KERNEL
    home: KernelHome = HOME

    def prints(self, text: str) -> None:
        """Run a cell to its end, for a page that is not there."""
        request = cell_request("1", "one")
        self.recorder.submitted((ALICE.id, "tab"), request)
        for kind, content in (
            ("execute_input", {"code": "1", "execution_count": 1}),
            ("stream", {"name": "stdout", "text": text}),
        ):
            self.recorder.published(compose("iopub", kind, content, parent=request.parts[0]))
        self.recorder.settled(request.header.id)


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What of the services the saving uses."""

    contents: ContentsService
    kernel_sessions: SlowSessions


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A notebook, a kernel that has printed something, and the saving of that."""

    stores: Stores
    outputs: DocumentOutputs
    kernel: PlatformKernel

    async def shown(self) -> list[str]:
        """Return what is in the notebook."""
        _, data = await self.stores.contents.read(WONDER, PATH)
        return ["".join(one["text"]) for one in json.loads(data)["cells"][0]["outputs"]]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    contents, sessions = memory_world(tmp_path).contents, SlowSessions()
    data = json.dumps(new_notebook(cells=[new_code_cell("1", id="one")])).encode()
    await contents.write(WONDER, PATH, data, author=ALICE.id)
    session: dict[str, Any] = {"user_id": ALICE.id, "project_id": WONDER, "kernel_id": KERNEL}
    session |= {"path": PATH, "name": PATH, "type": "notebook", "is_addressed": True}
    session |= {"id": KernelSessionId("session"), "created_at": BEGAN}
    await sessions.put(KernelSession(**session))
    stores = Stores(contents=contents, kernel_sessions=sessions)
    outputs = DocumentOutputs(cast("Services", stores), grace=0, pauses=(600,))
    bare = Kernel(recorder=Recorder(Allowance(1 << 20), Silent()))
    bare.prints("kept")
    kernel = cast("PlatformKernel", bare)
    outputs.touch(kernel, is_urgent=True)
    await sessions.is_asked.wait()
    yield Desk(stores=stores, outputs=outputs, kernel=kernel)
    await outputs.aclose()
    await contents.aclose()


async def pass_turns() -> None:
    """Let everything go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_wants_all_to_be_saved_waits_for_a_save_that_is_under_way(desk: Desk) -> None:
    flush = asyncio.create_task(desk.outputs.flush(desk.kernel, all_running=False))
    await pass_turns()
    assert not flush.done()

    desk.stores.kernel_sessions.may_answer.set()
    await flush

    assert await desk.shown() == ["kept"]


async def test_who_wants_all_to_be_saved_does_so_if_a_save_that_was_under_way_has_failed(
    desk: Desk,
) -> None:
    flush = asyncio.create_task(desk.outputs.flush(desk.kernel, all_running=False))
    await pass_turns()

    desk.stores.kernel_sessions.fails_once = True
    desk.stores.kernel_sessions.may_answer.set()
    await flush

    assert await desk.shown() == ["kept"]


async def test_who_reads_waits_for_a_save_that_is_under_way(desk: Desk) -> None:
    bring = asyncio.create_task(desk.outputs.bring(WONDER))
    await pass_turns()
    assert not bring.done()

    desk.stores.kernel_sessions.may_answer.set()

    assert await bring
    assert await desk.shown() == ["kept"]
