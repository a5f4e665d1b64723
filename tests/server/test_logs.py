"""Nothing in the log lets anybody in."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

from platform_extensions.logs import MAX_LINE, ScrubbingFormatter, scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = [
    "GET /x?token=s3cr3tvalue&a=1",
    "GET /x?access_token=s3cr3tvalue",
    "{'Authorization': 'Bearer s3cr3tvalue'}",
    "authorization: token s3cr3tvalue",
    '"Cookie": "platform-session-8888=s3cr3tvalue; _xsrf=s3cr3tvalue"',
    "Set-Cookie: platform-session=s3cr3tvalue; HttpOnly",
    "Referer: http://127.0.0.1/lab?token=s3cr3tvalue",
    "referer='http://127.0.0.1/lab?x=s3cr3tvalue'",
    "password=s3cr3tvalue",
    "{'password': 's3cr3tvalue'}",
    "SUPABASE_SERVICE_KEY=s3cr3tvalue",
    "JWT_SECRET: s3cr3tvalue",
    "postgresql://platform:s3cr3tvalue@db.example.org/platform",
    "pxp_s3cr3tvalue0123456789",
    "eyJhbGciOiJIUzI1NiJ9.s3cr3tvalue.x",
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_are_taken_out(line: str) -> None:
    assert "s3cr3tvalue" not in scrubbed(line)


@pytest.mark.parametrize(
    "line",
    [
        "Writing the secret of the cookies to /home/x/.platform/jupyter",
        "The project token-study was opened",
        "404 GET /api/contents/state.txt (-@127.0.0.1) 1.00ms",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert scrubbed(line) == line


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ScrubbingFormatter(color=False))
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


def test_arguments_and_tracebacks_are_covered(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    try:
        int("password=s3cr3tvalue")
    except ValueError:
        logger.exception("failed with %s", {"Authorization": "Bearer s3cr3tvalue"})
    assert "ValueError" in stream.getvalue()
    assert "s3cr3tvalue" not in stream.getvalue()


def test_a_flood_becomes_one_bounded_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    logger.warning("refused %s", "x" * (10 << 20))
    assert len(stream.getvalue()) < MAX_LINE + 100
