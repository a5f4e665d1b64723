"""Keeps what cells put out while the page that asked may not be saving it."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from platform_kernels.cell_outputs import KINDS, display_of, parse
from platform_kernels.recording import Asked, Recording
from platform_server import clock

if TYPE_CHECKING:
    from collections.abc import Collection

    from platform_kernels.bounds import Allowance
    from platform_kernels.messages import Message

_MOST = 1024  # executions of one kernel that are remembered; the oldest are forgotten
_SAVED_AFTER = timedelta(minutes=5)  # in which a page that lives saves what it has received
_METADATA, _CONTENT = 2, 3
_CELL_ID = b'"cellId"'
_DISPLAY_ID = b'"display_id"'
_DISPLAYS = frozenset({"display_data", "update_display_data"})
_MOST_DISPLAYS = 4096
_CELL_ID_LIMIT = 64  # characters, as the notebook format says


class RecorderSink(Protocol):
    """Who brings outputs into documents."""

    def outputs_wait(self, *, is_urgent: bool) -> None:
        """Note that there are outputs that no page is going to save; urgent are final ones."""


class Silent:
    """A sink for what nobody keeps."""

    def outputs_wait(self, *, is_urgent: bool) -> None:
        """Ignore it."""


class Recorder:
    """Follows the executions of one kernel's clients. No I/O: ``sink`` asks for what is unsaved.

    A page that is connected saves what its cells put out. So an execution concerns the document
    only while the client that asked for it is away, or when it left before it has saved. A tab that
    died leaves as one does that was closed.
    """

    def __init__(
        self, allowance: Allowance, sink: RecorderSink, *, now: clock.Clock = clock.utc_now
    ) -> None:
        self._allowance = allowance
        self._sink = sink
        self._now = now
        self._recordings: OrderedDict[str, Recording] = OrderedDict()
        self._displays: OrderedDict[str, dict[str, None]] = OrderedDict()  # to their requests
        self._present: set[tuple[str, str]] = set()  # users and their sessions

    # --- what the link tells ---

    def submitted(self, client: tuple[str, str], request: Message) -> None:
        """Note what a client sent."""
        if request.header.type != "execute_request" or _CELL_ID not in request.parts[_METADATA]:
            return
        cell_id = parse(request.parts[_METADATA]).get("cellId")
        if is_cell_id(cell_id) and request.header.id:
            user, session = client
            self.asked(
                Asked(request_id=request.header.id, cell_id=cell_id, user=user, session=session)
            )

    def asked(self, asked: Asked) -> None:
        """Follow an execution from its beginning; one that is followed already begins anew."""
        self._forget_saved()
        known = self._recordings.pop(asked.request_id, None)
        if known is not None:
            known.release()
        while len(self._recordings) >= _MOST:
            self._recordings.popitem(last=False)[1].release()
        self._recordings[asked.request_id] = Recording(asked=asked, allowance=self._allowance)

    def published(self, message: Message) -> None:
        """Note what the kernel wrote for everybody."""
        kind = message.header.type
        recording = self._recordings.get(message.parent.id)
        if kind in _DISPLAYS and _DISPLAY_ID in message.parts[_CONTENT]:
            self._show_elsewhere(message, recording)
        if recording is None:
            return
        if kind in KINDS:
            recording.add(kind, message.parts[_CONTENT])
        elif kind == "execute_input":
            self._begin(recording, message)
        else:
            return
        if not self._is_followed(recording):
            self._sink.outputs_wait(is_urgent=False)

    def replied(self, message: Message) -> None:
        """Note a reply: what a cell asks to be shown in a pager is shown as an output."""
        recording = self._recordings.get(message.parent.id)
        if recording is None or b'"page"' not in message.parts[_CONTENT]:
            return
        for payload in message.content.get("payload", []):
            if payload.get("source") == "page":
                content = {"data": payload.get("data"), "metadata": {}}
                recording.add("display_data", json.dumps(content).encode())
                break

    def settled(self, request_id: str) -> None:
        """Note that an execution is over."""
        recording = self._recordings.get(request_id)
        if recording is None or recording.ended_at is not None:
            return
        is_followed = self._is_followed(recording)
        recording.end(self._now(), was_followed=is_followed)
        if recording.source is None:  # it never began
            self._drop(recording)
        elif not is_followed:
            self._sink.outputs_wait(is_urgent=True)

    def recalled(self, note: Message) -> None:
        """Follow an execution that an earlier server process passed on, as the kernel tells it."""
        cell_id = parse(note.parts[_CONTENT]).get("cell_id")
        if is_cell_id(cell_id) and note.parent.id:
            asked = Asked(
                request_id=note.parent.id, cell_id=cell_id, user="", session=note.parent.session
            )
            self.asked(asked)

    def failed(self, request_id: str, answers: list[Message]) -> None:
        """Note what is answered in place of a kernel that will not."""
        for message in answers:
            if message.channel == "iopub":
                self.published(message)
        self.settled(request_id)

    def kernel_ended(self) -> None:
        """Note that nothing that is under way goes on."""
        for request_id in list(self._recordings):
            self.settled(request_id)

    def client_came(self, client: tuple[str, str]) -> None:
        """Note that a client has a connection; it gets what it missed."""
        self._present.add(client)
        for recording in self._recordings.values():
            has_missed = recording.ended_at is not None and not recording.was_followed
            if has_missed and _is_of(recording, client):
                recording.end(self._now(), was_followed=True)

    def client_left(self, client: tuple[str, str]) -> None:
        """Note that a client's connection is gone."""
        self._present.discard(client)
        if self.has_unsaved:
            self._sink.outputs_wait(is_urgent=False)

    # --- what the sink asks ---

    @property
    def has_unsaved(self) -> bool:
        """Whether there are outputs that no page is going to save."""
        return bool(self.unsaved())

    @property
    def followed(self) -> Collection[str]:
        """The ids of the requests whose outputs may have to be brought into the document."""
        return self._recordings.keys()

    @property
    def is_working(self) -> bool:
        """Whether an execution is under way that no page follows."""
        return any(
            one.ended_at is None and one.source is not None and not self._is_followed(one)
            for one in self._recordings.values()
        )

    def unsaved(self, *, all_running: bool = False) -> list[Recording]:
        """Return the executions whose outputs have changed and that no page follows.

        With ``all_running`` also those that a page follows and that have not come to their end.
        """
        self._forget_saved()
        return [
            one
            for one in self._recordings.values()
            if one.source is not None
            and one.has_changed
            and (not self._is_followed(one) or (all_running and one.ended_at is None))
        ]

    def saved(self, recording: Recording) -> None:
        """Note that all of a recording that has ended is in the document, or can never be."""
        if recording.ended_at is not None and not recording.has_changed:
            self._drop(recording)

    # --- how ---

    def _begin(self, recording: Recording, message: Message) -> None:
        if not self._allowance.free:
            self._make_room()
        recording.began(message.parts[_CONTENT])
        asked = recording.asked
        earlier = [
            one
            for one in self._recordings.values()
            if one is not recording
            and one.asked.cell_id == asked.cell_id
            and one.asked.user == asked.user
            and one.source is not None
        ]
        for one in earlier:  # the page has cleared what these put out
            self._drop(one)

    def _show_elsewhere(self, message: Message, recording: Recording | None) -> None:
        """Bring a display to the cells that showed it before, and note who shows it now."""
        display = display_of(parse(message.parts[_CONTENT]))
        if display not in self._displays and len(self._displays) >= _MOST_DISPLAYS:
            self._displays.popitem(last=False)
        shown = self._displays.setdefault(display, {})
        for request_id in shown:
            other = self._recordings.get(request_id)
            if other is not None and other is not recording:
                other.add("update_display_data", message.parts[_CONTENT])
        if recording is not None:
            shown[recording.asked.request_id] = None

    def _is_followed(self, recording: Recording) -> bool:
        user, session = recording.asked.user, recording.asked.session
        if user:
            return (user, session) in self._present
        return any(name == session for _, name in self._present)

    def _make_room(self) -> None:
        """Drop what pages have received, and have most probably saved."""
        for recording in list(self._recordings.values()):
            if recording.was_followed:
                self._drop(recording)

    def _forget_saved(self) -> None:
        """Drop what pages have received long ago: they have saved it."""
        horizon = self._now() - _SAVED_AFTER
        for recording in list(self._recordings.values()):
            ended = recording.ended_at
            if ended is not None and recording.was_followed and ended < horizon:
                self._drop(recording)

    def _drop(self, recording: Recording) -> None:
        if self._recordings.pop(recording.asked.request_id, None) is not None:
            recording.release()


def _is_of(recording: Recording, client: tuple[str, str]) -> bool:
    user, session = client
    return recording.asked.session == session and recording.asked.user in {"", user}


def is_cell_id(value: Any) -> TypeGuard[str]:
    """Tell whether it can be the id of a cell."""
    return isinstance(value, str) and 0 < len(value) <= _CELL_ID_LIMIT
