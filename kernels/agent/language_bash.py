"""Cells in bash: one shell that is told what to run, without a terminal in between.

What cells print is told apart by where it went, output or errors, and a cell that fails says so.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import shlex
import signal
import subprocess
import threading
import time
from typing import Any

from agent.foreign import end_like, prepare
from agent.publisher import Journaled

_SHELL = ("/bin/bash", "--norc", "--noprofile", "--noediting", "-i")
_BEGIN = "set +m +H +o history; PS1= PS2= PS0=; unset PROMPT_COMMAND; shopt -s expand_aliases\n"
_CHUNK = 32 * 1024
_TICK = 0.1  # seconds between two looks whether the shell lives
_HEED_PATIENCE, _HEED_ATTEMPTS = 0.5, 8  # seconds for an interrupt, and how often it is tried
_MOST_MATCHES = 1000
_BREAKS = " \t\n;|&()<>\"'`="


class Shell:
    """The shell, and what it says. Two may read at once: one waits for it, one watches."""

    def __init__(self, printed: Any) -> None:
        self._printed = printed  # gets the name of a stream, and text
        self._lock = threading.Lock()
        ours, theirs = os.pipe()
        self._answers = ours
        self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
            _SHELL,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs],
            process_group=0,
            preexec_fn=prepare,  # noqa: PLW1509 - it makes system calls only
        )
        os.close(theirs)
        self._theirs = theirs
        out, err = self._process.stdout, self._process.stderr
        assert out is not None
        assert err is not None
        decoder = codecs.getincrementaldecoder("utf-8")
        self._streams = {
            out.fileno(): ("stdout", decoder("replace")),
            err.fileno(): ("stderr", decoder("replace")),
        }
        for fd in self._streams:
            os.set_blocking(fd, False)
        self.is_silent = True
        self.ask(_BEGIN)  # it says that it has no terminal
        self.is_silent = False
        threading.Thread(target=self._watch, daemon=True).start()

    def ask(self, command: str) -> str:
        """Run a command, and return what it writes to the descriptor ``self.answers``.

        Raises KeyboardInterrupt when this process is interrupted; ends it when the shell ends.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\nprintf '\\0' >&{self._theirs}\n".encode())
        self._process.stdin.flush()
        return self.answer()

    @property
    def answers(self) -> int:
        """The descriptor for answers, as commands name it."""
        return self._theirs

    def answer(self, seconds: float | None = None) -> str:
        """Return the next answer. Raises TimeoutError."""
        end = None if seconds is None else time.monotonic() + seconds
        said = bytearray()
        while not said.endswith(b"\0"):
            if select.select([self._answers], [], [], _TICK)[0]:
                piece = os.read(self._answers, _CHUNK)
                said += piece
                if not piece:
                    self._read()
                    end_like(self._process.wait())
            elif end is not None and time.monotonic() > end:
                raise TimeoutError
        self._read()
        return said[:-1].decode(errors="replace")

    def interrupt(self) -> None:
        """Interrupt what runs; the shell goes on."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)

    def kill(self) -> None:
        """End what runs, and the shell with it."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def _watch(self) -> None:
        """Tell what is printed while nobody waits, too, and end with the shell."""
        while self._streams:
            select.select(list(self._streams), [], [])
            self._read()
        end_like(self._process.wait())

    def _read(self) -> None:
        with self._lock:
            for fd in list(self._streams):
                self._read_one(fd)

    def _read_one(self, fd: int) -> None:
        name, decoder = self._streams[fd]
        with contextlib.suppress(BlockingIOError):
            while data := os.read(fd, _CHUNK):
                text = decoder.decode(data)
                if text and not self.is_silent:
                    self._printed(name, text)
            del self._streams[fd]  # closed


class Bash(Journaled):
    """A bash that runs cells."""

    implementation = "bash"
    implementation_version = "5"
    banner = "GNU bash"
    language_info = {  # noqa: RUF012 - as ipykernel declares it
        "name": "bash",
        "version": "5",
        "mimetype": "text/x-sh",
        "file_extension": ".sh",
        "codemirror_mode": "shell",
        "pygments_lexer": "bash",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._request: Any = {}  # whose output is shown
        self._shell = Shell(self._print)

    async def do_execute(
        self,
        code: str,
        silent: bool,  # noqa: FBT001 - as ipykernel calls it
        *_args: Any,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        """Run a cell. A last command that fails is an error."""
        self._request = self.get_parent("shell")
        self._shell.is_silent = silent
        done = {"status": "ok", "execution_count": self.execution_count}
        done |= {"payload": [], "user_expressions": {}}
        run = f"eval {shlex.quote(code)} </dev/null\nprintf %s $? >&{self._shell.answers}"
        try:
            status = self._shell.ask(run)
        except KeyboardInterrupt:
            return self._interrupt()
        if status in {"0", ""}:
            return done
        text = f"The last command ended with exit code {status}."
        return self._error("ExitCode", status, text)

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete a command, a variable, or a file."""
        word = code[:cursor_pos]
        word = word[max(word.rfind(one) for one in _BREAKS) + 1 :]
        found = self._shell.ask(_matches(word, self._shell.answers)) if word else ""
        matches = sorted(set(filter(None, found.splitlines())))[:_MOST_MATCHES]
        return {
            "status": "ok",
            "matches": matches,
            "cursor_start": cursor_pos - len(word),
            "cursor_end": cursor_pos,
            "metadata": {},
        }

    def _interrupt(self) -> dict[str, Any]:
        for _attempt in range(_HEED_ATTEMPTS):  # one is lost on a command that is just beginning
            self._shell.interrupt()
            with contextlib.suppress(TimeoutError):
                self._shell.answer(_HEED_PATIENCE)
                break
        else:
            self._shell.kill()
            self._shell.answer()  # which ends this process, too
        return self._error("KeyboardInterrupt", "", "Interrupted.")

    def _error(self, name: str, value: str, text: str) -> dict[str, Any]:
        error = {"ename": name, "evalue": value, "traceback": [text]}
        self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", "execution_count": self.execution_count, **error}

    def _print(self, name: str, text: str) -> None:
        session: Any = self.session
        content = {"name": name, "text": text}
        session.send(
            self.iopub_socket,
            "stream",
            content,
            parent=self._request,
            ident=self._topic("stream"),
        )


def _matches(word: str, answers: int) -> str:
    """Return the command that lists how a word can go on. The word itself is not run."""
    if word.startswith("$"):
        return f"compgen -P '$' -v -- {shlex.quote(word[1:])} >&{answers}"
    quoted = shlex.quote(word)
    return f"{{ compgen -abck -A function -- {quoted}; compgen -f -- {quoted}; }} >&{answers}"
