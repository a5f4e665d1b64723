"""What runs in a process of its own, which may be killed: hostile files may take for ever.

It reads jobs from its standard input and writes answers to its standard output: a line of JSON,
then the bytes of the files; a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = 2 << 30  # bytes of address space
_NICE = 10


def serve(answer: Callable[[dict[str, Any], list[bytes]], dict[str, Any]]) -> None:
    """Answer jobs until the input ends. ``job["sizes"]`` has how long the files are."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)
    while line := sys.stdin.buffer.readline():
        job = json.loads(line)
        pieces = [sys.stdin.buffer.read(size) for size in job["sizes"]]
        sys.stdout.write(f"{json.dumps(answer(job, pieces))}\n")
        sys.stdout.flush()
