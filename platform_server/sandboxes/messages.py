"""What an agent may say. It runs where the learner's code runs: every word is checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_Name = Annotated[str, Field(max_length=64)]
_Part = Literal["/workspace", "/home/learner", "/tmp", "/dev/shm"]  # noqa: S108 - in a sandbox
_Full = Annotated[list[_Part], Field(max_length=4)]  # those without room
_MOST_TYPED = 2000  # characters of a command line
_Folder = Annotated[str, Field(max_length=1000)]
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


class CommandTyped(_Said):
    """A command line of a terminal has run."""

    event: Literal["command.typed"]
    number: Annotated[int, Field(ge=0, le=2**53)]
    terminal: _Name
    text: Annotated[str, Field(min_length=1, max_length=_MOST_TYPED)]
    cwd: _Folder
    code: Annotated[int, Field(ge=0, le=255)]
    began: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
    duration: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


Said = Hello | Reply | Ready | KernelEnded | TerminalEnded | CommandEnded | CommandTyped
_said: TypeAdapter[Said] = TypeAdapter(Said)


def parse(data: bytes) -> Said:
    """Return what was said. Raises ValueError when it is none of the things that can be said."""
    return _said.validate_json(data)


class ListedTerminals(_Said):
    """The living terminals, those at work, and the folders that the shells are in."""

    terminals: Annotated[list[_Name], Field(max_length=1000)]
    busy: Annotated[list[_Name], Field(max_length=1000)]
    folders: dict[_Name, _Folder] = Field(default_factory=dict, max_length=1000)


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


def listed_terminals(result: dict[str, Any]) -> ListedTerminals:
    """Return what the answer to terminal.list says. Raises ValueError."""
    return ListedTerminals.model_validate(result)
