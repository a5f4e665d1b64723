"""Why something in a sandbox ended, and what to do, in words for the user."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from platform_server.sandboxes.model import EndCause

if TYPE_CHECKING:
    from platform_server.sandboxes.evidence import Death
    from platform_server.sandboxes.model import Limits

MEBIBYTE = 2**20
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE})
_LOST = {
    "kernel": "Its variables are gone, files are kept.",
    "shell": "What ran in it has ended, files are kept.",
}
_STOPPED = {
    EndCause.IDLE: "The sandbox was stopped because nobody used it. Files are kept; run a cell or "
    "open a terminal to start it again.",
    EndCause.EXPIRED: "The sandbox was stopped because it had run for as long as a sandbox may. "
    "Files are kept; run a cell or open a terminal to start it again.",
    EndCause.DISK_FULL: "The sandbox was stopped because its project took more of the server's "
    "disk than it may, and went on writing. Delete files that are not needed, in the file browser "
    "or in a terminal; what is in the home folder counts, too.",
    EndCause.ENGINE: "The sandbox was stopped with the server. Files are kept.",
}


def stop_words_of(cause: EndCause) -> str:
    """Return why the server stopped a sandbox."""
    return _STOPPED.get(cause, "The sandbox was stopped.")


def words_of(cause: EndCause, death: Death, limits: Limits) -> str:
    """Return what happened to a kernel or a shell, and what to do."""
    what = f"The {death.what}"
    if cause is EndCause.USER:
        return f"{what} was stopped."
    if cause is EndCause.EXITED:
        return f"{what} ended by itself with exit code {death.code}."
    reason, advice = _reason(cause, death, limits)
    return " ".join(filter(None, (f"{what} {reason}", _LOST[death.what], advice)))


def _reason(cause: EndCause, death: Death, limits: Limits) -> tuple[str, str]:
    """Return what happened, and what can be done about it."""
    if cause is EndCause.OUT_OF_MEMORY:
        most = limits.memory_bytes // MEBIBYTE
        reason = f"ran out of memory: it was ended when the sandbox used all of its {most} MB."
        return reason, "Work on less data at a time, or ask an administrator for more memory."
    if cause is EndCause.HOST:
        reason = "was ended because the server's machine ran out of memory; the sandbox had not."
        return reason, "Try again, and tell an administrator if it happens again."
    if cause is EndCause.PROCESS_LIMIT:
        most = limits.pids
        reason = f"{_how(death.code)} when the sandbox had all of its {most} processes and threads."
        return reason, "Start fewer at a time, and end those that are not needed."
    if cause is EndCause.DISK_FULL:
        where = " and ".join(death.full)
        reason = f"{_how(death.code)} when there was no room left in {where}."
        return reason, "Delete files that are not needed."
    if -death.code in _CRASHES:
        return f"{_how(death.code)}: a fault in compiled code, such as that of a package.", ""
    return f"was ended from inside the sandbox by {_signal_name(-death.code)}.", ""


def _how(code: int) -> str:
    if code < 0:
        return f"crashed ({_signal_name(-code)})"
    return f"ended with exit code {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals between the first and the last
        return f"signal {number}"
