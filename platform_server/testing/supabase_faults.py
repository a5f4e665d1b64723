"""What goes wrong with requests to a double of Supabase Storage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.testing.supabase_objects import Refusal


class Harm(Enum):
    """A way in which a request goes wrong."""

    CUT_BEFORE = "the connection ends before anything is done"
    CUT_REQUEST = "it ends after some bytes of the request's body"
    CUT_ANSWER = "it ends after some bytes of the answer's body"
    LOSE_ANSWER = "all is done, and no answer comes"
    REFUSE = "the answer is a refusal"
    PAGE = "a proxy answers, with a page of HTML"
    HANG = "nothing comes until the server is closed"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, once, with the next request that matches."""

    harm: Harm
    on: str = ""  # a regular expression found in "METHOD /path"
    after: int = 0  # bytes of a body
    refusal: Refusal | None = None
    status: int = 502  # of a page
