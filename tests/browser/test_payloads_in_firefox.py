"""What a learner wrote does nothing in a reviewer's page in Firefox either."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.firefox import CommandFailed, Firefox
from platform_server.testing.payloads import EVIL, FIRED, VECTORS
from platform_server.testing.serving import join

from .submitted_payloads import SCROLL, submission_with_payloads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Server

# Notes which frames have their pages and what the page is called, and waits until it can be used.
BEGIN = """async () => {
  document.addEventListener('load', ({target}) => (target.shown = target.srcdoc), true);
  window.titles = [];
  new MutationObserver(() => window.titles.push(document.title)).observe(
    document.head, {childList: true, characterData: true, subtree: true});
  while (!window.jupyterapp || !document.body.dataset.jpThemeName) {
    await new Promise(done => requestAnimationFrame(done));
  }
  await window.jupyterapp.restored;
}"""
# Of what is around the frames.
STATE = "() => [document.body.dataset.jpThemeName, document.cookie, location.href]"
TITLE = "() => document.title"
TITLES = "() => window.titles"
SHOW = f"""async path => {{
  const found = async find => {{
    while (!find()) await new Promise(done => requestAnimationFrame(done));
    return find();
  }};
  const button = await found(() =>
    [...document.querySelectorAll('.platform-Submission-files button')].find(
      one => one.firstElementChild.textContent === path));
  const view = button.closest('.platform-Submission');
  button.click();
  await found(() =>
    [...view.querySelectorAll('section')].some(
      one => one.getAttribute('aria-label') === path && one.querySelector('.platform-Row')));
  const count = await ({SCROLL})();
  const frames = () => [...view.querySelectorAll('.platform-Frame iframe[sandbox=""]')];
  await found(() => frames().length === count && frames().every(one => one.shown === one.srcdoc));
  return count;
}}"""
# Opens a submitted notebook as JupyterLab shows notebooks.
SHOW_NOTEBOOK = """async path => {
  const {commands} = window.jupyterapp;
  await commands.execute('docmanager:open', {path, factory: 'Submitted notebook'});
  const cells = () => [...document.querySelectorAll('.platform-NotebookView')]
    .filter(one => one.checkVisibility())
    .flatMap(one => [...one.querySelectorAll('.jp-Cell')]);
  while (cells().length < 6) await new Promise(done => requestAnimationFrame(done));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  await commands.execute('application:close');
}"""
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"
# Puts each into a frame of its own that may do everything, and waits until these are there.
LET_GO = """async pages => {
  const frames = pages.map(page => {
    const frame = document.createElement('iframe');
    frame.srcdoc = page;
    return frame;
  });
  const loaded = frames.map(frame => new Promise(done => frame.addEventListener('load', done)));
  document.body.append(...frames);
  await Promise.all(loaded);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def asked_of_others(firefox: Firefox, server: Server) -> list[str]:
    """Return what went, or would have gone, to another host."""
    own = (f"{server.url}/", f"ws{server.url.removeprefix('http')}/", "data:", "blob:", "about:")
    return [*firefox.door.asked, *(url for url in firefox.requests if not url.startswith(own))]


async def frames_of(firefox: Firefox) -> list[Any]:
    """Return the frames of its page, each with ``url`` and with ``children`` of its own."""
    tree = await firefox.command("browsingContext.getTree", root=firefox.page)
    return list(tree["contexts"][0]["children"])


async def opened_by_itself(firefox: Firefox, submission: str) -> None:
    """Open submitted pages outside of any frame: they run nothing, and leave nothing."""
    for form in ("raw", "view"):
        for name in ("taking.html", "a.svg", "a.html"):
            with suppress(CommandFailed):  # it may be a download
                await firefox.open(f"{submission}/{form}/{name}")
                assert await firefox.run(TITLE) != "fired"


@pytest.fixture(scope="module")
async def firefox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firefox]:
    async with Firefox.start(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


async def test_054_058_060_061_067_no_payload_fires_in_firefox(
    server: Server, firefox: Firefox
) -> None:
    maker = await join(server, "malvin", Role.LEARNER)
    reviewer = await join(server, "rosa", Role.REVIEWER)
    submission, paths, count = await submission_with_payloads(maker)
    assert count >= 500
    await firefox.keep((await reviewer.browser()).cookies.jar)
    await firefox.open(f"{server.url}/lab?reset&submission={submission}")
    await firefox.run(BEGIN)
    before = await firefox.run(STATE)

    for path in [*paths, "code.ipynb"]:  # the last is the one that all comments are about
        await firefox.run(SHOW, path)
        for frame in await frames_of(firefox):
            assert (frame["url"], frame["children"]) == ("about:srcdoc", [])
    for carrier in ("markdown", "html", "svg", "output in Markdown"):
        await firefox.run(SHOW_NOTEBOOK, f"Submission:{submission}/1/{carrier}.ipynb")
    assert await firefox.run(STATE) == before
    assert "fired" not in await firefox.run(TITLES)
    await opened_by_itself(firefox, f"{server.url}/api/submissions/{submission}")
    await firefox.open(f"{server.url}/api/me")

    assert await firefox.run(WORKERS) == 0
    assert asked_of_others(firefox, server) == []
    assert [said for said in firefox.said if FIRED in said] == []  # asked in vain
    for address in ("/api/containers/", "/api/kernels"):
        assert (await reviewer.http.get(address)).json() == []
    for person in (maker, reviewer):
        await person.aclose()


async def test_the_payloads_fire_in_firefox_where_nothing_keeps_them_from_it(
    firefox: Firefox,
) -> None:
    await firefox.open("about:blank")
    pages = [vector.replace(EVIL, f"{EVIL}/{at}") for at, vector in enumerate(VECTORS)]
    firefox.requests.clear()

    await firefox.run(LET_GO, pages)

    assert await firefox.run(TITLE) == "fired"
    assert len({url.split("/")[3] for url in firefox.requests if url.startswith(EVIL)}) >= 30
    assert "CONNECT evil.example:443 HTTP/1.1" in firefox.door.asked
