"""What one execution has put out, as JupyterLab would keep it in the notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from platform_kernels.outbox import MEBIBYTE
from platform_kernels.stream_text import StreamText

if TYPE_CHECKING:
    from collections.abc import Mapping

Output: TypeAlias = dict[str, Any]

LARGEST = 8 * MEBIBYTE  # of one cell's outputs
KINDS = frozenset(
    {"stream", "display_data", "execute_result", "error", "clear_output", "update_display_data"}
)
_STREAMS = frozenset({"stdout", "stderr"})
_SLACK = 1024  # bytes that count for each output besides its content


class _Item:
    """One output: a stream that still grows, or something finished."""

    __slots__ = ("output", "size", "text")

    def __init__(self, output: Output, size: int, text: StreamText | None = None) -> None:
        self.output = output
        self.size = size
        self.text = text

    def to_output(self) -> Output:
        return self.output if self.text is None else {**self.output, "text": str(self.text)}


class CellOutputs:
    """Outputs in order: streams of a name run together, displays are updated, all is bounded.

    What exceeds the bound is left out, and a last line says how much that is.
    """

    def __init__(self, limit: int = LARGEST) -> None:
        self._limit = limit
        self._items: list[_Item] = []
        self._displays: dict[str, list[int]] = {}  # places by display id
        self._stream = ""  # the name of the stream that the last output belongs to
        self._clears_next = False
        self._left_out = 0  # bytes
        self._is_closed = False
        self.size = 0  # bytes, about

    @property
    def is_full(self) -> bool:
        """Whether outputs are left out now."""
        return not self._clears_next and (self._is_closed or self._left_out > 0)

    def close(self) -> None:
        """Leave out what comes from now on, until the outputs are cleared."""
        self._is_closed = True

    def leave_out(self, size: int) -> None:
        """Note an output of so many bytes that has no room."""
        self._left_out += size

    def add(self, kind: str, content: Mapping[str, Any], size: int) -> None:
        """Take the content of a message of so many bytes; what is malformed is passed over."""
        if kind == "clear_output":
            self._clear(wait=bool(content.get("wait")))
        elif kind == "update_display_data":
            self._update(content, size)
        else:
            self._add(kind, content, size)

    def to_outputs(self) -> list[Output]:
        """Return them as nbformat wants them. They are not to be changed."""
        outputs = [item.to_output() for item in self._items]
        if self._left_out:
            outputs.append(_left_out_line(self._left_out))
        return outputs

    def _clear(self, *, wait: bool) -> None:
        self._stream = ""
        if wait:
            self._clears_next = True
            return
        self._items.clear()
        self._displays.clear()
        self.size = self._left_out = 0
        self._is_closed = False

    def _add(self, kind: str, content: Mapping[str, Any], size: int) -> None:
        if self._clears_next:
            self._clears_next = False
            self._clear(wait=False)
        display = display_of(content)
        if display in self._displays:
            self._update(content, size)
        if self.is_full or self.size + size > self._limit:
            self.leave_out(size)
        elif kind == "stream":
            self._add_stream(content)
        elif (output := _output_of(kind, content)) is not None:
            self._stream = ""
            self._push(_Item(output, size + _SLACK))
            if display and kind == "display_data":
                self._displays.setdefault(display, []).append(len(self._items) - 1)

    def _add_stream(self, content: Mapping[str, Any]) -> None:
        name, text = content.get("name"), content.get("text")
        if not isinstance(name, str) or name not in _STREAMS or not isinstance(text, str):
            return
        if name != self._stream or not self._items:
            self._stream = name
            self._push(_Item({"output_type": "stream", "name": name}, _SLACK, StreamText()))
        last = self._items[-1]
        assert last.text is not None
        before = len(last.text)
        last.text.write(text)
        self.size += len(last.text) - before

    def _update(self, content: Mapping[str, Any], size: int) -> None:
        output = _output_of("display_data", content)
        for place in self._displays.get(display_of(content), ()):
            old = self._items[place]
            if output is None:
                continue
            if self.size - old.size + size + _SLACK > self._limit:
                self._left_out += size
                continue
            self.size += size + _SLACK - old.size
            self._items[place] = _Item(output, size + _SLACK)

    def _push(self, item: _Item) -> None:
        self._items.append(item)
        self.size += item.size


def _output_of(kind: str, content: Mapping[str, Any]) -> Output | None:
    """Return what the notebook keeps of a message, None if that is nothing."""
    if kind == "error":
        names = ("ename", "evalue", "traceback")
        return {"output_type": kind} | {name: content.get(name, "") for name in names}
    data, metadata = content.get("data"), content.get("metadata", {})
    if not isinstance(data, dict) or not isinstance(metadata, dict):
        return None
    output: Output = {"output_type": kind, "data": data, "metadata": metadata}
    if kind == "execute_result":
        output["execution_count"] = content.get("execution_count")
    return output


def display_of(content: Mapping[str, Any]) -> str:
    """Return the id of what a message displays, "" if it has none."""
    transient = content.get("transient")
    display = transient.get("display_id") if isinstance(transient, dict) else None
    return display if isinstance(display, str) else ""


def _left_out_line(size: int) -> Output:
    text = f"[{size / MEBIBYTE:.1f} MB left out: more than is kept for one cell]\n"
    return {"output_type": "stream", "name": "stderr", "text": text}


def parse(content: bytes) -> dict[str, Any]:
    """Return a message's content; {} for what is no JSON object."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
