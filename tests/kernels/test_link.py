"""A link to real kernels: who gets what, and what happens when one floods, hangs or dies."""

from __future__ import annotations

import asyncio
import json
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from platform_kernels.outbox import OutboxLimits
from platform_kernels.wires import LinkLimits, TooMuchUnsentError
from platform_server.testing.conversations import Conversation, Reader, launch, text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.testing.runtime import LocalRuntime

    Connect = Callable[..., Awaitable[Conversation]]


FORGERY = """
kernel = get_ipython().kernel
session = kernel.session.clone()
session.key = b'a guess'
content = {'name': 'stdout', 'text': 'forged'}
session.send(kernel.iopub_socket, 'stream', content, parent=kernel.get_parent())
print('real')
"""


async def test_the_first_output_is_not_missed(connect: Connect) -> None:
    conversation = await connect()
    answers = await conversation.run("print('hello')")
    kinds = [one.header.type for one in answers if one.channel == "iopub"]
    assert kinds == ["status", "execute_input", "stream", "status"]
    assert text_of(answers) == "hello\n"
    assert conversation.observer.states == ["busy", "idle"]


async def test_answers_go_to_who_asked_and_outputs_to_everybody(connect: Connect) -> None:
    conversation = await connect()
    other = Reader()
    conversation.link.attach("bob", "first", other)
    request = conversation.execute("1 + 1")
    await conversation.finished(request)
    await other.until(lambda: bool(other.of("execute_result")))
    assert len(conversation.reader.of("execute_reply")) == 1
    assert other.of("execute_reply") == []


async def test_a_question_goes_to_the_client_whose_code_asks(connect: Connect) -> None:
    conversation = await connect()
    other = Reader()
    conversation.link.attach("bob", "first", other)
    request = conversation.execute("print('Hello,', input('Name? '))")
    await conversation.reader.until(lambda: bool(conversation.reader.of("input_request")))
    conversation.ask("input_reply", {"value": "Alice", "status": "ok"}, channel="stdin")
    assert "Hello, Alice" in text_of(await conversation.finished(request))
    assert other.of("input_request") == []


async def test_a_client_that_lost_its_connection_finds_what_it_missed(connect: Connect) -> None:
    conversation = await connect()
    link, client = conversation.link, conversation.client
    request = conversation.execute("input(); print('while you were away')")
    await conversation.reader.until(lambda: bool(conversation.reader.of("input_request")))
    link.detach(client, conversation.reader, may_return=True)
    conversation.ask("input_reply", {"value": "", "status": "ok"}, channel="stdin")
    watcher = Reader()
    link.attach("bob", "watcher", watcher)
    await watcher.until(lambda: "away" in text_of(watcher.messages))
    back = Reader()
    assert link.attach("alice", "first", back) is client
    answers = await conversation.finished(request, back)
    assert text_of(answers) == "while you were away\n"


async def test_a_client_that_left_for_good_is_forgotten(connect: Connect) -> None:
    conversation = await connect()
    conversation.link.detach(conversation.client, conversation.reader, may_return=False)
    assert conversation.link.connected == 0
    assert conversation.link.attach("alice", "first", Reader()) is not conversation.client


async def test_078_another_user_does_not_get_what_waits_by_using_the_same_session_name(
    connect: Connect,
) -> None:
    conversation = await connect()
    conversation.link.detach(conversation.client, conversation.reader, may_return=True)
    assert conversation.link.attach("bob", "first", Reader()) is not conversation.client


async def test_a_stale_connection_is_replaced_and_the_same_session_goes_on_after_a_restart(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    stale = conversation.reader
    process = await runtime.start_kernel(launch("one"))
    await conversation.link.connect(process.endpoints)
    fresh = Reader()
    conversation.link.attach("alice", "first", fresh)
    assert stale.closed is not None
    request = conversation.execute("print('still here')")
    assert text_of(await conversation.finished(request, fresh)) == "still here\n"
    conversation.link.detach(conversation.client, stale, may_return=True)
    assert conversation.link.connected == 1


async def test_requests_that_a_dead_kernel_owes_are_answered_with_the_cause(
    connect: Connect,
) -> None:
    conversation = await connect()
    await conversation.run("import os, time")
    request = conversation.execute("os.kill(os.getpid(), 9)")
    ended = await conversation.process.wait()
    assert ended.signal == signal.SIGKILL
    await conversation.link.disconnect("It was killed.")
    answers = await conversation.finished(request)
    error = next(one for one in answers if one.header.type == "error")
    assert error.content["evalue"] == "It was killed."
    later = await conversation.run("1")
    assert later[-2].content["status"] == "error"


async def test_a_restarted_kernel_takes_requests_that_came_before_it_listened(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    await conversation.run("x = 1")
    process = await runtime.start_kernel(launch("one"))
    await conversation.link.connect(process.endpoints)
    answers = await conversation.run("print('x' in dir())")
    assert text_of(answers) == "False\n"


async def test_what_is_asked_between_two_kernels_waits_for_the_second(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    owed = conversation.execute("while True: pass")
    disconnecting = asyncio.create_task(
        conversation.link.disconnect("It was killed.", is_awaited=True)
    )
    await conversation.finished(owed)
    # As soon as that has an end, not only once everything is disconnected.
    waiting = conversation.execute("print('the second')")
    await disconnecting
    process = await runtime.start_kernel(launch("one"))
    await conversation.link.connect(process.endpoints)
    assert text_of(await conversation.finished(waiting)) == "the second\n"
    assert (await conversation.finished(owed))[-2].content["evalue"] == "It was killed."


async def test_what_is_asked_between_two_kernels_fails_if_there_is_no_second(
    connect: Connect,
) -> None:
    conversation = await connect()
    await conversation.link.disconnect("It was killed.", is_awaited=True)
    waiting = conversation.execute("1")
    await conversation.link.disconnect("It could not be started.")
    answers = await conversation.finished(waiting)
    assert answers[-2].content["evalue"] == "It could not be started."


async def test_an_output_over_the_limit_is_left_out_and_the_cell_ends(connect: Connect) -> None:
    conversation = await connect(limits=LinkLimits(output=2**20))
    answers = await conversation.run("display('x' * 2**21); print('after')")
    assert "MB left out: one message may have 1 MB" in text_of(answers)
    assert "after" in text_of(answers)


async def test_a_reply_over_the_limit_is_answered_with_an_error(connect: Connect) -> None:
    conversation = await connect(limits=LinkLimits(reply=2**20))
    request = conversation.execute("big = 'x' * 2**21", user_expressions={"it": "big"})
    await conversation.finished(request)
    (reply,) = conversation.reader.of("execute_reply")
    assert reply.content["status"] == "error"
    assert "left out" in reply.content["evalue"]


async def test_a_flood_for_a_client_that_does_not_read_stays_bounded(connect: Connect) -> None:
    limits = LinkLimits(outbox=OutboxLimits(outputs=2**20, everything=2**21, away=2**18))
    conversation = await connect(limits=limits, memory=8)
    sleeper = Reader(reads=False)
    conversation.link.attach("bob", "sleeper", sleeper)
    await conversation.run("big = {'text/plain': 'x' * 100_000}")
    await conversation.run("for _ in range(300): display(big, raw=True)")
    assert sum(one.size for one in sleeper.messages) < 2**21
    assert sleeper.of("status")[-1].content["execution_state"] == "idle"
    assert sleeper.closed is None


async def test_a_kernel_in_a_loop_can_be_interrupted(connect: Connect) -> None:
    conversation = await connect()
    request = conversation.execute("print('go', flush=True)\nwhile True: pass")
    await conversation.reader.until(lambda: "go" in text_of(conversation.reader.messages))
    await conversation.process.signal(signal.SIGINT)
    answers = await conversation.finished(request)
    assert any(one.content.get("ename") == "KeyboardInterrupt" for one in answers)


async def test_control_requests_are_answered_while_the_kernel_is_busy(connect: Connect) -> None:
    conversation = await connect()
    request = conversation.execute("input()")
    await conversation.reader.until(lambda: bool(conversation.reader.of("input_request")))
    conversation.ask("kernel_info_request", {}, channel="control")
    await conversation.reader.until(lambda: bool(conversation.reader.of("kernel_info_reply")))
    assert conversation.reader.of("kernel_info_reply")[0].channel == "control"
    conversation.ask("input_reply", {"value": "", "status": "ok"}, channel="stdin")
    await conversation.finished(request)


async def test_a_client_that_sends_faster_than_the_kernel_takes_is_refused(
    connect: Connect,
) -> None:
    conversation = await connect()
    await conversation.run("1")
    await conversation.process.signal(signal.SIGSTOP)
    sending = [partial(conversation.execute, "#" + "x" * 2**20)] * 100
    with pytest.raises(TooMuchUnsentError):
        any(send() is None for send in sending)
    await conversation.process.signal(signal.SIGCONT)


async def test_an_idle_that_was_lost_is_made_up_for(connect: Connect) -> None:
    conversation = await connect()
    await conversation.run("import zmq; kernel = get_ipython().kernel")
    # The kernel's own session drops its next status, as a full socket would.
    code = "kernel._publish_status_and_flush = kernel._publish_status = lambda *_args, **_kw: None"
    answers = await conversation.run(code)
    assert answers[-1].content == {"execution_state": "idle"}
    assert answers[-1].header.session == "platform"


async def test_forged_messages_go_nowhere(connect: Connect) -> None:
    conversation = await connect()
    answers = await conversation.run(FORGERY)
    assert text_of(answers) == "real\n"


async def test_nothing_waits_for_a_link_that_is_closed(connect: Connect) -> None:
    conversation = await connect()
    request = conversation.execute("import time; time.sleep(60)")
    await conversation.link.aclose()
    assert json.loads(conversation.reader.messages[-2].parts[3])["status"] == "error"
    assert conversation.reader.closed == (1001, "the kernel was shut down")
    assert request.header.id == conversation.reader.messages[-1].parent.id
    await asyncio.sleep(0)
