"""The server starts, serves, and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from platform_server.testing.serving import Person


async def test_a_stranger_is_told_that_the_server_lives(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api/health")
    assert answer.json() == {"status": "ok"}


async def test_a_person_who_signed_in_gets_the_page(alice: Person) -> None:
    browser = await alice.browser()
    page = await browser.get("/lab")
    assert page.status_code == 200
    assert "jupyter-config-data" in page.text
