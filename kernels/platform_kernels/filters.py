"""What is taken out of a kernel's messages before a page acts on them.

A page does things with some messages beyond showing them: it inserts cells, opens a pager, asks for
input. The code that asks may come from somebody else's notebook, so it gets a known few of these,
in reasonable sizes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from platform_kernels.messages import InvalidMessage, Message

_CONTENT = 3
_PAYLOAD_LIMIT = 1024 * 1024  # characters of one payload, as JSON
_PAYLOADS_LIMIT = 8  # a reply
_PROMPT_LIMIT = 4096  # characters
_PAYLOAD_SOURCES = frozenset({"page", "set_next_input", "ask_exit"})
_STATES = frozenset({"starting", "busy", "idle", "restarting", "dead"})


def safe_reply(message: Message) -> Message:
    """Return an execute_reply with only harmless payloads; other replies as they are.

    Raises InvalidMessage when the reply cannot be understood.
    """
    if message.header.type != "execute_reply" or b'"payload"' not in message.parts[_CONTENT]:
        return message
    content = message.content
    payloads = content.get("payload")
    if not payloads:
        return message
    wanted = payloads if isinstance(payloads, list) else []
    content["payload"] = [one for one in wanted if _is_harmless(one)][:_PAYLOADS_LIMIT]
    return _with_content(message, content)


def safe_prompt(message: Message) -> Message:
    """Return an input_request whose prompt is text of a readable length.

    Raises InvalidMessage when it is none.
    """
    content = message.content
    prompt = content.get("prompt", "")
    if message.header.type != "input_request" or not isinstance(prompt, str):
        raise InvalidMessage("not an input request")
    asked = {"prompt": prompt[:_PROMPT_LIMIT], "password": content.get("password") is True}
    return _with_content(message, asked)


def safe(message: Message) -> Message:
    """Return a message of any channel without what a page must not get.

    Raises InvalidMessage when it cannot be understood.
    """
    if message.channel == "stdin":
        return safe_prompt(message)
    return safe_reply(message) if message.channel == "shell" else message


def execution_state(message: Message) -> str:
    """Return the state that a status message reports. Raises InvalidMessage if it is none."""
    state = message.content.get("execution_state")
    if not isinstance(state, str) or state not in _STATES:
        raise InvalidMessage("unknown execution state")
    return state


def _is_harmless(payload: Any) -> bool:
    source = payload.get("source") if isinstance(payload, dict) else None
    if not isinstance(source, str) or source not in _PAYLOAD_SOURCES:
        return False
    if source == "set_next_input" and not isinstance(payload.get("text"), str):
        return False
    return len(json.dumps(payload)) <= _PAYLOAD_LIMIT


def _with_content(message: Message, content: dict[str, Any]) -> Message:
    parts = [*message.parts]
    parts[_CONTENT] = json.dumps(content).encode()
    return replace(message, parts=parts, size=sum(map(len, parts)))
