"""The publishing side of a kernel: it numbers and journals what it says to the server.

Each message goes out with one frame in front, ``platform:<epoch>:<number>:<channel>:<token>``. The
epoch names this process. Replies to executions and questions go this way as well as their own, so
that they have a place among the outputs. A server that subscribes is told where everybody has got
to (``platform_journal``), and asks for what a client of its missed: that comes with the token of
the request, and ends with ``platform_replayed``. A subscriber that has not said hello before is
sent outputs only.

A server says in one frame, 0x02 and JSON, one of:

* ``{"op": "hello"}``
* ``{"op": "seen", "epoch", "positions": {session: number}, "release": number}``
* ``{"op": "replay", "token", "after": number | null, "last": message id | null, "size": bytes}``
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections import deque
from typing import Any

import zmq
from ipykernel.iostream import CHILD, IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from jupyter_client.session import Session

from agent.journal import Entry, Frames, Journal
from agent.output import PatientStream

_PATIENCE = 0.01  # seconds until the next attempt when no more fits
_PORTION = 2**20  # bytes of the journal that are sent in one go
_LARGE = 64 * 1024  # bytes: not copied on the way
_MOST_TEXT = 256  # characters of a cell's id
_COPIED = {"execute_reply": b"shell", "input_request": b"stdin"}


class Publisher(IOPubThread):
    """The kernel's thread for outputs. All but ``note`` and ``note_answer`` runs in that thread."""

    def __init__(self, socket: Any, session: Session, *, folder: str | None = None) -> None:
        self.journal = Journal(self._notice, folder=folder)
        self._epoch = secrets.token_hex(4)
        self._sent = 0  # the number up to which the subscriber has been sent everything
        self._replays: deque[dict[str, Any]] = deque()
        self._positions: dict[str, int] = {}  # by session, as the server says
        self._is_greeted = False  # the next subscriber knows all this
        self._is_told = False  # the present one does
        self._is_pumping = False
        self._is_reading = False
        super().__init__(socket, pipe=True, session=session)

    def note(self, channel: bytes, frames: Frames) -> None:
        """Give a message of another channel its place."""
        self.schedule(lambda: self._publish(channel, frames))

    def note_answer(self) -> None:
        """Note that the question that was asked has its answer."""
        self.schedule(self.journal.note_answer)

    def _really_send(self, msg: Frames, *args: Any, **kwargs: Any) -> None:
        if self._check_mp_mode() == CHILD:
            super()._really_send(msg, *args, **kwargs)
        elif not self.closed:
            self._publish(b"iopub", msg)

    def _publish(self, channel: bytes, message: Frames) -> None:
        frames = [one if type(one) is bytes else bytes(one) for one in message]
        was_up_to_date = self._sent == self.journal.seq
        seq = self.journal.append(channel, frames)
        if was_up_to_date and self._send(Entry(seq, channel, frames, 0)):
            self._sent = seq
        else:
            self._pump_later()

    def _send(self, entry: Entry, token: bytes = b"") -> bool:
        """Send a message, unless the subscriber has no room for it."""
        if not self._is_told and entry.channel != b"iopub":
            return True
        place = f"platform:{self._epoch}:{entry.seq}:".encode() + entry.channel + b":" + token
        return self._send_now([place, *entry.frames])

    def _send_now(self, frames: Frames) -> bool:
        try:
            small = max(map(len, frames)) < _LARGE
            self.socket.send_multipart(frames, zmq.NOBLOCK, copy=small)
        except zmq.Again:
            return False
        except (AttributeError, zmq.ZMQError):  # closed: the kernel is shutting down
            return True
        finally:
            self._notice_arrivals()
        return True

    def _notice_arrivals(self) -> None:
        """Read what has come in meanwhile: a server that subscribes, or says something.

        libzmq makes the socket readable once for it, and a send in that moment uses that up.
        """
        try:
            has_arrived = self.socket.getsockopt(zmq.EVENTS) & zmq.POLLIN
        except (AttributeError, zmq.ZMQError):  # closed
            return
        if has_arrived and not self._is_reading:
            self._is_reading = True
            self.io_loop.call_later(0, self._read)

    def _read(self) -> None:
        self._is_reading = False
        if not self.closed:
            self._xpub_stream.flush(zmq.POLLIN)

    def _handle_subscription(self, frames: Frames) -> None:
        for frame in frames:
            kind, body = frame[:1], frame[1:]
            if kind == b"\x01":
                self._subscribed(body)
            elif kind == b"\x02":
                with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                    self._obey(json.loads(body))

    def _subscribed(self, topic: bytes) -> None:
        self.socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._sent = self.journal.seq
        self._replays.clear()
        self._is_told, self._is_greeted = self._is_greeted, False
        self._say("iopub_welcome", {"subscription": topic.decode(errors="replace")}, topic)
        if self._is_told:
            known = {
                "epoch": self._epoch,
                "seq": self._sent,
                "released": self.journal.released,
                "positions": self._positions,
            }
            self._say("platform_journal", known)

    def _obey(self, command: dict[str, Any]) -> None:
        if command["op"] == "hello":
            self._is_greeted = True
        elif command["op"] == "seen" and command["epoch"] == self._epoch:
            self._positions = dict(command["positions"])
            self.journal.release(int(command["release"]))
        elif command["op"] == "replay":
            found = self.journal.find(command["last"]) if command["last"] else None
            after = command["after"] if found is None else found
            self._replays.append({**command, "after": int(after or 0)})
            self._pump_later()

    def _replay(self, request: dict[str, Any]) -> bool:
        """Go on with a replay; False while there is no room. It ends where live outputs are."""
        token = str(request["token"]).encode()
        ahead = self.journal.after(request["after"], size=request["size"], until=self._sent)
        for entry in ahead:
            if not self._send(entry, token):
                return False
            request["after"] = entry.seq
            request["size"] -= entry.size
        more = request["size"] <= 0
        after = request["after"] if more else self._sent
        content = {"token": request["token"], "seq": after, "more": more}
        return self._say("platform_replayed", content)

    def _pump_later(self) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            self.io_loop.call_later(0, self._pump)

    def _pump(self) -> None:
        """Send a portion of what waits."""
        self._is_pumping = False
        has_room = not self.closed and self._send_portion()
        if self._replays or self._sent < self.journal.seq:
            self._is_pumping = True
            self.io_loop.call_later(0 if has_room else _PATIENCE, self._pump)

    def _send_portion(self) -> bool:
        if self._replays:
            is_done = self._replay(self._replays[0])
            if is_done:
                self._replays.popleft()
            return is_done
        end = self.journal.seq
        sent = 0
        for entry in self.journal.after(self._sent, size=_PORTION):
            if not self._send(entry):
                return False
            self._sent = entry.seq
            sent += entry.size
        if sent < _PORTION:
            self._sent = end  # nothing else is there up to this
        return True

    def _say(self, kind: str, content: dict[str, Any], topic: bytes = b"") -> bool:
        """Tell the server something that is not for its clients."""
        session: Any = self.session
        return self._send_now(session.serialize(session.msg(kind, content), topic or None))

    def _notice(self, frames: Frames, text: str) -> Frames:
        session: Any = self.session
        parent = json.loads(frames[frames.index(b"<IDS|MSG>") + 3])
        line = {"name": "stderr", "text": text}
        return list(session.serialize(session.msg("stream", line, parent={"header": parent})))


class JournaledSession(Session):
    """Sends messages; gives replies and questions their places in the journal."""

    publisher: Publisher | None = None

    def send(self, stream: Any, msg_or_type: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a message."""
        message = super().send(stream, msg_or_type, *args, **kwargs)
        channel = _COPIED.get(msg_or_type) if isinstance(msg_or_type, str) else None
        if channel is not None and message is not None and self.publisher is not None:
            self.publisher.note(channel, self.serialize(message))
        return message


class Journaled(Kernel):
    """A kernel that journals for which cell each execution is."""

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Execute code."""
        metadata = parent.get("metadata")
        cell = metadata.get("cellId") if isinstance(metadata, dict) else None
        content = {"cell_id": cell if isinstance(cell, str) and len(cell) <= _MOST_TEXT else None}
        session: Any = self.session
        note = session.serialize(session.msg("platform_request", content, parent=parent))
        self.iopub_thread.note(b"note", note)
        await super().execute_request(stream, ident, parent)

    def _input_request(self, *args: Any, **kwargs: Any) -> str:
        try:
            answer: str = super()._input_request(*args, **kwargs)
            return answer
        finally:
            self.iopub_thread.note_answer()


class JournaledKernel(Journaled, IPythonKernel):
    """An IPython kernel."""


class JournaledApp(IPKernelApp):
    """A kernel application whose outputs are journaled."""

    def initialize(self, argv: Any = None) -> None:
        """Prepare everything that runs the kernel."""
        self.session = JournaledSession(parent=self, key=self.session.key)
        self.outstream_class = f"{PatientStream.__module__}.{PatientStream.__name__}"
        super().initialize(argv)

    def init_iopub(self, context: Any) -> None:
        """Start the publisher."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        # Nobody is subscribed before the publisher says so, and nothing is dropped without a word:
        # what does not fit waits in the journal.
        self.iopub_socket.setsockopt(zmq.XPUB_MANUAL, 1)
        self.iopub_socket.setsockopt(zmq.XPUB_NODROP, 1)
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.configure_tornado_logger()
        # Not wherever there is room: memory that pretends to be a disk is the learner's memory.
        self.iopub_thread = Publisher(
            self.iopub_socket, self.session, folder=os.environ.get("TMPDIR")
        )
        self.session.publisher = self.iopub_thread
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket
