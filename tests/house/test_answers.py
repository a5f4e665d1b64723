"""The description of the API says of each answer what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platform_extensions.base import PlatformHandler
from platform_extensions.openapi.document import document
from platform_extensions.openapi.sources import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/json"
# Their answers are no JSON of ours.
WITHOUT_MODEL = {
    *("get_files_path", "get_api_projects_project_id_files_path"),  # files
    *("get_api_submissions_submission_id_raw_path", "get_api_projects_project_id_archive"),
    "get_api_projects_project_id_packages_requirements_txt",
    "get_metrics",
    "get_api_submissions_submission_id_view_path",  # pages
    "get_api_submissions_submission_id_reproduction_view_path",
    "post_api_contents_path_trust",  # nothing
    "patch_api_me",  # refuses
}
ITSELF = "get_api_openapi_json"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return document()


def operations(description: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each operation's name, and what its answers may be if all goes well."""
    for methods in description["paths"].values():
        for operation in methods.values():
            answers = operation["responses"].items()
            contents = [one.get("content") for code, one in answers if code.startswith("2")]
            yield operation["operationId"], [one for one in contents if one]


def test_every_answer_is_json_but_for_these(description: dict[str, Any]) -> None:
    others = {
        name
        for name, contents in operations(description)
        if contents and not any(JSON in one for one in contents)
    }
    assert others == WITHOUT_MODEL


def test_every_json_answer_has_a_model(description: dict[str, Any]) -> None:
    """Reply with what a function returns whose annotation is a ``TypedDict``."""
    without = {
        name
        for name, contents in operations(description)
        for one in contents
        if JSON in one and "$ref" not in str(one[JSON].get("schema"))
    }
    assert without == {ITSELF}


def test_models_have_names_of_their_own(description: dict[str, Any]) -> None:
    assert [one for one in description["components"]["schemas"] if not one.isalnum()] == []


def test_an_answer_that_no_function_makes_has_no_model() -> None:
    class Careless(PlatformHandler):
        async def get(self) -> None:
            self.reply({"made": "here"})

    (answer,) = facts_of(Careless, Careless.get).answers
    assert answer.kind is Any
