"""The one rule for names and paths. Whatever takes a name from outside asks here.

A name is one segment of a path; a path is segments with "/" between them, relative to a project,
"" for the project itself. New names are stored in Unicode's composed form (NFC); names that code in
a sandbox made are kept as they are.
"""

from __future__ import annotations

import unicodedata

from platform_server.errors import InvalidName, InvalidPath

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 2048  # what the index of a database holds in one entry
MAX_DEPTH = 64
_MAX_SHOWN = 60  # characters of a bad name in a message

_FORBIDDEN = {"/": "a slash", "\\": "a backslash"}


def fault_of_name(name: str) -> str | None:
    """Return why a file or folder cannot have this name, None if it can."""
    if not name:
        return "it is empty"
    if name in {".", ".."}:
        return f'"{name}" stands for a folder'
    for character, what in _FORBIDDEN.items():
        if character in name:
            return f"it contains {what}"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        return "it contains a control character"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"it is longer than {MAX_NAME_BYTES} bytes"
    return None


def check_name(name: str) -> str:
    """Return a new file's name in its stored form; raises InvalidName with the reason."""
    return _refuse_or_keep(unicodedata.normalize("NFC", name))


def check_project_name(name: str) -> str:
    """Return a new project's name in its stored form; raises InvalidName with the reason.

    Besides the rule for files, blanks at either end and a dot at the end are refused: they make
    two folders look like one.
    """
    stored = _refuse_or_keep(unicodedata.normalize("NFC", name))
    if stored != stored.strip():
        raise InvalidName(f"{_shown(name)} cannot be used: it begins or ends with a blank.")
    if stored.endswith("."):
        raise InvalidName(f"{_shown(name)} cannot be used: it ends with a dot.")
    return stored


def parse_path(path: str) -> str:
    """Return a path without slashes at its ends; raises InvalidPath with the reason.

    Nothing else is changed: an existing file keeps the form its name has.
    """
    stripped = path.strip("/")
    if not stripped:
        return ""
    segments = stripped.split("/")
    for segment in segments:
        fault = fault_of_name(segment)
        if fault:
            raise InvalidPath(f"The path cannot be used: in {_shown(segment)}, {fault}.")
    if len(segments) > MAX_DEPTH:
        raise InvalidPath(f"The path cannot be used: it is deeper than {MAX_DEPTH} folders.")
    if len(stripped.encode()) > MAX_PATH_BYTES:
        raise InvalidPath(f"The path cannot be used: it is longer than {MAX_PATH_BYTES} bytes.")
    return stripped


def composed(path: str) -> str:
    """Return the form in which a new path is stored (NFC)."""
    return unicodedata.normalize("NFC", path)


def parent_of(path: str) -> str:
    """Return the folder that holds the path; the project's root holds itself."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """Return the path's last segment."""
    return path.rpartition("/")[2]


def join(folder: str, name: str) -> str:
    """Return the path of ``name`` in ``folder``."""
    return f"{folder}/{name}" if folder else name


def is_within(path: str, folder: str) -> bool:
    """Tell whether ``path`` is ``folder`` or in it, segment by segment ("a" does not hold "ab")."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def ancestors(path: str) -> list[str]:
    """Return the folders above the path, the topmost first, without the root."""
    segments = path.split("/")[:-1]
    return ["/".join(segments[: count + 1]) for count in range(len(segments))]


def _refuse_or_keep(name: str) -> str:
    fault = fault_of_name(name)
    if fault:
        raise InvalidName(f"{_shown(name)} cannot be used: {fault}.")
    return name


def _shown(name: str) -> str:
    """Return the name for a message: quoted, escaped, short."""
    escaped = name.encode("unicode_escape").decode() if not name.isprintable() else name
    return f'"{escaped[:_MAX_SHOWN]}…"' if len(escaped) > _MAX_SHOWN else f'"{escaped}"'
