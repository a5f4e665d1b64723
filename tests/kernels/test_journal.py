"""What a kernel keeps of what it said: in order, bounded, and honest about what is missing."""

from __future__ import annotations

import itertools
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from agent.journal import Entry, Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeJournal = Callable[..., Journal]

KIB = 1024


def message(number: int, kind: str = "stream", content: str = "", parent: str = "p") -> list[bytes]:
    header = json.dumps({"msg_id": f"m{number}", "msg_type": kind}).encode()
    return [
        b"topic",
        b"<IDS|MSG>",
        b"",
        header,
        json.dumps(parent).encode(),
        b"{}",
        content.encode(),
    ]


def notice(frames: list[bytes], text: str) -> list[bytes]:
    header = json.dumps({"msg_id": "notice", "msg_type": "stream"}).encode()
    return [b"<IDS|MSG>", b"", header, frames[4], b"{}", text.encode()]


@pytest.fixture
def journal() -> Iterator[Callable[..., Journal]]:
    with ExitStack() as stack:

        def journal(**options: Any) -> Journal:
            kept = Journal(notice, **options)
            stack.callback(kept.close)
            return kept

        yield journal


def fill(kept: Journal, count: int, size: int = 10 * KIB) -> None:
    for _ in range(count):
        number = kept.seq + 1
        kept.append(b"iopub", message(number, content=f"{number} " + "x" * size))


def everything(kept: Journal, after: int = 0) -> list[Entry]:
    return list(kept.after(after, size=2**40))


def text_of(entry: Entry) -> str:
    return entry.frames[-1].decode()


def test_messages_come_back_in_order_from_memory_and_from_disk(
    journal: MakeJournal, tmp_path: Path
) -> None:
    kept = journal(memory=100 * KIB, folder=str(tmp_path))
    fill(kept, 100)
    entries = everything(kept)
    assert [one.seq for one in entries] == list(range(1, 101))
    assert text_of(entries[0]).startswith("1 x")
    assert entries[0].frames[:2] == [b"topic", b"<IDS|MSG>"]
    assert [one.seq for one in everything(kept, after=95)] == [96, 97, 98, 99, 100]
    assert list(tmp_path.iterdir()) == []  # the file has no name


def test_a_portion_ends_where_it_is_told(journal: MakeJournal) -> None:
    kept = journal()
    fill(kept, 10)
    assert [one.seq for one in kept.after(3, size=25 * KIB)] == [4, 5, 6]
    assert [one.seq for one in kept.after(3, size=2**30, until=5)] == [4, 5]


def test_what_exceeds_the_disk_is_left_out_with_a_line_that_says_so(
    journal: MakeJournal, tmp_path: Path
) -> None:
    hours = itertools.count()
    kept = journal(
        memory=100 * KIB, disk=400 * KIB, folder=str(tmp_path), now=lambda: next(hours) * 3600.0
    )
    kept.append(b"iopub", message(1, "status"))
    kept.append(b"note", message(2, "platform_request"))
    fill(kept, 100)
    first, second, line, *rest = everything(kept)
    assert (first.seq, second.seq) == (1, 2)
    assert (
        text_of(line) == f"[{len(range(3, rest[0].seq)) * 10 / 1024:.1f} MB of output left out "
        "while nobody listened]\n"
    )
    assert [one.seq for one in rest] == list(range(rest[0].seq, 103))
    assert sum(one.size for one in rest) < 510 * KIB


def test_a_full_disk_is_survived(journal: MakeJournal, tmp_path: Path) -> None:
    kept = journal(memory=100 * KIB, folder=str(tmp_path / "missing" / "\0"))
    fill(kept, 100)
    line, *rest = everything(kept)
    assert "left out while nobody listened" in text_of(line)
    assert rest[-1].seq == 100


def test_a_loop_that_prints_for_ever_does_not_write_for_ever(
    journal: MakeJournal, tmp_path: Path
) -> None:
    kept = journal(memory=100 * KIB, disk=400 * KIB, folder=str(tmp_path), now=lambda: 0.0)
    fill(kept, 300)
    numbers = [one.seq for one in everything(kept)]
    assert numbers[:3] == [1, 2, 3]  # what was written first, and nothing since
    assert numbers[-1] == 300
    assert numbers == sorted(numbers)
    assert len(numbers) < 60


def test_what_everybody_has_is_neither_written_nor_kept(
    journal: MakeJournal, tmp_path: Path
) -> None:
    kept = journal(memory=100 * KIB, folder=str(tmp_path))
    for _ in range(20):
        fill(kept, 10)
        kept.release(kept.seq)
    assert len(everything(kept)) < 12  # as many as fit into memory
    fill(kept, 50)
    kept.release(230)
    assert [one.seq for one in everything(kept, after=230)] == list(range(231, 251))


def test_a_message_is_found_by_its_id_wherever_it_is(journal: MakeJournal, tmp_path: Path) -> None:
    kept = journal(memory=100 * KIB, folder=str(tmp_path))
    fill(kept, 100)
    assert [kept.find(f"m{number}") for number in (1, 50, 100)] == [1, 50, 100]
    assert kept.find("m101") is None


def test_a_question_is_repeated_until_it_has_its_answer(journal: MakeJournal) -> None:
    kept = journal()
    kept.append(b"stdin", message(1, "input_request"))
    fill(kept, 1)
    assert [one.seq for one in everything(kept)] == [1, 2]
    kept.note_answer()
    assert [one.seq for one in everything(kept)] == [2]
