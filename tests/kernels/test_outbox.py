"""What waits for one client: bounded, in order, and honest about what is missing."""

from __future__ import annotations

import asyncio
import json

import pytest

from platform_kernels.bounds import Allowance, Pace
from platform_kernels.messages import Message, compose
from platform_kernels.outbox import Outbox, OutboxLimits
from platform_server.testing.conversations import Reader

LIMITS = OutboxLimits(outputs=10_000, everything=20_000, away=5_000)
PARENT = b'{"msg_id": "cell"}'


def output(size: int = 1000) -> Message:
    return compose("iopub", "display_data", {"data": {"text/plain": "x" * size}}, parent=PARENT)


def status(state: str = "idle") -> Message:
    return compose("iopub", "status", {"execution_state": state}, parent=PARENT)


@pytest.fixture
def allowance() -> Allowance:
    return Allowance(1_000_000)


@pytest.fixture
def outbox(allowance: Allowance) -> Outbox:
    return Outbox(allowance, LIMITS)


def kinds(reader: Reader) -> list[str]:
    return [message.header.type for message in reader.messages]


async def test_a_client_that_reads_gets_everything_in_order(
    outbox: Outbox, allowance: Allowance
) -> None:
    reader = Reader()
    outbox.attach(reader)
    sent = [output() for _ in range(100)]
    for message in sent:
        outbox.put(message)
        await asyncio.sleep(0)
    assert reader.messages == sent
    assert allowance.used == 0


async def test_outputs_for_a_client_that_does_not_read_are_left_out_and_states_pass(
    outbox: Outbox, allowance: Allowance
) -> None:
    reader = Reader(reads=False)
    outbox.attach(reader)
    for _ in range(100):
        outbox.put(output())
    outbox.put(status())
    assert 5 < kinds(reader).count("display_data") < 10
    assert kinds(reader)[-1] == "status"
    assert allowance.used < LIMITS.everything


async def test_the_client_is_told_what_was_left_out_once_it_reads_again(outbox: Outbox) -> None:
    reader = Reader(reads=False)
    outbox.attach(reader)
    for _ in range(3000):
        outbox.put(output())
    reader.reads = True
    reader.read()
    await reader.until(lambda: kinds(reader)[-1] == "stream")
    notice = reader.messages[-1]
    assert "MB left out" in json.loads(notice.parts[3])["text"]
    assert notice.parent.id == "cell"
    outbox.put(output())
    assert kinds(reader)[-1] == "display_data"


async def test_a_client_that_lets_even_states_pile_up_is_cut_off(outbox: Outbox) -> None:
    reader = Reader(reads=False)
    outbox.attach(reader)
    for _ in range(200):
        outbox.put(status())
    assert reader.closed is not None
    assert reader.closed[0] == 1013
    assert sum(message.size for message in reader.messages) <= LIMITS.everything


async def test_what_comes_while_the_client_is_away_is_there_when_it_returns(
    outbox: Outbox, allowance: Allowance
) -> None:
    first, second = Reader(), Reader()
    outbox.attach(first)
    outbox.detach()
    missed = [output(), status()]
    for message in missed:
        outbox.put(message)
    outbox.attach(second)
    await asyncio.sleep(0)
    assert first.messages == []
    assert second.messages == missed
    assert allowance.used == 0


async def test_what_comes_while_the_client_is_away_is_bounded(
    outbox: Outbox, allowance: Allowance
) -> None:
    for _ in range(100):
        outbox.put(output())
    outbox.put(status())
    assert allowance.used < LIMITS.away + 1000
    reader = Reader()
    outbox.attach(reader)
    assert kinds(reader).count("display_data") < 5
    assert kinds(reader)[-1] == "stream"


async def test_states_alone_cannot_fill_the_memory_of_a_client_that_is_away(
    outbox: Outbox, allowance: Allowance
) -> None:
    for _ in range(10_000):
        outbox.put(status())
    assert allowance.used <= LIMITS.everything


async def test_a_project_that_used_its_allowance_up_gets_no_more_for_another_client() -> None:
    allowance = Allowance(3_000)
    outboxes = [Outbox(allowance, LIMITS) for _ in range(10)]
    for outbox in outboxes:
        outbox.attach(Reader(reads=False))
        for _ in range(10):
            outbox.put(output())
    assert allowance.used <= 3_000


async def test_a_client_that_will_not_return_frees_its_share(
    outbox: Outbox, allowance: Allowance
) -> None:
    outbox.put(output())
    outbox.clear()
    assert allowance.used == 0


def test_a_share_of_the_loop_is_granted_and_bursts_are_paid_back() -> None:
    now = 0.0
    pace = Pace(share=0.25, burst=0.5, now=lambda: now)
    assert pace.spend(0.4) == 0
    assert pace.spend(0.2) == pytest.approx(0.4)
    now = 100.0
    assert pace.spend(0.5) == 0
    assert pace.spend(0.25) == pytest.approx(1.0)
