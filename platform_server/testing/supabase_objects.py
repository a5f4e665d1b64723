"""What a double of Supabase Storage keeps: buckets, and objects as rows and files apart.

Row and file are apart in the real one, too: that is why it creates without being atomic, and fails
reads that race an overwrite.
"""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+", re.ASCII)
_LONGEST_SEGMENT = 255
_LARGEST_PAGE = 1000
_MOST_REMOVED = 1000
_CAP_OF_FIRST_LIST = 1500


class Refusal(Exception):
    """What the server says in the body of an answer that has the status ``http``."""

    def __init__(self, status: int, error: str, message: str, *, http: int = 400) -> None:
        super().__init__(message)
        self.http = http
        self.body = {"statusCode": str(status), "error": error, "message": message}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(kw_only=True)
class Row:
    """What the database knows of an object."""

    name: str
    version: str
    size: int
    etag: str
    content_type: str
    cache_control: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: str = field(default_factory=_now)
    updated_at: str = field(default_factory=_now)

    def described(self) -> dict[str, Any]:
        """Return what a list says of it."""
        return {
            "name": self.name,
            "id": self.id,
            "updated_at": self.updated_at,
            "created_at": self.created_at,
            "last_accessed_at": self.created_at,
            "metadata": {
                "eTag": self.etag,
                "size": self.size,
                "mimetype": self.content_type,
                "cacheControl": self.cache_control,
                "lastModified": self.updated_at,
                "contentLength": self.size,
                "httpStatusCode": 200,
            },
        }


@dataclass(kw_only=True)
class Bucket:
    """A bucket."""

    public: bool = False
    rows: dict[str, Row] = field(default_factory=dict)


class Objects:
    """The buckets; files of their objects are in a folder, one for each version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.buckets: dict[str, Bucket] = {}
        self.size_limit = 50 << 20  # bytes
        self.largest_page = _LARGEST_PAGE
        self._lock = threading.Lock()

    def create_bucket(self, name: str, *, public: bool) -> None:
        """Make a bucket."""
        with self._lock:
            if name in self.buckets:
                raise duplicate()
            self.buckets[name] = Bucket(public=public)

    def bucket(self, name: str) -> Bucket:
        """Return a bucket."""
        if name not in self.buckets:
            raise bucket_not_found()
        return self.buckets[name]

    def check_new(self, bucket: str, name: str, *, upsert: bool) -> None:
        """Refuse an upload that can be seen to be wrong before it comes."""
        check_name(name)
        if name in self.bucket(bucket).rows and not upsert:
            raise duplicate()

    def finish(self, bucket: str, name: str, source: Path, kind: str, cached: str) -> Row:
        """Take a whole file as the object's new version. Whoever comes last wins."""
        row = Row(
            name=name,
            version=str(uuid.uuid4()),
            size=source.stat().st_size,
            etag=f'"{_md5(source)}"',
            content_type=kind,
            cache_control=cached,
        )
        with self._lock:
            source.rename(self.folder / row.version)
            before = self.bucket(bucket).rows.get(name)
            if before is not None:
                row.id, row.created_at = before.id, before.created_at
                (self.folder / before.version).unlink()
            self.bucket(bucket).rows[name] = row
        return row

    def row(self, bucket: str, name: str) -> Row:
        """Return an object's row."""
        found = self.bucket(bucket).rows.get(name)
        if found is None:
            raise object_not_found()
        return found

    def remove(self, bucket: str, names: list[str]) -> list[dict[str, Any]]:
        """Remove objects, and return those that were there."""
        if not names or len(names) > _MOST_REMOVED:
            raise Refusal(400, "Error", "body/prefixes must NOT have that many items")
        rows = self.bucket(bucket).rows
        with self._lock:
            gone = [rows.pop(name) for name in names if name in rows]
            for row in gone:
                (self.folder / row.version).unlink()
        return [row.described() for row in gone]

    def list(self, bucket: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """List a folder as version 1 does: without regard to case, and silently cut off."""
        rows = self.buckets[bucket].rows if bucket in self.buckets else {}
        above = body["prefix"].strip("/") + "/" if body["prefix"].strip("/") else ""
        found: dict[str, dict[str, Any]] = {}
        for name in sorted(rows, key=str.lower):
            if name.lower().startswith(above.lower()):
                leaf, _, rest = name[len(above) :].partition("/")
                item = {"name": leaf} | (
                    {"id": None, "metadata": None} if rest else rows[name].described()
                )
                found.setdefault(leaf.lower(), item | {"name": leaf})
        size = min(body.get("limit", 100), _CAP_OF_FIRST_LIST)
        start = body.get("offset", 0)
        return list(found.values())[start : start + size]

    def list_v2(self, bucket: str, body: dict[str, Any]) -> dict[str, Any]:
        """List names with a prefix as version 2 does, a page at a time."""
        rows = self.buckets[bucket].rows if bucket in self.buckets else {}
        prefix = body.get("prefix", "")
        names = [name for name in rows if name.startswith(prefix)]
        if body.get("with_delimiter"):
            names = list(dict.fromkeys(_up_to_delimiter(name, prefix) for name in names))
        after = body.get("cursor") or ""
        names = sorted(name for name in names if name.encode() > after.encode())
        page = names[: min(body.get("limit", _LARGEST_PAGE), self.largest_page)]
        has_next = len(page) < len(names)
        objects = [rows[name] for name in page if not name.endswith("/")]
        return {
            "hasNext": has_next,
            "folders": [{"name": one, "key": _leaf(one)} for one in page if one.endswith("/")],
            "objects": [row.described() | {"key": _leaf(row.name)} for row in objects],
        } | ({"nextCursor": page[-1]} if has_next else {})


def check_name(name: str) -> None:
    """Refuse what cannot be an object's name."""
    segments = name.split("/")
    if not _NAME.fullmatch(name) or {".", ".."} & set(segments):
        raise Refusal(400, "InvalidKey", f"Invalid key: {name}")
    if any(len(segment) > _LONGEST_SEGMENT for segment in segments):
        raise Refusal(500, "Internal", "Internal Server Error", http=500)


def duplicate() -> Refusal:
    """Return how it says that something is there already."""
    return Refusal(409, "Duplicate", "The resource already exists")


def bucket_not_found() -> Refusal:
    """Return how it says that a bucket is missing, or a token bad."""
    return Refusal(404, "Bucket not found", "Bucket not found")


def object_not_found() -> Refusal:
    """Return how it says that an object is missing."""
    return Refusal(404, "not_found", "Object not found")


def too_large() -> Refusal:
    """Return how it says that something is too large."""
    return Refusal(413, "Payload too large", "The object exceeded the maximum allowed size")


def _up_to_delimiter(name: str, prefix: str) -> str:
    leaf, delimiter, _ = name[len(prefix) :].partition("/")
    return prefix + leaf + delimiter


def _leaf(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest()
