"""Children: started with nothing of the agent's, reaped, ended with all that they started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

HOME = "/home/learner"
WORKSPACE = "/workspace"
_PR_SET_DUMPABLE = 4
_SWEEPS = 50  # of a session that forks while it is ended
# What the agent or Python has set; a shell could not set it back.
_HANDLED = (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ)
_libc = ctypes.CDLL(None, use_errno=True)

# All that a process of the learner's finds in its environment.
ENVIRONMENT = {
    "PATH": f"{HOME}/.local/bin:{HOME}/.venv/bin:/opt/sandbox/commands:"
    "/opt/sandbox/bin:/usr/local/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "learner",
    "LOGNAME": "learner",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
    "TMPDIR": f"{HOME}/.cache/tmp",
    "XDG_CACHE_HOME": f"{HOME}/.cache",
    "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
}

Ended = Callable[[int], None]  # gets the exit code; negative: minus the signal


def set_dumpable(*, dumpable: bool) -> None:
    """Let other processes of the same user look into this one, or not (prctl(2))."""
    _libc.prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0)


class Processes:
    """The agent's children."""

    def __init__(self) -> None:
        self._watched: dict[int, Ended] = {}

    def start(self, run: Callable[[], None], *, keep: Iterable[int], ended: Ended) -> int:
        """Fork, run the function in the child, and return the child's process id.

        The child leads a session of its own and holds only the descriptors in ``keep``. It exits
        when the function returns or raises.
        """
        pid = os.fork()
        if pid == 0:
            _be_child(run, set(keep))
        self._watched[pid] = ended
        return pid

    def reap(self) -> None:
        """Collect every child that has ended, orphans included, and tell who waits for it."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            ended = self._watched.pop(pid, None)
            if ended is not None:
                ended(os.waitstatus_to_exitcode(status))


def _be_child(run: Callable[[], None], keep: set[int]) -> None:
    """Never returns."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        set_dumpable(dumpable=True)
        Path("/proc/self/oom_score_adj").write_text("1000")  # go before the agent does
        for path in list(Path("/proc/self/fd").iterdir()):
            if int(path.name) > 2 and int(path.name) not in keep:  # noqa: PLR2004 - stderr
                with contextlib.suppress(OSError):  # the listing's own is closed already
                    os.close(int(path.name))
        os.environ.clear()
        os.environ.update(ENVIRONMENT)
        run()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        os._exit(code)


def kill_session(leader: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to every process of the session, and of the sessions those began.

    The leader may have ended before the others. What forked meanwhile is found in the next sweep.
    """
    reached: set[int] = set()
    for _sweep in range(_SWEEPS):
        found = _descendants(leader, reached)
        if found <= reached:
            return
        for pid in found - reached:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        reached |= found


def _descendants(leader: int, known: set[int]) -> set[int]:
    table = _process_table()
    family = {leader, *known}
    grown = True
    while grown:
        more = {pid for pid, parent, session in table if parent in family or session in family}
        grown = not more <= family
        family |= more
    # The number of a leader that has ended may be another process's by now.
    return family & {pid for pid, _, session in table if pid != leader or session == leader}


def _process_table() -> list[tuple[int, int, int]]:
    """Return (process, parent, session) of every process but the agent."""
    table = []
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() or path.name == "1":
            continue
        try:
            stat = (path / "stat").read_text(errors="replace")
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2 :].split()
        table.append((int(path.name), int(fields[1]), int(fields[3])))
    return table


def folder(relative: str) -> str:
    """Return the folder of the workspace, or the workspace itself where there is no such folder."""
    path = os.path.normpath(f"{WORKSPACE}/{relative}")
    inside = path == WORKSPACE or path.startswith(WORKSPACE + "/")
    return path if inside and Path(path).is_dir() else WORKSPACE
