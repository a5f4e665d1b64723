"""A stock Jupyter Server: local kernels and shells, no sandbox, one user."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from benchmarks.processes import free_port, serving
from benchmarks.target import Target, client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import BrowserContext


@asynccontextmanager
async def stock_lab(folder: Path) -> AsyncIterator[Target]:
    """Run one with JupyterLab, as it comes: without our extension of the page."""
    options = (
        *("--LabApp.labextensions_path=[]", "--LabApp.extra_labextensions_path=[]"),
        "--LabApp.expose_app_in_browser=True",  # it says in no other way that its kernel is there
    )
    async with stock(folder, "jupyterlab", *options) as lab:
        yield lab


@asynccontextmanager
async def stock(
    folder: Path, module: str = "jupyter_server", *options: str, with_page: Target | None = None
) -> AsyncIterator[Target]:
    """Run one in a folder of its own."""
    token, address = secrets.token_hex(16), f"127.0.0.1:{free_port()}"
    argv = [
        *(sys.executable, "-m", module, *options),
        *(f"--ServerApp.port={address.rpartition(':')[2]}", "--ServerApp.open_browser=False"),
        *(f"--ServerApp.root_dir={folder / 'files'}", "--ServerApp.allow_root=True"),
        f"--IdentityProvider.token={token}",
    ]
    settings = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    env = os.environ | settings | {"SHELL": "/bin/bash", "IPYTHONDIR": str(folder / "ipython")}
    async with (
        serving(argv, address=address, env=env, log=folder / "log") as pid,
        client(address, token) as http,
    ):
        yield Target(
            name="stock",
            address=address,
            token=token,
            folder="",
            pid=pid,
            http=http,
            cool=_nothing_to_cool,
            waiting=_none_wait,
            new_user=_one_user_only,
            enter=lambda browser: _enter(browser, f"http://{address}/lab?token={token}"),
            with_page=with_page,
        )


async def _nothing_to_cool() -> None:
    """Each kernel is a process that starts from nothing."""


async def _enter(browser: BrowserContext, address: str) -> None:
    await browser.request.get(address)


async def _none_wait() -> int:
    """Say that there are no sandboxes."""
    return 0


async def _one_user_only() -> Target:
    raise NotImplementedError("A stock server has one user.")
