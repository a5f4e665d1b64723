"""The commands that change an environment, run in the sandbox, and what they say. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from platform_server.environments.requirements import Wanted

_UV = "/opt/sandbox/commands/uv"
_PYTHON = "/home/learner/.venv/bin/python"
_QUIET = ("--no-progress", "--color=never", "--no-config", f"--python={_PYTHON}")
# Notes which process it is before it becomes the command, so that it can be ended.
_NOTED = 'echo $$ > "$TMPDIR/installation.pid"; exec "$@"'
_END = 'kill -TERM "$(cat "$TMPDIR/installation.pid")"'
_UNSEEN = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\n\t -~\u00a1-\uffff]")
_NOISE = re.compile(r"^(Using Python .*\n|error: |\s*cause: )", re.MULTILINE)
_TOLD = 2000  # characters of what a command said
_KILLED = {137, 139}
_FULL = "No space left on device", "Disk quota exceeded"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command with what it is fed."""

    argv: tuple[str, ...]
    stdin: bytes = b""


def install(wanted: Sequence[Wanted], *, upgrade: bool = False) -> Command:
    """Return what installs these and what they need; ``upgrade``: the newest versions of them."""
    hashed = any(one.sha256s for one in wanted)
    renewed = [f"--upgrade-package={one.name}" for one in wanted] if upgrade else []
    extra = ["--require-hashes", "--no-deps"] if hashed else []
    return _uv("install", [*renewed, *extra, "--requirement=-"], wanted)


def install_again(wanted: Sequence[Wanted]) -> Command:
    """Return what installs exactly these, which need nothing else."""
    return _uv("install", ["--require-hashes", "--no-deps", "--requirement=-"], wanted)


def uninstall(names: Iterable[str]) -> Command:
    """Return what removes packages."""
    return Command(argv=_noted([_UV, "pip", "uninstall", *_QUIET, "--", *names]))


def end() -> Command:
    """Return what ends the command that runs."""
    return Command(argv=("/bin/sh", "-c", _END))


def failure(code: int, stderr: bytes) -> str:
    """Return what a failed command said, for people."""
    said = _NOISE.sub("", _UNSEEN.sub("", stderr.decode(errors="replace"))).strip()
    if any(words in said for words in _FULL):
        return "The project's disk is full: delete something and try again."
    if code in _KILLED:
        return "The sandbox ran out of memory while it installed; stop what runs and try again."
    return said[-_TOLD:] or f"The installer failed (exit code {code})."


def _uv(verb: str, options: Sequence[str], wanted: Sequence[Wanted]) -> Command:
    lines = "".join(f"{one.line}\n" for one in wanted)
    return Command(argv=_noted([_UV, "pip", verb, *_QUIET, *options]), stdin=lines.encode())


def _noted(argv: Sequence[str]) -> tuple[str, ...]:
    return ("/bin/sh", "-c", _NOTED, "sh", *argv)
