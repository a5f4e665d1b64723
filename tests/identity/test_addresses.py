"""One rule for e-mail addresses and names."""

from __future__ import annotations

import pytest

from platform_server.errors import InvalidInput
from platform_server.identity.addresses import check_display_name, check_email


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace+x@EXAMPLE.org ", "ada.lovelace+x@example.org"),
        ("ada@intranet.test", "ada@intranet.test"),
        ("admin@localhost.localdomain", "admin@localhost.localdomain"),
        ("größe@example.org", "größe@example.org"),
    ],
)
def test_an_address_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert check_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@@example.org",
        "a b@example.org",
        "ada@example.org\nbcc: eve@example.org",
        "ada@example..org",
        "<ada@example.org>",
        "ada\0@example.org",
        "x" * 65 + "@example.org",
        "a@" + "x" * 300 + ".org",
        "ü" * 200 + "@example.org",
        "x" * 10_000_000,
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_email(typed)
    assert len(refusal.value.message) < 100


@pytest.mark.parametrize("name", ["Ada", "Ada Lovelace", "阿達", "Zoë 🐍", "O'Neil-Smith"])
def test_names_are_kept(name: str) -> None:
    assert check_display_name(f" {name} ", email="x@example.org") == name


def test_an_empty_name_is_the_first_part_of_the_address() -> None:
    assert check_display_name("  ", email="ada@example.org") == "ada"


@pytest.mark.parametrize(
    "name", ["two\nlines", "nul\0", "right\u202eleft", "\u200b", "x" * 101, "\ud800", "\ue000"]
)
def test_names_that_deceive_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_display_name(name, email="x@example.org")
