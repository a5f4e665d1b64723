"""Which outputs the server has to save, because no page will."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platform_kernels.bounds import Allowance, Share
from platform_kernels.messages import Message, compose
from platform_kernels.recorder import Recorder
from platform_server.testing.kernel_sockets import cell_request

TAB = ("alice", "tab")
OTHER = ("alice", "other")


class Sink:
    def __init__(self) -> None:
        self.calls: list[bool] = []

    def outputs_wait(self, *, is_urgent: bool) -> None:
        self.calls.append(is_urgent)


class Kernel:
    """A recorder, and a kernel that answers as it is told."""

    def __init__(self, limit: int = 1 << 26) -> None:
        self.sink = Sink()
        self.allowance = Allowance(limit)
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.recorder = Recorder(self.allowance, self.sink, now=lambda: self.now)
        self.count = 0

    def asks(self, cell: str = "one", code: str = "1", client: tuple[str, str] = TAB) -> Message:
        request = cell_request(code, cell)
        self.recorder.submitted(client, request)
        return request

    def begins(self, request: Message) -> None:
        self.count += 1
        code = request.content["code"]
        self.says(request, "execute_input", {"code": code, "execution_count": self.count})

    def says(self, request: Message, kind: str, content: dict[str, Any]) -> None:
        self.recorder.published(compose("iopub", kind, content, parent=request.parts[0]))

    def prints(self, request: Message, text: str) -> None:
        self.says(request, "stream", {"name": "stdout", "text": text})

    def runs(self, request: Message, text: str) -> None:
        self.begins(request)
        self.prints(request, text)
        self.recorder.settled(request.header.id)

    def unsaved(self) -> dict[str, str]:
        """Return the text of each cell that is to be saved."""
        return {
            one.asked.cell_id: "".join(output.get("text", "") for output in one.outputs())
            for one in self.recorder.unsaved()
        }

    def saves(self) -> None:
        for one in self.recorder.unsaved():
            one.has_changed = False
            self.recorder.saved(one)


@pytest.fixture
def kernel() -> Kernel:
    kernel = Kernel()
    kernel.recorder.client_came(TAB)
    return kernel


def test_a_page_that_is_there_saves_itself(kernel: Kernel) -> None:
    kernel.runs(kernel.asks(), "a")
    assert kernel.unsaved() == {}
    assert kernel.sink.calls == []


def test_outputs_are_complete_when_the_page_goes_away_in_the_middle(kernel: Kernel) -> None:
    request = kernel.asks()
    kernel.begins(request)
    kernel.prints(request, "a")
    kernel.recorder.client_left(TAB)
    assert kernel.unsaved() == {"one": "a"}
    kernel.prints(request, "b")
    assert kernel.unsaved() == {"one": "ab"}
    assert kernel.recorder.is_working
    kernel.recorder.settled(request.header.id)
    assert not kernel.recorder.is_working
    assert kernel.sink.calls == [False, False, True]
    (recording,) = kernel.recorder.unsaved()
    assert recording.execution_count == 1


def test_what_has_been_saved_is_saved_again_only_when_there_is_more(kernel: Kernel) -> None:
    request = kernel.asks()
    kernel.begins(request)
    kernel.recorder.client_left(TAB)
    kernel.prints(request, "a")
    kernel.saves()
    assert kernel.unsaved() == {}
    kernel.prints(request, "b")
    assert kernel.unsaved() == {"one": "ab"}
    kernel.recorder.settled(request.header.id)
    kernel.saves()
    assert not kernel.recorder.has_unsaved
    assert kernel.allowance.used == 0


def test_a_page_that_came_back_saves_itself_again(kernel: Kernel) -> None:
    request = kernel.asks()
    kernel.begins(request)
    kernel.recorder.client_left(TAB)
    kernel.prints(request, "a")
    kernel.recorder.client_came(TAB)
    assert not kernel.recorder.has_unsaved


def test_another_page_is_not_the_one_that_asked(kernel: Kernel) -> None:
    request = kernel.asks()
    kernel.begins(request)
    kernel.recorder.client_left(TAB)
    kernel.recorder.client_came(OTHER)
    kernel.recorder.client_came(("bob", "tab"))
    kernel.prints(request, "a")
    assert kernel.unsaved() == {"one": "a"}


def test_what_a_page_had_when_it_left_may_not_be_saved(kernel: Kernel) -> None:
    kernel.runs(kernel.asks(), "a")
    kernel.recorder.client_left(TAB)
    assert kernel.unsaved() == {"one": "a"}
    (recording,) = kernel.recorder.unsaved()
    assert recording.was_followed


def test_a_page_that_comes_back_got_what_it_had_when_it_was_put_out(kernel: Kernel) -> None:
    had = kernel.asks()
    kernel.runs(had, "a")
    ended = kernel.now
    missed = kernel.asks("two")
    kernel.recorder.client_left(TAB)
    kernel.runs(missed, "b")
    kernel.now += timedelta(minutes=1)
    kernel.recorder.client_came(TAB)
    kernel.recorder.client_left(TAB)
    assert [one.ended_at for one in kernel.recorder.unsaved()] == [ended, kernel.now]


def test_what_a_page_had_long_ago_it_has_saved(kernel: Kernel) -> None:
    kernel.runs(kernel.asks(), "a")
    kernel.now += timedelta(minutes=6)
    kernel.recorder.client_left(TAB)
    assert kernel.unsaved() == {}
    assert kernel.allowance.used == 0


def test_a_cell_that_is_run_again_has_only_the_new_outputs(kernel: Kernel) -> None:
    kernel.recorder.client_left(TAB)
    kernel.runs(kernel.asks(), "a")
    again = kernel.asks(client=OTHER)
    assert kernel.unsaved() == {"one": "a"}
    kernel.begins(again)
    assert kernel.unsaved() == {"one": ""}


def test_a_cell_that_never_began_is_left_alone(kernel: Kernel) -> None:
    kernel.recorder.client_left(TAB)
    request = kernel.asks()
    kernel.recorder.settled(request.header.id)
    assert kernel.unsaved() == {}


def test_a_kernel_that_ends_says_so_in_the_cell(kernel: Kernel) -> None:
    request = kernel.asks()
    kernel.begins(request)
    kernel.recorder.client_left(TAB)
    error = {"ename": "KernelEnded", "evalue": "gone", "traceback": ["gone"]}
    failed = compose("iopub", "error", error, parent=request.parts[0])
    kernel.recorder.failed(request.header.id, [failed])
    (recording,) = kernel.recorder.unsaved()
    assert recording.ended_at == kernel.now
    assert recording.outputs() == [{"output_type": "error", **error}]


def test_an_execution_that_is_told_again_from_its_beginning_is_whole(kernel: Kernel) -> None:
    request = kernel.asks()
    note = compose("iopub", "platform_request", {"cell_id": "one"}, parent=request.parts[0])
    for _ in range(2):
        kernel.recorder.recalled(note)
        kernel.begins(request)
        kernel.prints(request, "a")
    assert kernel.unsaved() == {"one": "a"}


def test_requests_of_consoles_and_of_others_are_not_recorded(kernel: Kernel) -> None:
    plain = compose("shell", "execute_request", {"code": "1"})
    kernel.recorder.submitted(TAB, plain)
    kernel.recorder.client_left(TAB)
    kernel.runs(plain, "a")
    odd = cell_request("1", "x" * 65)
    kernel.recorder.submitted(TAB, odd)
    kernel.runs(odd, "a")
    assert kernel.unsaved() == {}


def test_a_display_is_updated_in_the_cell_that_shows_it(kernel: Kernel) -> None:
    kernel.recorder.client_left(TAB)

    def shown(text: str) -> dict[str, Any]:
        data = {"text/plain": text}
        return {"data": data, "metadata": {}, "transient": {"display_id": "bar"}}

    one, two = kernel.asks("one"), kernel.asks("two")
    kernel.begins(one)
    kernel.says(one, "display_data", shown("old"))
    kernel.begins(two)
    kernel.says(two, "update_display_data", shown("new"))
    by_cell = {record.asked.cell_id: record for record in kernel.recorder.unsaved()}
    assert by_cell["one"].outputs()[0]["data"] == {"text/plain": "new"}
    assert by_cell["two"].outputs() == []


def test_what_a_pager_would_show_is_an_output(kernel: Kernel) -> None:
    kernel.recorder.client_left(TAB)
    request = kernel.asks()
    kernel.begins(request)
    payload = [{"source": "page", "data": {"text/plain": "help"}, "start": 0}]
    reply = {"status": "ok", "payload": payload}
    kernel.recorder.replied(compose("shell", "execute_reply", reply, parent=request.parts[0]))
    (recording,) = kernel.recorder.unsaved()
    assert recording.outputs()[0]["data"] == {"text/plain": "help"}


def test_memory_is_bounded_for_each_cell_and_for_all(kernel: Kernel) -> None:
    kernel = Kernel(limit=1 << 20)
    for number in range(20):
        request = kernel.asks(f"cell {number}")
        kernel.begins(request)
        for _ in range(40):
            kernel.prints(request, "x" * 10_000)
        kernel.recorder.settled(request.header.id)
    assert kernel.allowance.used < 20 * (300 << 10)
    texts = kernel.unsaved()
    assert "left out" not in texts["cell 0"]
    assert "left out" in texts["cell 19"]


def test_messages_that_are_no_messages_change_nothing(kernel: Kernel) -> None:
    kernel.recorder.client_left(TAB)
    request = kernel.asks()
    header, parent, _, _ = compose("iopub", "stream", {}, parent=request.parts[0]).parts
    kernel.begins(request)
    for content in (b"[]", b"{", json.dumps({"name": []}).encode()):
        kernel.recorder.published(
            Message(
                channel="iopub",
                header=compose("iopub", "stream", {}).header,
                parent=request.header,
                parts=[header, parent, b"{}", content],
            )
        )
    assert kernel.unsaved() == {"one": ""}


def test_a_share_cannot_have_more_than_the_whole() -> None:
    whole = Allowance(10)
    one, two = Share(8, whole), Share(8, whole)
    assert one.take(8)
    assert not two.take(3)
    assert two.take(2)
    one.give(8)
    two.force(7)
    assert (whole.used, two.used) == (9, 9)
