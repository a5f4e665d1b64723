"""Installing scikit-learn into a new environment: from the platform's cache, and directly.

Neither has files of its own yet; the platform has fetched them once before, for anybody. Both
install the same six packages, and both ask the index for its pages.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.kernels import running_kernel
from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from benchmarks.kernels import Channels, Message
    from benchmarks.rounds import Sampler
    from benchmarks.target import Target

# Sets `home`, a new folder, and `uv`: what the sandbox has, or fetched for this.
_PREPARE = """
import itertools, os, pathlib, shutil, subprocess, sys, tempfile
os.environ.pop("UV_EXCLUDE", None)  # of the sandbox: what its image has is not fetched at all
home = pathlib.Path(tempfile.mkdtemp(dir=pathlib.Path.home()))
uv, rounds = "/opt/sandbox/bin/uv", itertools.count()
if not os.path.exists(uv):
    uv = str(home / "uv/bin/uv")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", home / "uv", "uv"])
print("ready")
"""
_RUN = """
subprocess.run([{installer}, "-q", "--target", place, "scikit-learn"], check=True)
print("installed")
"""
# Nothing is removed before the end: ext4 is slow to make files where many were removed just now.
_AFRESH = """
number = next(rounds)
place, cache = home / f"place{number}", home / f"cache{number}"
print("afresh")
"""
_UV = 'uv, "pip", "install", "--cache-dir", cache'
_PIP = 'sys.executable, "-m", "pip", "install", "--no-cache-dir", "--ignore-installed"'


async def _say(kernel: Channels, code: str, word: str) -> None:
    """Run code, and return when it has printed the word; installers print warnings before."""

    def is_said(message: Message) -> bool:
        return message.kind == "stream" and word in message.content["text"]

    answer = await kernel.until(
        await kernel.execute(code), lambda one: one.kind == "error" or is_said(one)
    )
    assert answer.kind != "error", answer.content["evalue"]


def _installing(installer: str) -> Sampler:
    async def install(target: Target) -> AsyncGenerator[float, None]:
        async with running_kernel(target, "packages.ipynb") as (_, kernel):
            await _say(kernel, _PREPARE, "ready")
            try:
                while True:
                    await _say(kernel, _AFRESH, "afresh")
                    begin = perf_counter()
                    await _say(kernel, _RUN.format(installer=installer), "installed")
                    yield perf_counter() - begin
            finally:
                await _say(kernel, "shutil.rmtree(home); print('removed')", "removed")

    return install


MEASURES = (
    Measure(
        title="install scikit-learn with uv, cached by the platform",
        unit="s",
        ours=_installing(_UV),
        stock=_installing(_UV),
        rounds=5,
        quick_rounds=2,
        goal=Goal(ratio=1.0),
    ),
    Measure(
        title="install scikit-learn with pip, cached by the platform",
        unit="s",
        ours=_installing(_PIP),
        stock=_installing(_PIP),
        rounds=3,
        quick_rounds=1,
        goal=Goal(ratio=1.0),
    ),
)
