"""JupyterLab's own client library, as published, finds here what it finds in Jupyter Server."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

SCRIPT = Path(__file__).with_name("services.test.mjs")
PATIENCE = 120  # seconds; a loaded machine is slow


async def test_jupyterlab_services_work_with_the_server(alice: Person) -> None:
    project = await alice.project("services")
    node = shutil.which("node")
    assert node is not None, "scripts/setup-labextension installs Node.js"

    # Without being forced Node would wait a minute for the library's own timers.
    process = await asyncio.create_subprocess_exec(
        *(node, "--test", "--test-force-exit", "--test-reporter=spec", str(SCRIPT)),
        env=os.environ
        | {
            "PLATFORM_URL": alice.server.url + "/",
            "PLATFORM_TOKEN": alice.token,
            "PLATFORM_PROJECT": project["name"],
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert process.returncode == 0, output.decode()
