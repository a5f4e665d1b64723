"""What a terminal has shown is shown again: the same screen, in bounded memory."""

from __future__ import annotations

import pytest
from agent.recording import LINES_BYTES, SCREEN_BYTES, Recording
from agent.screen import Screen

ROWS, COLUMNS = 8, 40
EDITOR = b"\x1b[?1049h\x1b[1;7r\x1b[?25l"
TOO_MUCH = b"\x1b[2;1Hline\x1b[K" * (SCREEN_BYTES // 5)


def recording(*pieces: bytes) -> Recording:
    made = Recording(ROWS, COLUMNS)
    for piece in pieces:
        made.append(piece)
    return made


def rows(output: bytes) -> list[str]:
    """Return what a screen shows that was drawn so."""
    screen = Screen(ROWS, COLUMNS)
    screen.feed(output)
    return screen.text()


def test_of_nothing_nothing_is_shown() -> None:
    assert recording().replayed() == b""


def test_output_is_shown_again_after_what_was_there_is_cleared() -> None:
    assert recording(b"$ l", b"s\r\nfile\r\n$ ").replayed() == b"\x1bc$ ls\r\nfile\r\n$ "


def test_of_much_output_the_latest_whole_lines_are_kept() -> None:
    lines = [b"line %d\r\n" % number for number in range(100_000)]
    shown = recording(*lines).replayed()
    assert LINES_BYTES - 100 < len(shown) < LINES_BYTES * 1.1
    assert shown.startswith(b"\x1bcline ")
    assert shown.endswith(b"".join(lines[-1000:]))


def test_what_was_set_stays_set_when_its_beginning_is_gone() -> None:
    modes = b"\x1b[?2004;1000h\x1b[?1006h"
    others = [b"\x1b=", b"\x1b[5 q", b"\x1b]0;title\x07"]
    text = b"text\r\n" * LINES_BYTES
    shown = recording(b"\x1b[1m", modes, *others, b"\x1b[0;32m", text).replayed()
    before = shown[: shown.index(b"text")]
    assert all(b"\x1b[?%dh" % mode in before for mode in (2004, 1000, 1006))
    assert all(one in before for one in others)
    assert before.endswith(b"\x1b[0;32m")
    assert b"\x1b[1m" not in before


def test_what_was_unset_is_not_set_again() -> None:
    shown = recording(b"\x1b[?2004h\x1b[31m", b"\x1b[?2004l\x1b[m", b"y\r\n" * LINES_BYTES)
    assert shown.replayed().startswith(b"\x1bc\x1b[?2004ly\r\n")


def test_nothing_is_asked_of_the_terminal_a_second_time() -> None:
    questions = [b"\x1b[c", b"\x1b[>c", b"\x1b[6n", b"\x1b[?2026$p"]
    questions += [b"\x1b]11;?\x07", b"\x1bP+q544e\x1b\\"]
    shown = recording(b"a", *questions, b"\x1b]2;t\x07b").replayed()
    assert shown == b"\x1bca\x1b]2;t\x07b"


def test_what_an_editor_has_drawn_is_shown_as_it_came() -> None:
    drawn = EDITOR + b"\x1b[3;5Htext"
    shown = recording(b"$ vi\r\n", drawn).replayed()
    assert shown.startswith(b"\x1bc$ vi\r\n\x1b[?1049h")
    assert shown.endswith(drawn[len(b"\x1b[?1049h") :])


def test_what_an_editor_drew_long_ago_is_still_on_its_screen() -> None:
    shown = recording(b"$ vi\r\n", EDITOR, b"\x1b[3;5H\x1b[1;32mtext\x1b[m", TOO_MUCH).replayed()
    assert len(shown) < SCREEN_BYTES * 2
    assert rows(shown)[1:3] == ["line", "    text"]
    before, after = shown.split(b"\x1b[0;1;32mtext")
    assert before.startswith(b"\x1bc$ vi\r\n\x1b[?1049h")
    assert b"\x1b[1;7r" in after
    assert b"\x1b[?25l" in after


def test_when_the_editor_is_left_the_shell_is_as_it_was_before() -> None:
    shown = recording(b"$ vi\r\n", EDITOR, TOO_MUCH, b"\x1b[?1049l\x1b[?25h", b"$ ").replayed()
    assert shown == b"\x1bc$ vi\r\n\x1b7\x1b[?25l\x1b8\x1b[?25h$ "


def test_a_switch_of_screens_may_come_in_pieces() -> None:
    whole = b"$ vi\r\n\x1b[?2004;1049hdrawn\x1b[?1049l$ "
    for cut in range(len(whole)):
        made = recording(whole[:cut], whole[cut:])
        assert made.screen() == b""
        assert made.replayed() == b"\x1bc$ vi\r\n\x1b7\x1b[?2004h\x1b8$ "


def test_what_comes_in_pieces_is_never_cut_between_them() -> None:
    output = b"\x1b[38;5;120m" + "größer".encode() + b"\x1b[m\x1b]0;title\x1b\\"
    whole = EDITOR + b"\x1b[H" + output * 8000
    by_bytes = Recording(ROWS, COLUMNS)
    for start in range(0, len(whole), 7):
        by_bytes.append(whole[start : start + 7])
    assert rows(by_bytes.replayed()) == rows(whole)


def test_a_screen_that_was_smaller_for_a_while_is_whole_again() -> None:
    made = recording(EDITOR, b"\x1b[7;30Hcorner")
    made.resize(4, 20)
    assert rows(made.screen()) == [""] * ROWS
    made.resize(ROWS, COLUMNS)
    assert rows(made.screen())[6].endswith("corner")


def test_memory_is_bounded_whatever_is_printed() -> None:
    garbage = b"\x1b]0;" + b"x" * 100 + b"\x1b[\x00\x1b[1;2;3" + b"\xff" * 50
    for beginning in (b"", EDITOR):
        made = recording(beginning, *[garbage * 100] * 100)
        assert len(made.replayed()) < LINES_BYTES * 1.2


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"ab\r\ncd", ["ab", "cd"]),
        (b"x" * 41, ["x" * 40, "x"]),
        (b"x" * 40 + b"\ry", ["y" + "x" * 39]),
        (b"\x1b[?7l" + b"x" * 41 + b"y", ["x" * 39 + "y"]),
        (b"abc\x1b[2DX", ["aXc"]),
        (b"abc\x1b[1;2H\x1b[P", ["ac"]),
        (b"abc\x1b[1;2H\x1b[2@", ["a  bc"]),
        (b"abc\x1b[1;2H\x1b[4hX", ["aXbc"]),
        (b"abcd\x1b[1;2H\x1b[2X", ["a  d"]),
        (b"abc\x1b[1;2H\x1b[K", ["a"]),
        (b"abc\x1b[1;2H\x1b[1K", ["  c"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[J", ["a"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[1J", ["", "", "c"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[L", ["a", "", "b", "c"]),
        (b"a\r\nb\r\nc\x1b[2;1H\x1b[M", ["a", "c"]),
        (b"a\r\nb\r\nc\x1b[1;2r\x1b[2;1H\nd", ["b", "d", "c"]),
        (b"a\r\nb\r\nc\x1b[2;3r\x1b[2;1H\x1bMd", ["a", "d", "b"]),
        (b"a\r\nb\x1b[2;3r\x1b[?6h\x1b[1;1Hc", ["a", "c"]),
        (b"a\r\nb\x1b[S", ["b"]),
        (b"a\r\nb\x1b[T", ["", "a", "b"]),
        (b"a\tb\x1b[Zc", ["a       c"]),
        (b"-\x1b[4b", ["-----"]),
        (b"\x1b(0lqk\x1b(B!", ["┌─┐!"]),
        (b"\x1b)0\x0ex\x0fx", ["│x"]),
        ("漢字e\u0301".encode() + b"\x1b[1;3Hx", ["漢x e\u0301"]),
        (b"ab\x1b7\x1b[5;5Hc\x1b8d", ["abd", "", "", "", "    c"]),
        (b"a\x1b[99999999;1Hb\x1b[;;;mc", ["a", *[""] * (ROWS - 2), "bc"]),
        (b"a\x1b[3Eb\x1b[2Fc", ["a", "c", "", "b"]),
        (b"a\x1bcb", ["b"]),
    ],
)
def test_sequences_do_what_they_do_in_terminals(output: bytes, shown: list[str]) -> None:
    assert rows(output) == shown + [""] * (ROWS - len(shown))


def test_a_screen_drawn_anew_is_the_same_to_the_last_style() -> None:
    screen, other = Screen(ROWS, COLUMNS), Screen(ROWS, COLUMNS)
    screen.feed(
        b"\x1b[44m\x1b[2J\x1b[1;38;5;120mbold\x1b[22;7m" + "漢".encode() + b"\x1b[4:3;58:2::1:2:3mx"
        b"\x1b[38;2;1;2;3mtrue\x1b[39;27m\x1b[5;1H" + b"w" * COLUMNS
    )
    other.feed(screen.drawn() + screen.placed())
    assert other.drawn() + other.placed() == screen.drawn() + screen.placed()
    other.feed(b"!")
    screen.feed(b"!")
    assert other.text() == screen.text()
