"""What cells put out while no page is there is saved into their notebook."""

from __future__ import annotations

import asyncio
import io
import zipfile
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from platform_extensions.kernels.documents import DocumentOutputs
from platform_server.clock import new_id
from platform_server.contents.model import Origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_kernels.recorder import Recorder
    from platform_server.contents.model import BlobHash, Revision, RevisionId
    from platform_server.projects.model import ProjectView
    from platform_server.testing.kernel_bench import Bench, Person

    Condition = Callable[[dict[str, Any]], bool]

SLOW = "import time\nfor number in range(6):\n    print(number)\n    time.sleep(0.1)"
WAIT = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)"
ENDLESS = WAIT.replace("time.sleep", "print('on'); time.sleep") + "\nprint('done')"
LINES = "".join(f"{number}\n" for number in range(6))


class Document:
    """A notebook of Alice's with the cells "one" and "two", and its kernel."""

    def __init__(self, bench: Bench, alice: Person, wonder: ProjectView) -> None:
        self.bench = bench
        self.alice = alice
        self.project = wonder.project
        self.kernel_id = ""
        self.path = f"{new_id()}.ipynb"  # a history of its own

    async def open(self) -> None:
        cells = [new_code_cell(SLOW, id="one"), new_code_cell("'two'", id="two")]
        await self.save(nbformat.writes(new_notebook(cells=cells)).encode())
        session = await self.alice.open_session(f"wonder/{self.path}")
        self.kernel_id = session["kernel"]["id"]

    async def save(self, data: bytes) -> None:
        contents = self.bench.services.contents
        await contents.write(self.project.id, self.path, data, author=self.alice.principal.id)

    async def history(self) -> list[Revision]:
        return await self.bench.services.contents.history.list(self.project.id, self.path)

    async def cell(self, cell_id: str = "one") -> dict[str, Any]:
        _, data = await self.bench.services.contents.read(self.project.id, self.path)
        notebook = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(notebook)
        return dict(next(cell for cell in notebook.cells if cell.id == cell_id))

    async def until(self, condition: Condition, cell_id: str = "one") -> dict[str, Any]:
        """Wait for the server to save the cell so. What it does has no event to wait for."""
        async with asyncio.timeout(30):
            while True:
                cell = await self.cell(cell_id)
                if condition(cell):
                    return cell
                await asyncio.sleep(0.05)

    async def until_recorded(self, condition: Callable[[Recorder], bool]) -> None:
        """Wait for what the kernel's recorder knows. The end of a websocket has no event."""
        recorder = self.bench.kernels.get_kernel(self.kernel_id).recorder
        async with asyncio.timeout(30):
            while not condition(recorder):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def go(self) -> None:
        await self.bench.services.contents.write(
            self.project.id, "go", b"", author=self.alice.principal.id
        )


@pytest.fixture
async def document(bench: Bench, alice: Person, wonder: ProjectView) -> AsyncIterator[Document]:
    async with opened(Document(bench, alice, wonder), grace=0.1) as document:
        yield document


@pytest.fixture
async def slow_one(bench: Bench, alice: Person, wonder: ProjectView) -> AsyncIterator[Document]:
    """A document into which nothing is saved soon."""
    async with opened(Document(bench, alice, wonder), grace=600, pause=600) as document:
        yield document


@asynccontextmanager
async def opened(
    document: Document, *, grace: float, pause: float = 0.1
) -> AsyncIterator[Document]:
    bench, wonder = document.bench, document.project
    bench.kernels.documents = DocumentOutputs(bench.services, grace=grace, pauses=(pause,))
    await document.open()
    yield document
    await bench.kernels.documents.aclose()
    for path in (document.path, "go"):
        if await bench.services.contents.exists(wonder.id, path):
            await bench.services.contents.delete(wonder.id, path)


def text_of(cell: dict[str, Any]) -> str:
    return "".join(output.get("text", "") for output in cell["outputs"])


async def test_a_cell_whose_page_was_closed_is_complete_in_the_document(
    document: Document,
) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        request = await socket.execute_cell(SLOW, "one")
        await socket.first(
            lambda one: one.header.type == "stream" and one.parent.id == request.header.id
        )
    cell = await document.until(lambda cell: text_of(cell) == LINES)
    assert cell["execution_count"] == 1
    newest = (await document.history())[0]
    assert (newest.origin, newest.author_id) == (Origin.RECORDER, document.alice.principal.id)


async def test_what_a_page_receives_it_saves_itself(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.finished(await socket.execute_cell(SLOW, "one"))
        await socket.finished(await socket.execute_cell("'two'", "two"))
        assert [one.origin for one in await document.history()] == [Origin.API]


async def test_a_page_that_is_cut_off_before_it_could_save_loses_nothing(
    document: Document,
) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.finished(await socket.execute_cell(SLOW, "one"))
        await socket.drop()
        assert text_of(await document.until(lambda cell: cell["outputs"])) == LINES


async def test_a_page_that_is_closed_before_it_has_saved_loses_nothing(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.finished(await socket.execute_cell(SLOW, "one"))
        await socket.finished(await socket.execute_cell("'changed since'", "two"))
    assert text_of(await document.until(lambda cell: cell["outputs"])) == LINES
    assert (await document.cell("two"))["outputs"] == []


async def test_what_waits_is_saved_before_somebody_reads_the_notebook(slow_one: Document) -> None:
    waiting, project_id = slow_one.bench.services.contents.waiting, slow_one.project.id
    assert not await waiting.bring(project_id)
    async with slow_one.alice.socket(slow_one.kernel_id) as socket:
        await socket.finished(await socket.execute_cell(SLOW, "one"))
    await slow_one.until_recorded(lambda recorder: recorder.has_unsaved)
    assert text_of(await slow_one.cell()) == ""
    assert await waiting.bring(project_id)
    assert text_of(await slow_one.cell()) == LINES


async def get(document: Document, address: str, **query: str) -> httpx.Response:
    """Send a request about the document's project."""
    url = f"/api/projects/{document.project.id}/{address}"
    answer = await document.alice.api.get(url, params=query)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer


async def download(document: Document) -> bytes:
    return (await get(document, f"files/{document.path}")).content


async def pack(document: Document) -> bytes:
    with zipfile.ZipFile(io.BytesIO((await get(document, "archive")).content)) as archive:
        return archive.read(document.path)


async def history(document: Document) -> str:
    found = (await get(document, "history", path=document.path)).json()["revisions"]
    return str(found[0]["id"])


async def compare(document: Document) -> str:
    first = (await document.history())[-1].id
    answer = await get(document, "diff", path=document.path, **{"from": first})
    assert answer.json()["notebook"]
    return (await document.history())[0].id


async def preview(document: Document) -> BlobHash:
    previews, who = document.bench.services.reviews.previews, document.alice.principal
    found = await previews.preview(who, document.project.id)
    return next(one.blob for one in found.files if one.path == document.path)


async def submit(document: Document) -> bytes:
    reviews, who = document.bench.services.reviews, document.alice.principal
    view = await reviews.submissions.submit(who, document.project.id, "")
    submitted = await reviews.files.find(view, 1, document.path)
    await reviews.submissions.withdraw(who, view.submission.id)
    return await reviews.files.read(view, submitted)


async def mark(document: Document) -> bytes:
    contents, project_id = document.bench.services.contents, document.project.id
    made = await contents.checkpoints.create(project_id, document.path)
    return (await contents.history.read(project_id, made.revision_id))[1]


async def mark_all(document: Document) -> RevisionId | None:
    checkpoints = document.bench.services.contents.project_checkpoints
    made = await checkpoints.create(document.project.id, new_id(), author=None)
    marked = await checkpoints.marked(document.project.id, made.id)
    (found,) = [one.revision for one in marked if one.path == document.path]
    return None if found is None else found.id


async def list_all(document: Document) -> str:
    return str((await get(document, "history")).json()["revisions"][0]["id"])


async def go_back(document: Document) -> RevisionId:
    first = (await document.history())[-1].id
    history = document.bench.services.contents.history
    await history.restore(document.project.id, document.path, first, author=None)
    return (await document.history())[1].id


async def copy(document: Document) -> bytes:
    contents, project_id = document.bench.services.contents, document.project.id
    await contents.copy(project_id, document.path, "copied.ipynb", author=None)
    _, data = await contents.read(project_id, "copied.ipynb")
    await contents.delete(project_id, "copied.ipynb")
    return data


@pytest.mark.parametrize(
    "reading",
    [download, pack, history, compare, preview, submit, mark, mark_all, list_all, go_back, copy],
)
async def test_what_waits_is_saved_before_what_is_stored_is_read_in_any_way(
    slow_one: Document,
    reading: Callable[[Document], Awaitable[bytes | str | None]],
) -> None:
    async with slow_one.alice.socket(slow_one.kernel_id) as socket:
        await socket.finished(await socket.execute_cell("'two'", "two"))
    await slow_one.until_recorded(lambda recorder: recorder.has_unsaved)

    found = await reading(slow_one)

    recorded = next(one for one in await slow_one.history() if one.origin is Origin.RECORDER)
    contents, project_id = slow_one.bench.services.contents, slow_one.project.id
    _, data = await contents.history.read(project_id, recorded.id)
    assert found in {data, recorded.blob, recorded.id}


async def test_a_notebook_that_is_renamed_takes_along_what_waits_for_it(
    slow_one: Document,
) -> None:
    contents, project_id = slow_one.bench.services.contents, slow_one.project.id
    async with slow_one.alice.socket(slow_one.kernel_id) as socket:
        await socket.finished(await socket.execute_cell("'two'", "two"))
    await slow_one.until_recorded(lambda recorder: recorder.has_unsaved)
    renamed = f"{new_id()}.ipynb"
    await contents.move(project_id, slow_one.path, renamed)
    slow_one.path = renamed
    assert (await slow_one.cell("two"))["outputs"]


async def test_who_reads_again_and_again_makes_no_revisions_of_a_cell_that_runs(
    slow_one: Document,
) -> None:
    waiting, project_id = slow_one.bench.services.contents.waiting, slow_one.project.id
    async with slow_one.alice.socket(slow_one.kernel_id) as socket:
        await socket.execute_cell(ENDLESS, "one")
        await socket.first(lambda one: one.header.type == "stream")
    for _ in range(3):
        await slow_one.until_recorded(lambda recorder: recorder.has_unsaved)
        assert await waiting.bring(project_id)
    assert [one.origin for one in await slow_one.history()] == [Origin.RECORDER, Origin.API]

    await slow_one.go()
    await slow_one.until_recorded(lambda recorder: not recorder.is_working)
    assert await waiting.bring(project_id)
    assert text_of(await slow_one.cell()).endswith("done\n")


async def test_a_running_cell_is_saved_now_and_then(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.execute_cell(f"print('so far')\n{WAIT}\nprint('done')", "one")
        await socket.first(lambda one: one.header.type == "stream")
    await document.until(lambda cell: text_of(cell) == "so far\n")
    await document.go()
    await document.until(lambda cell: text_of(cell) == "so far\ndone\n")


async def test_cells_that_wait_for_others_are_saved_as_they_come(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        request = await socket.execute_cell(SLOW, "one")
        await socket.execute_cell("'two'", "two")
        await socket.first(lambda one: one.parent.id == request.header.id)
    cell = await document.until(lambda cell: bool(cell["outputs"]), "two")
    assert cell["outputs"][0]["data"] == {"text/plain": "'two'"}
    assert text_of(await document.cell()) == LINES


async def test_a_page_that_comes_back_takes_over(document: Document) -> None:
    async with document.alice.socket(document.kernel_id, session="tab") as socket:
        request = await socket.execute_cell(f"{WAIT}\nprint('done')", "one")
        await socket.first(lambda one: one.header.type == "execute_input")
        await socket.drop()
    async with document.alice.socket(document.kernel_id, session="tab") as socket:
        await document.go()
        await socket.finished(request)
        assert text_of(await document.cell()) == ""


async def test_another_page_does_not_stand_in_for_the_one_that_asked(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.execute_cell(f"{WAIT}\nprint('done')", "one")
        await socket.first(lambda one: one.header.type == "execute_input")
    async with document.alice.socket(document.kernel_id):
        await document.go()
        await document.until(lambda cell: text_of(cell) == "done\n")


async def test_a_server_that_stops_saves_what_its_cells_have_put_out(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.execute_cell(f"print('so far')\n{WAIT}", "one")
        await socket.first(lambda one: one.header.type == "stream")
        await document.bench.kernels.shutdown_all()
        assert text_of(await document.cell()) == "so far\n"


async def test_why_a_kernel_died_is_in_the_document(document: Document) -> None:
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.execute_cell(f"{WAIT}\nimport os; os.kill(os.getpid(), 9)", "one")
        await socket.first(lambda one: one.header.type == "execute_input")
    await document.go()
    cell = await document.until(lambda cell: bool(cell["outputs"]))
    assert cell["outputs"][-1]["ename"] == "KernelEnded"


async def test_a_notebook_that_is_gone_is_not_made_again(document: Document) -> None:
    contents, project_id = document.bench.services.contents, document.project.id
    async with document.alice.socket(document.kernel_id) as socket:
        await socket.execute_cell(f"{WAIT}\nprint('done')", "one")
        await socket.first(lambda one: one.header.type == "execute_input")
    await contents.delete(project_id, document.path)
    await document.go()
    kernel = document.bench.kernels.get_kernel(document.kernel_id)
    await document.bench.kernels.documents.settled(kernel)
    assert not kernel.recorder.has_unsaved
    assert not await contents.exists(project_id, document.path)
