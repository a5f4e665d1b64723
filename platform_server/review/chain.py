"""The seals of a submission's events: each is made of the event and of the seal before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.seals import seal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.review.model import Event


def seal_of(event: Event, before: str) -> str:
    """Return the event's seal, 64 lower-case hex digits; ``before`` is "" for the first event."""
    said = {
        "submission": event.submission_id,
        "number": event.number,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": event.actor_id,
        "what": event.what.value,
        "detail": dict(event.detail),
    }
    return seal(said, before)


def first_broken(events: Sequence[Event]) -> int | None:
    """Return the number of the first event that was changed, or that follows a missing one."""
    before = ""
    for number, event in enumerate(events, 1):
        if event.number != number or event.seal != seal_of(event, before):
            return number
        before = event.seal
    return None
