"""What an agent may say. It runs where the learner's code runs: every word is checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_Name = Annotated[str, Field(max_length=64)]
_Folder = Literal["/workspace", "/home/learner", "/tmp", "/dev/shm"]  # noqa: S108 - in a sandbox
_Full = Annotated[list[_Folder], Field(max_length=4)]  # those without room
_Code = Annotated[int, Field(ge=-64, le=255)]  # of an exit; negative: minus the signal


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Hello(_Said):
    """The first word of a connection. ``ready``: kernels can be forked."""

    hello: Literal[1]
    ready: bool


class Reply(_Said):
    """The answer to one request: a result or an error."""

    id: int
    result: dict[str, Any] | None = None
    error: Annotated[str, Field(max_length=100)] | None = None
    detail: Annotated[str, Field(max_length=1000)] = ""


class Ready(_Said):
    """Kernels can be forked from now on."""

    event: Literal["ready"]


class KernelEnded(_Said):
    """A kernel's process has ended."""

    event: Literal["kernel.ended"]
    kernel: _Name
    generation: int
    code: _Code
    full: _Full = Field(default_factory=list)


class TerminalEnded(_Said):
    """A terminal's shell has ended."""

    event: Literal["terminal.ended"]
    terminal: _Name
    code: _Code
    full: _Full = Field(default_factory=list)


class CommandEnded(_Said):
    """A command has ended."""

    event: Literal["command.ended"]
    command: _Name
    code: _Code


Said = Hello | Reply | Ready | KernelEnded | TerminalEnded | CommandEnded
_said: TypeAdapter[Said] = TypeAdapter(Said)


def parse(data: bytes) -> Said:
    """Return what was said. Raises ValueError when it is none of the things that can be said."""
    return _said.validate_json(data)


class _Names(_Said):
    terminals: Annotated[list[_Name], Field(max_length=1000)]
    busy: Annotated[list[_Name], Field(max_length=1000)]


class ListedKernel(_Said):
    """A kernel that the agent has sockets of; ``pid`` is 0 while it has no process."""

    kernel: _Name
    generation: int
    pid: int


class _Kernels(_Said):
    kernels: Annotated[list[ListedKernel], Field(max_length=1000)]


def listed_kernels(result: dict[str, Any]) -> list[ListedKernel]:
    """Return what the answer to kernel.list says. Raises ValueError."""
    return _Kernels.model_validate(result).kernels


def terminal_names(result: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names in the answer to terminal.list, all and those at work. Raises ValueError."""
    names = _Names.model_validate(result)
    return names.terminals, names.busy
