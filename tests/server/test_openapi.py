"""What the server says of its API is true: requests that follow from it get what it promises.

``caller``   somebody who may do everything, with a project that has a file and a sandbox
``known``    what of theirs can stand in an address
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from platform_extensions.openapi.document import DESCRIBED, document
from platform_extensions.route_table import ROUTES
from platform_server.identity.model import Role
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from schemathesis import APIOperation

DOCUMENT = document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
PAGES = (
    *("/login", "/signup", "/forgot", "/reset", "/logout", "/lab", "/static", "/("),
    "/kernelspecs",  # logos
)
# Would take away what the other requests need: the account, the project, the sandbox.
FATAL = {
    "delete_api_projects_project_id",
    "delete_api_containers_sandbox_id",
    "delete_api_admin_sandboxes_sandbox_id",
    "patch_api_admin_users_user_id",
}


def described_operations() -> list[dict[str, Any]]:
    return [one for methods in DOCUMENT["paths"].values() for one in methods.values()]


def operations() -> list[Any]:
    results: list[Any] = list(SCHEMA.get_all_operations())
    found = [result.ok() for result in results]
    asked = [one for one in found if "101" not in one.definition.raw["responses"]]
    return [pytest.param(one, id=f"{one.method.upper()} {one.path}") for one in asked]


@pytest.fixture(scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory, image: str) -> AsyncIterator[Person]:
    del image  # it has to be there
    home = tmp_path_factory.mktemp("openapi") / "home"
    async with Server.start(home) as server:
        person = await join(server, "ada", Role.ADMIN)
        yield person
        await person.aclose()


@pytest.fixture(scope="module")
async def known(caller: Person) -> dict[str, str]:
    project = await caller.project("engine")
    files = f"/api/projects/{project['id']}/files/notes.txt"
    saved = await caller.http.put(files, content=b"notes")
    assert saved.is_success, saved.text
    started = await caller.http.post("/api/containers/", json={"project": project["id"]})
    assert started.is_success, started.text
    return {
        "project_id": project["id"],
        "sandbox_id": started.json()["id"],
        "user_id": caller.user.id,
        "kernel_name": "python3",
    }


@pytest.mark.parametrize("operation", operations())
def test_requests_get_what_is_promised(
    operation: APIOperation[Any, Any, Any, Any], caller: Person, known: dict[str, str]
) -> None:
    is_fatal = operation.definition.raw["operationId"] in FATAL

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def ask(case: schemathesis.Case[Any], *, is_known: bool) -> None:
        if is_known and not is_fatal:
            for name in case.path_parameters.keys() & known.keys():
                case.path_parameters[name] = known[name]
            if "path" in case.path_parameters:
                case.path_parameters["path"] = "notes.txt"
        answer = case.call(
            base_url=caller.server.url,
            headers={"Authorization": f"Bearer {caller.token}"},
            timeout=60,
        )
        case.validate_response(answer, checks=CHECKS)

    ask()


async def test_the_server_answers_the_description_to_everybody(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == DOCUMENT


def test_what_is_not_described_are_pages_and_their_assets() -> None:
    others = [route.pattern for route in ROUTES if not route.pattern.startswith(DESCRIBED)]
    assert [one for one in others if not one.startswith(PAGES)] == ["/", "/.*"]


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for operation in described_operations()]
    assert len(names) == len(set(names))
