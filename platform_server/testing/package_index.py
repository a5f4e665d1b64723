"""A package index on this machine, with packages that it makes up."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON = "application/vnd.pypi.simple.v1+json"


def wheel(name: str, version: str, body: str, *, needs: str = "") -> tuple[str, bytes]:
    """Return the filename and the bytes of a wheel with one module."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": body,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{module}-{version}-py3-none-any.whl", target.getvalue()


def source(name: str, version: str) -> tuple[str, bytes]:
    """Return the filename and the bytes of a source distribution."""
    target = io.BytesIO()
    setup = b"raise SystemExit('ran')\n"
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"{name}-{version}/setup.py")
        entry.size = len(setup)
        archive.addfile(entry, io.BytesIO(setup))
    return f"{name}-{version}.tar.gz", target.getvalue()


@dataclass
class LocalIndex:
    """What is on offer, and what was asked for."""

    packages: dict[str, dict[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    altered: bool = False  # it sends other bytes than it promised
    as_html: bool = False
    uploaded: dict[str, str] = field(default_factory=dict)  # when files came, by their names
    elsewhere: str = ""  # where pages are, if not here
    open: threading.Event = field(default_factory=threading.Event)  # clear: files have to wait
    url: str = ""  # of the simple API

    def __post_init__(self) -> None:
        self.open.set()

    def add(self, name: str, *files: tuple[str, bytes]) -> None:
        """Offer a package."""
        self.packages.setdefault(name, {}).update(files)

    @contextmanager
    def served(self) -> Iterator[LocalIndex]:
        """Serve on a free port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        self.asked.append(path)
        match path.strip("/").split("/"):
            case ["simple", name] if name in self.packages:
                return self._page(name)
            case ["files", name, filename] if filename in self.packages.get(name, {}):
                data = self.packages[name][filename]
                self.open.wait()
                return 200, "application/octet-stream", data + b"!" * self.altered
        return 404, "text/plain", b""

    def _page(self, name: str) -> tuple[int, str, bytes]:
        digests = {
            filename: hashlib.sha256(data).hexdigest()
            for filename, data in self.packages[name].items()
        }
        if self.as_html:
            links = "".join(
                f'<a href="../../files/{name}/{filename}#sha256={digest}">{filename}</a>'
                for filename, digest in digests.items()
            )
            return 200, "text/html", f"<html><body>{links}</body></html>".encode()
        files = [
            {
                "filename": filename,
                "url": f"../../files/{name}/{filename}",
                "hashes": {"sha256": digest},
                "size": len(self.packages[name][filename]),
            }
            | ({"upload-time": self.uploaded[filename]} if filename in self.uploaded else {})
            for filename, digest in digests.items()
        ]
        page = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
        return 200, _JSON, json.dumps(page).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, kind, body = index.answer(self.path)
                self.send_response(302 if index.elsewhere else status)
                if index.elsewhere:
                    self.send_header("Location", index.elsewhere)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
                pass

        return Handler
