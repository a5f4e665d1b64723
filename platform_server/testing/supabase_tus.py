"""Resumable uploads (TUS 1.0) of a double of Supabase Storage."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from platform_server.testing.supabase_objects import Refusal

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

    from platform_server.testing.supabase_objects import Objects

CHUNK = 6 << 20  # bytes of every request but the last one
_PIECE = 1 << 16


class TusRefusal(Exception):
    """An answer with a status that counts, and plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(kw_only=True)
class Upload:
    """An upload that is under way, or finished."""

    bucket: str
    name: str
    kind: str
    cached: str
    upsert: bool
    length: int
    path: Path
    offset: int = 0


class Uploads:
    """The uploads."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.known: dict[str, Upload] = {}

    def create(self, headers: Message) -> str:
        """Begin an upload, and return its id."""
        length, metadata = int(headers["Upload-Length"]), _metadata(headers["Upload-Metadata"])
        if length > self._objects.size_limit:
            raise TusRefusal(413, "Maximum size exceeded")
        upsert = headers["x-upsert"] == "true"
        upload = Upload(
            bucket=metadata["bucketName"],
            name=metadata["objectName"],
            kind=metadata.get("contentType", "application/octet-stream"),
            cached=f"max-age={metadata['cacheControl']}",
            upsert=upsert,
            length=length,
            path=self._objects.folder / f"tus-{uuid.uuid4()}",
        )
        _plainly(self._objects, upload)
        upload.path.touch()
        name = f"{upload.bucket}/{upload.name}/{uuid.uuid4()}"
        identity = base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
        self.known[identity] = upload
        return identity

    def find(self, identity: str) -> Upload:
        """Return an upload."""
        if identity not in self.known:
            raise TusRefusal(404, "The file for this url was not found")
        return self.known[identity]

    def expire(self) -> None:
        """Forget all uploads, as the server does after a day."""
        self.known.clear()

    def append(self, identity: str, headers: Message, body: BinaryIO) -> Upload:
        """Take a chunk. What came before the connection broke is kept."""
        upload = self.find(identity)
        size = int(headers["Content-Length"])
        if headers["Content-Type"] != "application/offset+octet-stream":
            raise TusRefusal(403, "Content-Type header required")
        _plainly(self._objects, upload)
        if int(headers["Upload-Offset"]) != upload.offset:
            raise TusRefusal(409, "Upload-Offset conflict")
        if size != min(CHUNK, upload.length - upload.offset):
            raise TusRefusal(400, "Every chunk but the last one has to be of 6 MiB")
        with upload.path.open("ab") as target:
            while size and (piece := body.read(min(size, _PIECE))):
                target.write(piece)
                size -= len(piece)
                upload.offset += len(piece)
        return upload

    def finish(self, upload: Upload) -> None:
        """Make an object of what has come."""
        self._objects.finish(upload.bucket, upload.name, upload.path, upload.kind, upload.cached)


def _plainly(objects: Objects, upload: Upload) -> None:
    """Refuse with a status that counts what may not be created (any more)."""
    try:
        objects.check_new(upload.bucket, upload.name, upsert=upload.upsert)
    except Refusal as refusal:
        raise TusRefusal(int(refusal.body["statusCode"]), refusal.body["message"]) from refusal


def _metadata(header: str) -> dict[str, str]:
    pairs = (pair.partition(" ") for pair in header.split(","))
    return {name: base64.b64decode(value).decode() for name, _, value in pairs}
