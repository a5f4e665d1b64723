"""Whether two outputs show the same. No I/O, safe on any input.

What is compared, and what is not:

* Numbers of runs are not. What goes to the same stream one after the other is one text; how the
  two streams mix is not compared, and of a line that was overwritten the last state counts.
* Memory addresses, times of day, durations, dates with a time, process numbers, generated
  identifiers and colours of the terminal are noise: outputs that differ in nothing else are the
  same, and what had to be ignored is said.
* Pictures in PNG are compared by their pixels, all other ones by their bytes.
* Of an error its name and its message count, not the traceback.
* Numbers are not rounded: 0.1 and 0.10000000000000001 differ.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

_MOST_PIXELS = 64 * 2**20  # bytes of a picture that are unpacked
_PNG = b"\x89PNG\r\n\x1a\n"
_TELLING = {b"IHDR", b"PLTE", b"tRNS"}  # of a picture's chunks, besides the pixels
_WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
_MOST_TEXT = 400_000  # characters of an output in which noise is looked for

_COLOURS = re.compile(r"\x1b\[[0-9;]{0,40}[A-Za-z]")
_UNIT = r"(?:ns|us|µs|μs|ms|s|sec|secs|second|seconds|min|minutes|h|it/s|s/it)"
NOISE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("identifiers", re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\bT_[0-9a-f]{5}")),
    ("addresses", re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")),
    ("process numbers", re.compile(r"\bipykernel_[0-9]{1,10}(?:/[0-9]{1,20}\.py)?")),
    ("times", re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?=[0-9]{1,2}:[0-9]{2})")),
    ("times", re.compile(r"\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?\b")),
    ("times", re.compile(rf"(?<![\w.])[0-9]{{1,12}}(?:\.[0-9]{{1,12}})? ?{_UNIT}(?![\w])")),
)


@dataclass(kw_only=True)
class Comparison:
    """How two lists of outputs compare."""

    is_same: bool
    ignored: set[str] = field(default_factory=set)  # names of ``NOISE`` in which they differed


def compare(before: Any, after: Any) -> Comparison:
    """Compare what a cell showed with what it shows."""
    found = Comparison(is_same=True)
    old, new = shown(before), shown(after)
    found.is_same = len(old) == len(new) and all(
        _alike(one, other, found.ignored) for one, other in zip(old, new, strict=True)
    )
    if not found.is_same:
        found.ignored.clear()
    return found


def shown(outputs: Any) -> list[tuple[str, Any]]:
    """Return outputs in one order: each stream's text, then what else is shown, by its kind."""
    streams: dict[str, str] = {}
    others: list[tuple[str, Any]] = []
    for one in outputs if isinstance(outputs, list) else []:
        if not isinstance(one, dict):
            continue
        kind = one.get("output_type")
        if kind == "stream":
            name = str(one.get("name"))
            streams[name] = streams.get(name, "") + joined(one.get("text"))
        elif kind == "error":
            said = f"{joined(one.get('ename'))}: {joined(one.get('evalue'))}"
            others.append(("error", said))
        elif isinstance(one.get("data"), dict):
            others.append(("data", one["data"]))
    told = [(f"stream {name}", overwritten(text)) for name, text in sorted(streams.items()) if text]
    return [*told, *others]


def text_of(outputs: Any) -> str:
    """Return outputs as lines that people can compare."""
    return "\n".join(_lines_of(kind, what) for kind, what in shown(outputs))


def joined(text: Any) -> str:
    """Return a text that may be stored by lines."""
    if isinstance(text, list):
        return "".join(one for one in text if isinstance(one, str))
    return text if isinstance(text, str) else ""


def overwritten(text: str) -> str:
    """Return a text as a terminal leaves it: without colours, and each line's last state."""
    lines = _COLOURS.sub("", text.replace("\r\n", "\n")).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _lines_of(kind: str, what: Any) -> str:
    if kind != "data":
        return str(what)
    others = [
        f"[{mime}, {len(_plain(value))} characters]"
        for mime, value in sorted(what.items())
        if mime != "text/plain"
    ]
    plain = joined(what.get("text/plain"))
    return "\n".join([*([plain] if plain else []), *others])


def _alike(one: tuple[str, Any], other: tuple[str, Any], ignored: set[str]) -> bool:
    if one[0] != other[0]:
        return False
    if one[0] != "data":
        return _same_text(one[1], other[1], ignored)
    old, new = one[1], other[1]
    if old.keys() != new.keys():
        return False
    if any(mime in old for mime in _WIDGETS):  # a live thing: its text is a stand-in
        return True
    is_picture = any(mime.startswith("image/") for mime in old)
    return all(
        _same_data(mime, old[mime], new[mime], ignored)
        for mime in old
        if not (is_picture and mime == "text/plain")
    )


def _same_data(mime: str, old: Any, new: Any, ignored: set[str]) -> bool:
    if mime == "image/png":
        return pixels(joined(old)) == pixels(joined(new))
    if mime.startswith("image/") and not mime.endswith("+xml"):
        return "".join(joined(old).split()) == "".join(joined(new).split())
    return _same_text(_plain(old), _plain(new), ignored)


def _plain(value: Any) -> str:
    if isinstance(value, str | list) and joined(value):
        return joined(value)
    return json.dumps(value, sort_keys=True)


def _same_text(old: str, new: str, ignored: set[str]) -> bool:
    old, new = overwritten(old), overwritten(new)
    if old.rstrip() == new.rstrip():
        return True
    if max(len(old), len(new)) > _MOST_TEXT:
        return False
    seen = set()
    for name, pattern in NOISE:
        before, after = pattern.sub("…", old), pattern.sub("…", new)
        if [*pattern.findall(old)] != [*pattern.findall(new)]:
            seen.add(name)
        old, new = before, after
    if old.rstrip() != new.rstrip():
        return False
    ignored |= seen
    return True


def pixels(encoded: str) -> bytes:
    """Return what tells a picture in PNG from another: its bytes if it is none."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return encoded.encode(errors="replace")
    if not data.startswith(_PNG):
        return data
    telling, packed, at = [], [], len(_PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind in _TELLING:
            telling.append(kind + body)
        elif kind == b"IDAT":
            packed.append(body)
        at += size + 12
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(b"".join(packed), _MOST_PIXELS)
    except zlib.error:
        return data
    return b"".join([*telling, unpacked]) if unpacking.eof else data
