"""What is taken out of a kernel's messages before a page acts on them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_kernels import filters
from platform_kernels.messages import InvalidMessage, Signer, compose

NEXT = {"source": "set_next_input", "text": "print(1)", "replace": True}
PAGE = {"source": "page", "data": {"text/plain": "help"}, "start": 0}


def payloads(*payload: Any) -> list[Any]:
    reply = compose("shell", "execute_reply", {"status": "ok", "payload": list(payload)})
    filtered: list[Any] = json.loads(filters.safe_reply(reply).parts[3])["payload"]
    return filtered


def test_the_payloads_that_magics_send_pass() -> None:
    assert payloads(NEXT, PAGE, {"source": "ask_exit", "keepkernel": False}) == [
        NEXT,
        PAGE,
        {"source": "ask_exit", "keepkernel": False},
    ]


@pytest.mark.parametrize(
    "payload",
    [
        {"source": "edit_magic", "filename": "/etc/passwd"},
        {"source": "load", "text": "x"},
        {"source": "set_next_input", "text": ["a", "list"]},
        {"source": "set_next_input", "text": "x" * 2**21},
        {"source": ["page"]},
        {},
        "page",
        None,
    ],
    ids=lambda payload: str(payload)[:40],
)
def test_other_payloads_do_not(payload: Any) -> None:
    assert payloads(payload, NEXT) == [NEXT]


def test_a_reply_has_a_few_payloads_at_most() -> None:
    assert len(payloads(*[PAGE] * 1000)) == 8


def test_a_reply_without_payloads_is_passed_on_as_it_is() -> None:
    reply = compose("shell", "execute_reply", {"status": "ok", "payload": []})
    assert filters.safe_reply(reply) is reply


def test_a_prompt_is_text_of_a_readable_length() -> None:
    asked = compose("stdin", "input_request", {"prompt": "Name? " * 5000, "password": "yes"})
    content = filters.safe_prompt(asked).content
    assert len(content["prompt"]) == 4096
    assert content["password"] is False


@pytest.mark.parametrize(
    ("kind", "content"),
    [("input_request", {"prompt": {"html": "x"}}), ("display_data", {"prompt": "x"})],
)
def test_what_is_no_question_does_not_come_as_one(kind: str, content: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        filters.safe_prompt(compose("stdin", kind, content))


@pytest.mark.parametrize("state", ["hacked", None, 1, ["idle"]])
def test_a_state_is_one_of_jupyters(state: Any) -> None:
    with pytest.raises(InvalidMessage):
        filters.execution_state(compose("iopub", "status", {"execution_state": state}))


def test_a_message_needs_the_kernels_own_signature() -> None:
    message = compose("iopub", "status", {"execution_state": "idle"})
    frames = Signer(b"right").frames(message.parts)
    assert Signer(b"right").message("iopub", frames).header.type == "status"
    with pytest.raises(InvalidMessage, match="signature"):
        Signer(b"wrong").message("iopub", frames)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [b"x"],
        [b"<IDS|MSG>"],
        [b"<IDS|MSG>", b"signature", b"{}"],
        Signer(b"right").frames([b"[]", b"{}", b"{}", b"{}"]),
        Signer(b"right").frames([b'{"msg_id": 1}', b"{}", b"{}", b"{}"]),
        Signer(b"right").frames([b'{"msg_id": "' + b"x" * 9000 + b'"}', b"{}", b"{}", b"{}"]),
        Signer(b"right").frames([b"[" * 5000, b"{}", b"{}", b"{}"]),
    ],
    ids=lambda frames: f"{len(frames)} frames, {sum(map(len, frames))} bytes",
)
def test_frames_that_are_no_message_are_refused(frames: list[bytes]) -> None:
    with pytest.raises(InvalidMessage):
        Signer(b"right").message("iopub", frames)
