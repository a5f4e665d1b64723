"""Cells in JavaScript and TypeScript, by Deno."""

from __future__ import annotations

from agent.foreign import Foreign
from agent.processes import HOME


class Deno(Foreign):
    """A Deno that runs cells. It has no network, like all that runs here."""

    implementation = "deno"
    implementation_version = "2"
    banner = "Deno"
    language_info = {  # noqa: RUF012 - as ipykernel declares it
        "name": "typescript",
        "version": "",
        "mimetype": "text/x.typescript",
        "file_extension": ".ts",
        "codemirror_mode": "typescript",
        "pygments_lexer": "typescript",
        "nbconvert_exporter": "script",
    }
    argv = ("/opt/sandbox/bin/deno", "jupyter", "--kernel", "--conn")
    environment = {  # noqa: RUF012 - it is not changed
        "DENO_DIR": f"{HOME}/.cache/deno",
        "DENO_NO_UPDATE_CHECK": "1",
        "DENO_NO_PROMPT": "1",
    }
    started_anew = (
        "The code did not stop when it was interrupted, so Deno was started anew: "
        "its variables are gone."
    )
