"""What is made once for all who ask at the same time, and remembered."""

from __future__ import annotations

import asyncio

import pytest

from platform_server.errors import TooLarge
from platform_server.review.made_once import MadeOnce

ROOM, MOST = 40, 10


class Maker:
    """Makes texts, when it is told to go on."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may_go_on = asyncio.Event()

    async def make(self, text: str) -> str:
        """Return the text, or fail if there is none."""
        self.made.append(text)
        await self.may_go_on.wait()
        if not text:
            raise TooLarge
        return text


async def asked(once: MadeOnce[str, str], maker: Maker, text: str) -> str:
    return await once.get(text, lambda: maker.make(text))


async def test_all_who_ask_at_once_wait_for_the_same() -> None:
    once, maker = MadeOnce[str, str](ROOM, len, most=MOST), Maker()
    asking = [asyncio.ensure_future(asked(once, maker, "page")) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()  # who goes away takes nothing from the others
    maker.may_go_on.set()
    assert await asyncio.gather(*asking[1:]) == ["page", "page"]
    assert await asked(once, maker, "page") == "page"
    assert maker.made == ["page"]


async def test_what_failed_or_is_too_large_is_made_again() -> None:
    once, maker = MadeOnce[str, str](ROOM, len, most=MOST), Maker()
    maker.may_go_on.set()
    for _ in range(2):
        with pytest.raises(TooLarge):
            await asked(once, maker, "")
        await asked(once, maker, "x" * (once.most + 1))
    assert len(maker.made) == 4


async def test_what_was_not_asked_for_longest_makes_room() -> None:
    once, maker = MadeOnce[str, str](ROOM, len, most=MOST), Maker()
    maker.may_go_on.set()
    texts = [letter * once.most for letter in "abcde"]
    for text in (*texts[:4], texts[0], texts[4], texts[0], texts[1]):
        await asked(once, maker, text)
    assert maker.made == [*texts, texts[1]]


async def test_what_is_being_made_ends_with_it() -> None:
    once, maker = MadeOnce[str, str](ROOM, len, most=MOST), Maker()
    asking = asyncio.ensure_future(asked(once, maker, "page"))
    await asyncio.sleep(0)
    for _ in range(2):
        await once.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asking
