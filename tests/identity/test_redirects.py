"""Signing in leads to a page of this server, whatever ``next`` says."""

from __future__ import annotations

import pytest

from platform_extensions.identity.redirects import safe_next

OURS = [
    "/lab",
    "/lab/tree/demo/a.ipynb",
    "/lab/tree/gr%C3%B6%C3%9Fe.ipynb?reset&x=/y//z#cell",
    "/doc/tree/demo:x@y",
]
THEIRS = [
    "",
    "lab",
    "//evil.example",
    "///evil.example",
    "////evil.example/lab",
    "http://evil.example",
    "https:///evil.example",
    "https:evil.example",
    "HTTPS://evil.example/lab",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\\evil.example",
    "\\\\evil.example",
    "/lab\\..\\..\\evil",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " /lab",
    "/lab\r\nSet-Cookie: a=b",
    "/lab\0",
    "/größe",
    "?next=//evil.example",
    "#x",
    "@evil.example",
]


@pytest.mark.parametrize("path", OURS)
def test_a_path_of_this_server_is_followed(path: str) -> None:
    assert safe_next(path, base_url="/") == path


@pytest.mark.parametrize("wanted", THEIRS)
def test_anything_else_leads_to_jupyterlab(wanted: str) -> None:
    assert safe_next(wanted, base_url="/") == "/lab"


def test_the_bare_address_leads_to_jupyterlab() -> None:
    assert safe_next("/", base_url="/") == "/lab"
    assert safe_next("/hub/", base_url="/hub/") == "/hub/lab"


@pytest.mark.parametrize("wanted", ["/lab", "/hubris/lab", "//hub/lab", "/hub", "/other/hub/"])
def test_a_path_outside_of_the_base_is_another_servers(wanted: str) -> None:
    assert safe_next(wanted, base_url="/hub/") == "/hub/lab"


def test_a_path_inside_of_the_base_is_followed() -> None:
    assert safe_next("/hub/lab/tree/x", base_url="/hub/") == "/hub/lab/tree/x"
