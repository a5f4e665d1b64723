from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.testing.package_index import LocalIndex, source, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def index() -> Iterator[LocalIndex]:
    """An index with a wheel, a source distribution, and a package that is to be denied."""
    offered = LocalIndex()
    offered.add("sample-lib", wheel("sample-lib", "1.0", "answer = 42\n"))
    offered.add("sample-source", source("sample-source", "1.0"))
    offered.add("forbidden-lib", wheel("forbidden-lib", "1.0", ""))
    with offered.served():
        yield offered
