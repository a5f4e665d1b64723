"""A kernel's websocket, as Jupyter clients use it and as attackers would."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import websockets

from platform_kernels.outbox import OutboxLimits
from platform_kernels.wires import LinkLimits
from platform_server.identity.model import Scope
from platform_server.testing.conversations import is_over, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_kernels.messages import Message
    from platform_server.testing.kernel_bench import Bench, Person
    from platform_server.testing.kernel_sockets import KernelSocket


@pytest.fixture
async def kernel_id(alice: Person) -> str:
    return await alice.start_kernel("wonder")


@pytest.fixture
async def socket(alice: Person, kernel_id: str) -> AsyncIterator[KernelSocket]:
    async with alice.socket(kernel_id) as socket:
        yield socket


def of(messages: list[Message], kind: str) -> list[dict[str, Any]]:
    return [one.content for one in messages if one.header.type == kind]


async def test_text_results_errors_and_rich_output_arrive(socket: KernelSocket) -> None:
    await socket.run("from IPython.display import HTML, display, clear_output")
    answers = await socket.run("print('out'); display(HTML('<b>rich</b>')); 6 * 7")
    assert text_of(answers) == "out\n"
    assert of(answers, "display_data")[0]["data"]["text/html"] == "<b>rich</b>"
    assert of(answers, "execute_result")[0]["data"]["text/plain"] == "42"
    failed = await socket.run("1 / 0")
    assert of(failed, "error")[0]["ename"] == "ZeroDivisionError"
    assert of(failed, "execute_reply")[0]["status"] == "error"


async def test_a_display_is_updated_under_its_id(socket: KernelSocket) -> None:
    answers = await socket.run("h = display('one', display_id='it'); h.update('two')")
    update = of(answers, "update_display_data")[0]
    assert update["transient"] == {"display_id": "it"}
    assert update["data"]["text/plain"] == "'two'"


async def test_input_asks_the_client_that_runs_the_code(
    carol: Person, kernel_id: str, socket: KernelSocket
) -> None:
    async with carol.socket(kernel_id) as other:
        await other.run("1")
        request = await socket.execute("print('Hello,', input('Who? '))")
        asked = await socket.first(lambda one: one.header.type == "input_request")
        assert asked.content == {"prompt": "Who? ", "password": False}
        await socket.send("stdin", "input_reply", {"value": "Alice", "status": "ok"})
        assert "Hello, Alice\n" in text_of(await socket.finished(request))
        assert of(other.messages, "input_request") == []


async def test_two_clients_see_each_others_outputs_and_their_own_replies(
    alice: Person, kernel_id: str, socket: KernelSocket
) -> None:
    async with alice.socket(kernel_id) as other:
        await socket.run("print('first')")
        await other.run("print('second')")
        assert text_of(socket.messages) == text_of(other.messages) == "first\nsecond\n"
        assert len(of(socket.messages, "execute_reply")) == 1
        assert len(of(other.messages, "execute_reply")) == 1


async def test_comms_carry_binary_buffers_both_ways(socket: KernelSocket) -> None:
    await socket.run("""
from comm import create_comm, get_comm_manager

def opened(comm, message):
    @comm.on_msg
    def echo(message):
        comm.send({'said': message['content']['data']}, buffers=[b'\\xff\\x00', b'more'])

get_comm_manager().register_target('echo', opened)
""")
    comm_id = uuid.uuid4().hex
    await socket.send("shell", "comm_open", {"comm_id": comm_id, "target_name": "echo"})
    await socket.send("shell", "comm_msg", {"comm_id": comm_id, "data": {"x": 1}})
    answer = await socket.first(lambda one: one.header.type == "comm_msg")
    assert answer.content == {"comm_id": comm_id, "data": {"said": {"x": 1}}}
    assert answer.parts[4:] == [b"\xff\x00", b"more"]
    info = await socket.ask("comm_info_request", {"target_name": "echo"})
    assert info.content["comms"] == {comm_id: {"target_name": "echo"}}


async def test_completion_inspection_and_history_are_answered(socket: KernelSocket) -> None:
    await socket.run("import math")
    completed = await socket.ask("complete_request", {"code": "math.fact", "cursor_pos": 9})
    assert "math.factorial" in completed.content["matches"] or any(
        one.endswith("factorial") for one in completed.content["matches"]
    )
    request = {"code": "math.sqrt", "cursor_pos": 9, "detail_level": 0}
    assert (await socket.ask("inspect_request", request)).content["found"] is True
    info = (await socket.ask("kernel_info_request", {})).content
    assert info["language_info"]["name"] == "python"
    done = await socket.ask("is_complete_request", {"code": "for x in y:"})
    assert done.content["status"] == "incomplete"


class Debugger:
    """JupyterLab's debugger, as far as its messages go."""

    def __init__(self, socket: KernelSocket) -> None:
        self._socket = socket
        self._seq = 0

    async def __call__(self, command: str, **arguments: Any) -> dict[str, Any]:
        self._seq += 1
        body = {"type": "request", "seq": self._seq, "command": command, "arguments": arguments}
        request = await self._socket.send("control", "debug_request", body)
        reply = await self._socket.first(
            lambda one: one.header.type == "debug_reply" and one.parent.id == request.header.id
        )
        content: dict[str, Any] = reply.content
        assert content["success"], content
        return dict(content.get("body") or {})

    async def event(self, name: str) -> dict[str, Any]:
        event = await self._socket.first(
            lambda one: one.header.type == "debug_event" and one.content["event"] == name
        )
        content: dict[str, Any] = event.content
        return dict(content["body"])


async def test_a_cell_is_debugged(socket: KernelSocket) -> None:
    debug = Debugger(socket)
    await socket.run("x = 41")
    await debug("initialize", clientID="t", adapterID="", pathFormat="path", linesStartAt1=True)
    await debug("attach")
    code = "y = x + 1\nz = y"
    cell = await debug("dumpCell", code=code)
    source = {"path": cell["sourcePath"]}
    await debug("setBreakpoints", source=source, breakpoints=[{"line": 2}], sourceModified=False)
    await debug("configurationDone")
    request = await socket.execute(code)
    stopped = await debug.event("stopped")
    trace = await debug("stackTrace", threadId=stopped["threadId"])
    frame = trace["stackFrames"][0]["id"]
    assert (await debug("evaluate", expression="y * 2", frameId=frame))["result"] == "84"
    await debug("continue", threadId=stopped["threadId"])
    await socket.finished(request)
    variables = await debug("inspectVariables")
    assert {"x", "y", "z"} <= {one["name"] for one in variables["variables"]}
    await debug("disconnect", restart=False, terminateDebuggee=True)


async def test_a_client_of_the_legacy_protocol_is_served(alice: Person, kernel_id: str) -> None:
    url = alice.base_url.replace("http", "ws") + f"/api/kernels/{kernel_id}/channels"
    headers = {"Authorization": f"Bearer {alice.token}"}
    async with websockets.connect(url, additional_headers=headers, proxy=None) as connection:
        assert connection.subprotocol is None
        header = {
            "msg_id": "m1",
            "msg_type": "execute_request",
            "session": "s",
            "username": "",
            "version": "5.3",
        }
        message = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}}
        content = {"code": "print('legacy')", "silent": False}
        await connection.send(json.dumps({**message, "content": content, "buffers": []}))
        texts = []
        async with asyncio.timeout(20):
            while "execute_reply" not in texts:
                answer = json.loads(await connection.recv())
                texts.append(answer["msg_type"])
                assert answer["channel"] in {"iopub", "shell"}
                assert answer["msg_type"] == answer["header"]["msg_type"]
        assert "stream" in texts


@pytest.mark.parametrize("protocol", ["v1.kernel.websocket.jupyter.org", None])
@pytest.mark.parametrize("frame", [b"\xff" * 64, b"", b"\x01", "not JSON", b"\x00" * 64])
async def test_a_malformed_frame_closes_its_websocket_and_nobody_else_notices(
    alice: Person, kernel_id: str, socket: KernelSocket, protocol: str | None, frame: bytes | str
) -> None:
    async with alice.socket(kernel_id, protocol=protocol) as attacker:
        await attacker.connection.send(frame)
        assert await attacker.closed() == 1003
    assert text_of(await socket.run("print('fine')")) == "fine\n"


async def test_a_half_open_websocket_a_restart_and_the_same_session_again_works(
    alice: Person, kernel_id: str
) -> None:
    async with alice.socket(kernel_id, session="same") as stale:
        await stale.run("1")
        # The network goes away without a word: nothing is read or closed on this side any more.
        stale.connection.transport.pause_reading()
        await alice.api.post(f"/api/kernels/{kernel_id}/restart")
        for _ in range(2):
            async with alice.socket(kernel_id, session="same") as fresh:
                assert text_of(await fresh.run("print('works')")) == "works\n"
        assert (await alice.api.get(f"/api/kernels/{kernel_id}")).json()["connections"] == 0


async def test_a_client_whose_network_failed_finds_the_rest_of_its_output(
    alice: Person, kernel_id: str
) -> None:
    async with alice.socket(kernel_id, session="laptop") as before:
        request = await before.execute("input(); print('meanwhile')")
        await before.first(lambda one: one.header.type == "input_request")
        before.connection.transport.abort()
        async with alice.socket(kernel_id, session="desk") as desk:
            await desk.send("stdin", "input_reply", {"value": "", "status": "ok"})
            await desk.first(lambda one: one.header.type == "stream")
    async with alice.socket(kernel_id, session="laptop") as after:
        await after.until(lambda: is_over(after.messages, request))
        assert text_of(after.messages) == "meanwhile\n"


async def test_a_revoked_token_closes_the_websocket_within_seconds(
    bench: Bench, alice: Person
) -> None:
    identity = bench.services.identity
    token, stored = await identity.create_token(
        alice.principal.id, "soon revoked", frozenset(Scope), None
    )
    kernel_id = await alice.start_kernel("wonder")
    other = await bench.person_of(token)
    async with other.socket(kernel_id) as socket:
        await socket.run("1")
        await identity.revoke_token(alice.principal.id, stored.id)
        assert await socket.closed() == 1008


async def test_a_member_who_is_removed_loses_the_websocket_within_seconds(
    bench: Bench, alice: Person
) -> None:
    dave = await bench.person("dave")
    projects = bench.services.projects
    view = await projects.by_label(alice.principal, "wonder")
    project_id = view.project.id
    from platform_server.projects.model import Access

    await projects.add_member(alice.principal, project_id, "dave@example.org", Access.EDITOR)
    kernel_id = await alice.start_kernel("wonder")
    async with dave.socket(kernel_id) as socket:
        await socket.run("1")
        await projects.remove_member(alice.principal, project_id, dave.principal.id)
        assert await socket.closed() == 1008


async def test_a_token_that_may_only_read_opens_no_websocket(bench: Bench, alice: Person) -> None:
    identity = bench.services.identity
    token, _ = await identity.create_token(
        alice.principal.id, "reads", frozenset({Scope.READ}), None
    )
    kernel_id = await alice.start_kernel("wonder")
    reader = await bench.person_of(token)
    assert (await reader.api.get(f"/api/kernels/{kernel_id}")).status_code == 200
    assert (await reader.api.post(f"/api/kernels/{kernel_id}/restart")).status_code == 403
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with reader.socket(kernel_id):
            pass


async def test_a_stranger_opens_no_websocket(alice: Person, bob: Person, kernel_id: str) -> None:
    with pytest.raises(websockets.InvalidStatus, match="404"):
        async with bob.socket(kernel_id):
            pass
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with alice.socket(kernel_id) as _, _with_token(alice, kernel_id, "pxp_wrong"):
            pass


def _with_token(person: Person, kernel_id: str, token: str) -> Any:
    from platform_server.testing.kernel_sockets import kernel_socket

    return kernel_socket(person.base_url, kernel_id, token)


async def test_small_frames_leave_at_once(alice: Person, bench: Bench, kernel_id: str) -> None:
    async with alice.socket(kernel_id):
        (ticket,) = bench.registry.open_tickets
        connection: Any = ticket.close
        stream = connection.__self__.websocket_handler.ws_connection.stream
        assert stream.socket.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY)


async def test_a_flood_for_a_client_that_does_not_read_stays_bounded(
    bench: Bench, alice: Person
) -> None:
    before = bench.kernels.link_limits
    bench.kernels.link_limits = LinkLimits(
        outbox=OutboxLimits(outputs=2**21, everything=2**22, away=2**18)
    )
    try:
        kernel_id = await alice.start_kernel("wonder")
    finally:
        bench.kernels.link_limits = before
    allowance = bench.kernels.bounds_of(bench.kernels.get_kernel(kernel_id).home.project_id)[0]
    async with alice.socket(kernel_id) as sleeper, alice.socket(kernel_id) as socket:
        sleeper.connection.transport.pause_reading()
        most = 0

        def look() -> bool:
            nonlocal most
            most = max(most, allowance.used)
            return is_over(socket.messages, request)

        request = await socket.execute(
            "for _ in range(60): display({'text/plain': 'x' * 1_000_000}, raw=True)"
        )
        await socket.until(look)
        assert most < 30 * 2**20
        sleeper.connection.transport.resume_reading()
        await sleeper.first(lambda one: "MB left out" in text_of([one]))


async def test_thousands_of_displays_all_arrive(
    socket: KernelSocket,
) -> None:
    answers = await socket.run("for n in range(3000): display(n)")
    assert len(of(answers, "display_data")) == 3000


async def test_one_user_cannot_use_another_ones_session_name_to_read_what_waits(
    alice: Person, carol: Person, kernel_id: str
) -> None:
    async with alice.socket(kernel_id, session="same") as hers:
        await hers.run("1")
        hers.connection.transport.abort()
    async with carol.socket(kernel_id, session="same") as theirs:
        answers = await theirs.run("2")
    assert of(answers, "execute_input")[0]["code"] == "2"
    assert all(one.content.get("code") != "1" for one in theirs.messages)
