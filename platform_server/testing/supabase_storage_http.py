"""How a double of Supabase Storage speaks HTTP."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from platform_server.testing.supabase_faults import Harm
from platform_server.testing.supabase_objects import Refusal, too_large
from platform_server.testing.supabase_tus import TusRefusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from platform_server.testing.supabase_faults import Fault
    from platform_server.testing.supabase_objects import Row
    from platform_server.testing.supabase_storage import SupabaseStorage

_PREFIX = "/storage/v1"
_PIECE = 1 << 16
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_BEHIND_PROXIES = "http://storage.internal:5000"  # what the server takes for its own address


@dataclass(kw_only=True)
class Answer:
    """An answer; of a file, ``start`` and ``end`` say which bytes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    start: int = 0
    end: int = 0


class Cut(Exception):
    """The connection ends."""


class StorageHandler(BaseHTTPRequestHandler):
    """Answers requests. A derived class has the storage."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PIECE  # an answer with its body in one go
    storage: ClassVar[SupabaseStorage]

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.storage.connections += 1

    def _do(self) -> None:
        self.path = unquote(self.path).removeprefix(_PREFIX)
        call = f"{self.command} {self.path}"
        self.storage.calls.append(call)
        self._left = int(self.headers.get("Content-Length") or 0)
        fault = self.storage.next_fault(call)
        try:
            self._go_wrong(fault)
            answer = self._answer(call, fault)
            self._skip_rest()
            if fault is not None and fault.harm is Harm.LOSE_ANSWER:
                self.close_connection = True
                return
            self._send(answer, fault)
        except (Cut, ConnectionError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = _do  # noqa: N815 - as the base class says

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
        """Say nothing."""

    def read(self, size: int) -> bytes:
        """Read some of the body; nothing when it is at its end, or the connection broke."""
        data = self.rfile.read(min(size, self._left))
        self._left = self._left - len(data) if data else 0
        self.storage.received += len(data)
        return data

    def _go_wrong(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.harm is Harm.HANG:
            self.storage.closing.wait()
        if fault.harm in {Harm.HANG, Harm.CUT_BEFORE}:
            raise Cut
        if fault.harm is Harm.CUT_REQUEST:
            self._left = min(self._left, fault.after)

    def _answer(self, call: str, fault: Fault | None) -> Answer:
        try:
            if fault is not None and fault.refusal is not None:
                raise fault.refusal
            if fault is not None and fault.harm is Harm.PAGE:
                return Answer(status=fault.status, body=b"<html><h1>Not us</h1></html>")
            if self.storage.is_down:
                return Answer(status=503, body=b"name resolution failed")
            if not self.headers.get("apikey"):
                return _json({"message": "No API key found in request"}, status=401)
            given = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self.storage.admit(call, given)
            return self._handle(call)
        except Refusal as refusal:
            return _json(refusal.body, status=refusal.http)
        except TusRefusal as refusal:
            return Answer(status=refusal.status, body=str(refusal).encode())

    def _handle(self, call: str) -> Answer:
        for pattern, handle in _ROUTES.items():
            if found := re.fullmatch(pattern, call):
                return handle(self, *found.groups())
        raise Refusal(404, "Error", "Route not found", http=404)

    def make_bucket(self) -> Answer:
        """Make a bucket."""
        body = self._json_body()
        self.storage.objects.create_bucket(body["id"], public=body["public"])
        return _json({"name": body["id"]})

    def get_bucket(self, name: str) -> Answer:
        """Describe a bucket."""
        bucket = self.storage.objects.bucket(name)
        return _json({"id": name, "name": name, "public": bucket.public})

    def empty_bucket(self, name: str) -> Answer:
        """Remove all objects of a bucket."""
        rows = self.storage.objects.bucket(name).rows
        if rows:
            self.storage.objects.remove(name, list(rows))
        return _json({"message": "Successfully emptied"})

    def remove_bucket(self, name: str) -> Answer:
        """Remove a bucket that is empty."""
        if self.storage.objects.bucket(name).rows:
            raise Refusal(409, "ResourceNotEmpty", "The bucket you tried to delete is not empty")
        del self.storage.objects.buckets[name]
        return _json({"message": "Successfully deleted"})

    def upload(self, bucket: str, name: str) -> Answer:
        """Take an object in one request."""
        objects = self.storage.objects
        upsert = self.headers.get("x-upsert") == "true"
        objects.check_new(bucket, name, upsert=upsert)
        body = self._whole_body()
        parts = _form(self.headers["Content-Type"], body)
        data, kind = parts["file"]
        if len(data) > objects.size_limit:
            raise too_large()
        path = objects.folder / f"incoming-{uuid.uuid4()}"
        path.write_bytes(data)
        self.storage.meet()
        cached = f"max-age={parts['cacheControl'][0].decode()}"
        row = objects.finish(bucket, name, path, kind, cached)
        return _json({"Key": f"{bucket}/{name}", "Id": row.id})

    def download(self, bucket: str, name: str) -> Answer:
        """Give an object, or a range of it."""
        row = self.storage.objects.row(bucket, name)
        asked = None if self.storage.ignores_ranges else self.headers.get("Range")
        return _part(row, self.storage.objects.folder / row.version, asked)

    def info(self, bucket: str, name: str) -> Answer:
        """Describe an object."""
        row = self.storage.objects.row(bucket, name)
        return _json(row.described() | {"version": row.version, "bucket_id": bucket})

    def remove(self, bucket: str) -> Answer:
        """Remove objects."""
        objects = self.storage.objects
        objects.bucket(bucket)
        return _json(objects.remove(bucket, self._json_body()["prefixes"]))

    def list(self, bucket: str) -> Answer:
        """List as version 1 does."""
        return _json(self.storage.objects.list(bucket, self._json_body()))

    def list_v2(self, bucket: str) -> Answer:
        """List as version 2 does."""
        return _json(self.storage.objects.list_v2(bucket, self._json_body()))

    def create_upload(self) -> Answer:
        """Begin a resumable upload."""
        identity = self.storage.uploads.create(self.headers)
        location = f"{_BEHIND_PROXIES}/upload/resumable/{identity}"
        return Answer(status=201, headers={"Location": location, "Tus-Resumable": "1.0.0"})

    def upload_state(self, identity: str) -> Answer:
        """Say how much of one has come."""
        upload = self.storage.uploads.find(identity)
        return Answer(headers=_tus(upload.offset) | {"Upload-Length": str(upload.length)})

    def append(self, identity: str) -> Answer:
        """Take a chunk of one."""
        uploads = self.storage.uploads
        stream: Any = self  # it has the one method of a stream that is used
        before = uploads.find(identity).offset
        upload = uploads.append(identity, self.headers, stream)
        if upload.offset - before < int(self.headers["Content-Length"]):
            raise Cut
        if upload.offset == upload.length:
            self.storage.meet()
            uploads.finish(upload)
        return Answer(status=204, headers=_tus(upload.offset))

    def _json_body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self._whole_body())
        return body

    def _whole_body(self) -> bytes:
        size = int(self.headers.get("Content-Length") or 0)
        body = b"".join(iter(lambda: self.read(_PIECE), b""))
        if len(body) < size:
            raise Cut
        return body

    def _skip_rest(self) -> None:
        while self.read(_PIECE):
            pass

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        size = answer.end - answer.start if answer.file else len(answer.body)
        is_cut = fault is not None and fault.harm is Harm.CUT_ANSWER
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:  # noqa: PLR2004 - No Content
            self.send_header("Content-Length", str(size))
        self.end_headers()
        left = min(size, fault.after) if fault is not None and is_cut else size
        if self.command != "HEAD":
            self._send_body(answer, left)
        if is_cut:
            raise Cut

    def _send_body(self, answer: Answer, size: int) -> None:
        if answer.file is None:
            self.wfile.write(answer.body[:size])
            return
        with answer.file.open("rb") as stream:
            stream.seek(answer.start)
            while size and (piece := stream.read(min(size, _PIECE))):
                self.wfile.write(piece)
                size -= len(piece)


_ROUTES: dict[str, Callable[..., Answer]] = {
    r"POST /bucket": StorageHandler.make_bucket,
    r"GET /bucket/([^/]+)": StorageHandler.get_bucket,
    r"POST /bucket/([^/]+)/empty": StorageHandler.empty_bucket,
    r"DELETE /bucket/([^/]+)": StorageHandler.remove_bucket,
    r"POST /object/list/([^/]+)": StorageHandler.list,
    r"POST /object/list-v2/([^/]+)": StorageHandler.list_v2,
    r"POST /object/([^/]+)/(.+)": StorageHandler.upload,
    r"GET /object/info/([^/]+)/(.+)": StorageHandler.info,
    r"GET /object/([^/]+)/(.+)": StorageHandler.download,
    r"DELETE /object/([^/]+)": StorageHandler.remove,
    r"POST /upload/resumable": StorageHandler.create_upload,
    r"HEAD /upload/resumable/([^/]+)": StorageHandler.upload_state,
    r"PATCH /upload/resumable/([^/]+)": StorageHandler.append,
}


def _json(body: Any, *, status: int = 200) -> Answer:
    data = json.dumps(body).encode()
    return Answer(status=status, body=data, headers={"Content-Type": "application/json"})


def _tus(offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Tus-Resumable": "1.0.0"}


def _part(row: Row, path: Path, asked: str | None) -> Answer:
    """Return a file, or the one range of it that is asked for."""
    headers = {"Content-Type": row.content_type, "ETag": row.etag}
    if not path.exists():  # an overwrite was faster
        raise Refusal(500, "Internal", "Internal Server Error", http=500)
    if asked is None:
        return Answer(file=path, end=row.size, headers=headers)
    found = _RANGE.fullmatch(asked)
    if found is None or not any(found.groups()):
        raise Refusal(416, "invalid_range", "Range not satisfiable", http=416)
    first, last = found.groups()
    start = int(first) if first else max(0, row.size - int(last))
    end = min(row.size, int(last) + 1) if first and last else row.size
    if start >= end:
        raise Refusal(416, "invalid_range", "Range not satisfiable", http=416)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{row.size}"
    return Answer(status=206, file=path, start=start, end=end, headers=headers)


def _form(kind: str, body: bytes) -> dict[str, tuple[bytes, str]]:
    """Return the parts of a multipart body, with their content types."""
    header = EmailMessage()
    header["Content-Type"] = kind
    boundary = header.get_boundary()
    if boundary is None:
        raise Refusal(400, "Error", "No content provided")
    parts = {}
    for part in body.split(f"--{boundary}".encode())[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        said = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
        key = name[1].decode() if name else ""
        parts[key] = (data.removesuffix(b"\r\n"), said[1].decode() if said else "text/plain")
    return parts
