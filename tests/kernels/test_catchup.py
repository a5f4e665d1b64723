"""Clients and whole server processes that come back get what they missed, once and in order.

A second ``KernelLink`` to a running kernel stands for the next server process.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from platform_kernels.bounds import Allowance, Pace
from platform_kernels.link import KernelLink
from platform_kernels.messages import compose
from platform_kernels.recorder import Recorder, Silent
from platform_kernels.wires import LinkLimits
from platform_server.testing.conversations import KEY, Conversation, Observer, Reader, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_kernels.messages import Message
    from platform_server.testing.runtime import LocalRuntime

    Connect = Callable[..., Awaitable[Conversation]]

SESSION = "platform"  # how the tests' messages call the session that they come from
WAIT = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)\n"
COUNT = "for number in range(300): print(number, flush=True); time.sleep(0.002)"
HOSTILE = """
kernel = get_ipython().kernel
for content in [{}, {'epoch': 1}, {'epoch': 'e', 'seq': -1}, {'epoch': 'e', 'seq': 1,
                'positions': [], 'released': 'x'}, {'token': [], 'seq': 1}, {'token': '1'}]:
    for kind in ('platform_journal', 'platform_replayed'):
        kernel.session.send(kernel.iopub_socket, kind, content)
for place in (b'platform:', b'platform:e:x:iopub:', b'platform:e:1:nowhere:', b'platform:' * 99):
    kernel.session.send(kernel.iopub_socket, 'stream', {'name': 'stdout', 'text': 'x'}, ident=place)
print('still here')
"""


def kill(link: KernelLink) -> None:
    """Let the link's process end in the midst of everything."""
    for wire in link._wires._wires.values():
        assert wire._task is not None
        wire._task.cancel()
        wire._hang_up()


def make_link(observer: Observer) -> KernelLink:
    allowance = Allowance(64 * 2**20)
    return KernelLink(
        KEY,
        observer,
        identity="next",
        limits=LinkLimits(),
        allowance=allowance,
        pace=Pace(),
        recorder=Recorder(allowance, Silent()),
    )


@asynccontextmanager
async def next_link(conversation: Conversation) -> AsyncIterator[tuple[KernelLink, Observer]]:
    """Connect to the kernel as the next server process does."""
    observer = Observer()
    link = make_link(observer)
    await link.resume(conversation.process.endpoints)
    try:
        yield link, observer
    finally:
        await link.aclose()


def come(conversation: Conversation, session: str = SESSION, **options: Any) -> Reader:
    """Let the conversation's client be one of this session."""
    conversation.link.detach(conversation.client, conversation.reader, may_return=False)
    conversation.reader = Reader()
    conversation.client = conversation.link.attach("alice", session, conversation.reader, **options)
    return conversation.reader


def leave(conversation: Conversation) -> None:
    conversation.link.detach(conversation.client, conversation.reader, may_return=True)


def back(link: KernelLink, session: str = SESSION, **options: Any) -> Reader:
    reader = Reader()
    link.attach("alice", session, reader, **options)
    return reader


async def end_of(reader: Reader, request: Message) -> list[Message]:
    """Return what came for a request once its last message has come, a second time or not."""

    def own() -> list[Message]:
        return [one for one in reader.messages if one.parent.id == request.header.id]

    def is_over() -> bool:
        states = [one.content["execution_state"] for one in own() if one.header.type == "status"]
        return "idle" in states

    await reader.until(is_over)
    return own()


def kinds(messages: list[Message]) -> list[str]:
    return [one.header.type for one in messages]


def numbers(messages: list[Message]) -> list[int]:
    return [int(word) for word in text_of(messages).split()]


async def test_a_session_gets_from_the_next_server_what_it_missed(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    reader = come(conversation)
    await conversation.run("x = 1")
    request = conversation.execute(WAIT + "print('missed')\nx")
    await reader.until(lambda: len(reader.of("execute_input")) == 2)
    kill(conversation.link)
    last = reader.messages[-1].header.id
    (runtime.workspace / "go").touch()
    async with next_link(conversation) as (link, observer):
        await observer.free.wait()
        answers = await end_of(back(link, last=last), request)
    assert kinds(answers) == ["stream", "execute_result", "execute_reply", "status"]


async def test_nothing_is_lost_or_repeated_while_the_kernel_goes_on(connect: Connect) -> None:
    conversation = await connect()
    reader = come(conversation)
    await conversation.run("import time")
    request = conversation.execute(COUNT)
    await reader.until(lambda: len(reader.of("stream")) > 20)
    kill(conversation.link)
    async with next_link(conversation) as (link, _):
        first = back(link, last=reader.messages[-1].header.id)
        await first.until(lambda: len(first.of("stream")) > 20)
        (client,) = link._clients.values()
        link.detach(client, first, may_return=True)
        second = back(link)
        await second.until(lambda: len(second.of("stream")) > 20)
        third = back(link, last=second.messages[-1].header.id)  # the second lost connection
        await end_of(third, request)
    everything = reader.messages + first.messages + second.messages + third.messages
    assert numbers(everything) == list(range(300))
    assert len([one for one in everything if one.header.type == "execute_reply"]) == 2


async def test_what_was_sent_but_never_arrived_is_sent_again(connect: Connect) -> None:
    conversation = await connect()
    reader = come(conversation)
    request = conversation.execute("print('one', flush=True); print('two', flush=True)")
    answers = await end_of(reader, request)
    arrived = next(one for one in answers if one.header.type == "stream")
    leave(conversation)
    again = back(conversation.link, last=arrived.header.id)
    assert text_of(await end_of(again, request)) == "two\n"


async def test_hours_of_output_wait_for_a_client_that_is_away(connect: Connect) -> None:
    conversation = await connect()
    request = conversation.execute("input(); line = 'x' * 10_000")
    await conversation.reader.until(lambda: bool(conversation.reader.of("input_request")))
    leave(conversation)
    conversation.ask("input_reply", {"value": "", "status": "ok"}, channel="stdin")
    later = conversation.execute("for n in range(2000): print(n, line, flush=True)")
    watcher = back(conversation.link, "watcher")
    await end_of(watcher, later)
    conversation.reader = Reader()
    conversation.link.attach("alice", "first", conversation.reader)
    text = text_of(await conversation.finished(later))
    assert [line.split()[0] for line in text.splitlines()] == [str(n) for n in range(2000)]
    assert len(conversation.reader.of("execute_reply")) == 2
    assert request.header.id in {one.parent.id for one in conversation.reader.of("execute_reply")}


async def test_a_question_is_asked_again_until_it_is_answered(
    connect: Connect,
) -> None:
    conversation = await connect()
    reader = come(conversation)
    request = conversation.execute("print('Hello,', input('Name? '))")
    await reader.until(lambda: bool(reader.of("input_request")))
    before = next(one for one in reader.messages if one.header.type == "execute_input")
    asked = reader.of("input_request")[0]
    kill(conversation.link)
    async with next_link(conversation) as (link, _):
        again = back(link, last=before.header.id)
        await again.until(lambda: bool(again.of("input_request")))
        knows = back(link, last=asked.header.id)
        (client,) = link._clients.values()
        content = {"value": "Alice", "status": "ok"}
        link.submit(client, compose("stdin", "input_reply", content))
        assert "Hello, Alice" in text_of(await end_of(knows, request))
        assert not knows.of("input_request")
        assert not back(link, last=before.header.id).of("input_request")


async def test_somebody_new_gets_nothing_old(connect: Connect) -> None:
    conversation = await connect()
    come(conversation)
    await conversation.run("print('old')")
    kill(conversation.link)
    async with next_link(conversation) as (link, observer):
        await observer.free.wait()
        reader = back(link, "a new page")
        request = compose("shell", "execute_request", {"code": "print('new')"})
        (client,) = link._clients.values()
        link.submit(client, request)
        await end_of(reader, request)
        assert text_of(reader.messages) == "new\n"


async def test_somebody_new_misses_nothing_while_the_old_is_looked_through(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    come(conversation)
    conversation.execute(WAIT + "for _ in range(60): print('x' * 100_000, flush=True)")
    await conversation.reader.until(lambda: bool(conversation.reader.of("execute_input")))
    kill(conversation.link)
    (runtime.workspace / "go").touch()
    async with next_link(conversation) as (link, observer):
        await observer.free.wait()
        reader = Reader()
        client = link.attach("alice", "somebody new", reader)
        request = compose("shell", "execute_request", {"code": "6 * 7", "silent": False})
        link.submit(client, request)
        answers = await end_of(reader, request)
        expected = ["status", "execute_input", "execute_result", "execute_reply", "status"]
        assert kinds(answers) == expected
    assert not text_of(reader.messages).strip("x")


async def test_the_next_server_knows_which_cell_is_running(
    connect: Connect, runtime: LocalRuntime
) -> None:
    conversation = await connect()
    reader = come(conversation)
    asked = compose("shell", "execute_request", {"code": f"print('began')\n{WAIT}print('ended')"})
    asked.parts[2] = b'{"cellId": "cell-1"}'
    conversation.link.submit(conversation.client, asked)
    await reader.until(lambda: "began" in text_of(reader.messages))
    kill(conversation.link)
    async with next_link(conversation) as (link, observer):
        (runtime.workspace / "go").touch()
        await observer.free.wait()
        (recording,) = link._recorder.unsaved()
        assert recording.asked.cell_id == "cell-1"
        assert recording.ended_at is not None
        (output,) = recording.outputs()
        assert output["text"] == "began\nended\n"


async def test_lies_about_the_journal_change_nothing_for_others(connect: Connect) -> None:
    conversation = await connect()
    answers = await conversation.run(HOSTILE)
    assert "still here" in text_of(answers)
    assert text_of(await conversation.run("print('and on')")) == "and on\n"
