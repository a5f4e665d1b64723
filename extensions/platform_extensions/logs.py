"""What the log says about requests, and what it never says."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from tornado.log import LogFormatter

from platform_extensions.base import PRINCIPAL

if TYPE_CHECKING:
    from tornado.web import RequestHandler

MAX_LINE = 16 * 1024  # characters of one record, its traceback included
MAX_WORD = 200  # characters of what a client decides: an address, a user agent
_SECRET = re.compile(
    r"""(?ix)
    \b(
        [\w-]*(?:token|secret|password|passwd|jwt|api_?key|apikey|service_key|xsrf|_code)[\w-]*
        ["']?\s*[=:]\s*["']?
    )
    (?!\[secret\])[^\s&"',;<>)}\]]+
    """
)
_CREDENTIAL = re.compile(r"(?i)\b((?:bearer|token|basic)\s+)[\w.~+/=-]{8,}")
_HEADER = re.compile(
    r"""(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|referer)(["']?\s*[:=]\s*)[^\r\n]*"""
)
_OUR_TOKEN = re.compile(r"\bpxp_[\w-]+")
_JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_IN_ADDRESS = re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)")


def scrubbed(text: str) -> str:
    """Return the text without anything that could let somebody in."""
    text = _HEADER.sub(r"\1\2[secret]", text)
    text = _CREDENTIAL.sub(r"\1[secret]", text)
    text = _SECRET.sub(r"\1[secret]", text)
    text = _OUR_TOKEN.sub("[secret]", text)
    text = _IN_ADDRESS.sub(r"\1[secret]", text)
    return _JWT.sub("[secret]", text)


def log_everything_alike(server_log: logging.Logger) -> None:
    """Send what all other parts of the process log to where the server's own log goes."""
    root = logging.getLogger()
    for handler in server_log.handlers:
        root.addHandler(handler)
    for package in ("platform_server", "platform_extensions", "platform_kernels"):
        logging.getLogger(package).setLevel(server_log.level)
    logging.captureWarnings(capture=True)


class ScrubbingFormatter(LogFormatter):
    """Formats as Jupyter does, then takes out secrets and cuts what is too long.

    It works on the finished text, so that arguments and tracebacks are covered too.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one text."""
        text = scrubbed(super().format(record))
        return text if len(text) <= MAX_LINE else f"{text[:MAX_LINE]} … [cut]"


def log_request(handler: RequestHandler) -> None:
    """Log one answered request: no headers, no query, nothing of the client's beyond its path."""
    status = handler.get_status()
    request = handler.request
    principal = PRINCIPAL.get()
    logging.getLogger("tornado.access").log(
        _level(status),
        "%d %s %s (%s@%s) %.2fms",
        status,
        request.method,
        request.path[:MAX_WORD],
        principal.id if principal else "-",
        request.remote_ip,
        1000.0 * request.request_time(),
    )


def _level(status: int) -> int:
    if status >= 500:  # noqa: PLR2004
        return logging.ERROR
    if status >= 400 and status != 404:  # noqa: PLR2004
        return logging.WARNING
    return logging.DEBUG if status < 300 or status in {304, 404} else logging.INFO  # noqa: PLR2004
