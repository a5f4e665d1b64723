"""A double of Supabase Storage's HTTP API, with what was measured of the real one.

The statuses that count are strings in bodies of answers of status 400; a token that is not good
looks like a missing bucket to those who read; creating is not atomic; reads that race an overwrite
fail. Faults come on command.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt

from platform_server.settings import StorageKeys
from platform_server.testing.supabase_faults import Fault, Harm
from platform_server.testing.supabase_objects import (
    Objects,
    Refusal,
    bucket_not_found,
    object_not_found,
)
from platform_server.testing.supabase_storage_http import StorageHandler
from platform_server.testing.supabase_tus import Uploads

if TYPE_CHECKING:
    from collections.abc import Iterator

JWT_SECRET = "the secret of a project, of at least sixty-four bytes, that nobody knows"  # noqa: S105
_GENEROUS = 10**10  # seconds since the epoch


def token(role: str = "service_role", *, expires: int = _GENEROUS, secret: str = JWT_SECRET) -> str:
    """Return a key of the project, or one that is not good."""
    return jwt.encode({"role": role, "iss": "supabase", "exp": expires}, secret, algorithm="HS256")


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that are gone: that they go is what is tested."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is the connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@dataclass
class SupabaseStorage:
    """A project's storage. Tests do with it what the world does."""

    objects: Objects
    url: str = ""  # of the project
    is_down: bool = False  # the gateway answers, and nothing behind it
    calls: list[str] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    meeting: threading.Barrier | None = None  # where uploads wait before they become objects
    connections: int = 0
    ignores_ranges: bool = False  # as some proxies do
    received: int = 0  # bytes of objects, in all requests
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.uploads = Uploads(self.objects)

    @staticmethod
    @contextmanager
    def served(port: int = 0) -> Iterator[SupabaseStorage]:
        """Serve on a port, a free one if it is 0, with files in a folder removed at the end."""
        with tempfile.TemporaryDirectory() as folder:
            storage = SupabaseStorage(Objects(Path(folder)))
            handler = type("Handler", (StorageHandler,), {"storage": storage})
            server = _Server(("127.0.0.1", port), handler)
            server.daemon_threads = True
            server.block_on_close = False
            storage.url = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield storage
            finally:
                storage.closing.set()
                server.shutdown()
                thread.join()
                server.server_close()

    def keys(self, bucket: str, service_key: str | None = None) -> StorageKeys:
        """Return how a bucket of this project is reached."""
        return StorageKeys(url=self.url, service_key=service_key or token(), bucket=bucket)

    def fails(self, harm: Harm, on: str = "", *, times: int = 1, **more: Any) -> None:
        """Let the next requests that match go wrong."""
        self.faults.extend(Fault(harm=harm, on=on, **more) for _ in range(times))

    def next_fault(self, call: str) -> Fault | None:
        """Return, and forget, what goes wrong with this request."""
        for fault in self.faults:
            if re.search(fault.on, call):
                self.faults.remove(fault)
                return fault
        return None

    def admit(self, call: str, given: str) -> None:
        """Refuse those whose token is not good, in the way that this call does.

        There are no policies for ``anon`` and ``authenticated``: they see nothing.
        """
        reads = call.startswith(("GET /object/", "HEAD /object/"))
        try:
            role = jwt.decode(given, JWT_SECRET, algorithms=["HS256"])["role"]
        except jwt.InvalidTokenError as error:
            said = '"exp" claim timestamp check failed' if _is_expired(given) else str(error)
            raise (bucket_not_found() if reads else Refusal(403, "Unauthorized", said)) from error
        if role != "service_role":
            said = "new row violates row-level security policy"
            raise object_not_found() if reads else Refusal(403, "Unauthorized", said)

    def meet(self) -> None:
        """Wait for those who create at the same time, if a test wants that."""
        if self.meeting is not None:
            self.meeting.wait(timeout=30)


def _is_expired(given: str) -> bool:
    try:
        claims = jwt.decode(given, options={"verify_signature": False, "verify_exp": False})
    except jwt.InvalidTokenError:
        return False
    return int(claims.get("exp", _GENEROUS)) < time.time()
