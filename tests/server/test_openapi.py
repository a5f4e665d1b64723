"""What the server says of its API is true: requests that follow from it get what it promises.

``caller``   somebody who may do everything, with a project that has a file and a sandbox
``known``    what of theirs can stand in an address
"""

from __future__ import annotations

import hashlib
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
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
    "delete_api_contents_path",
    "delete_api_groups_group_id",
    "delete_api_kernels_kernel_id",
    "delete_api_sessions_session_id",
    "delete_api_terminals_name",
    "delete_api_projects_project_id_checkpoints_checkpoint_id",
    "delete_api_projects_project_id_files_path",
    "delete_api_submissions_submission_id_comments_comment_id",
}


def described_operations() -> list[dict[str, Any]]:
    return [one for methods in DOCUMENT["paths"].values() for one in methods.values()]


def strict() -> dict[str, Any]:
    """Return the description, changed so that answers may have nothing that it does not name."""
    schemas = {
        name: {"additionalProperties": False, **one} if name.endswith("Model") else one
        for name, one in DOCUMENT["components"]["schemas"].items()
    }
    return DOCUMENT | {"components": DOCUMENT["components"] | {"schemas": schemas}}


def operations() -> list[Any]:
    results: list[Any] = list(schemathesis.openapi.from_dict(strict()).get_all_operations())
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
    async def made(address: str, **body: Any) -> Any:
        answer = await caller.http.post(address, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    project = f"/api/projects/{(await caller.project('engine'))['id']}"
    saved = await caller.http.put(f"{project}/files/notes.txt", content=b"notes")
    assert saved.is_success, saved.text
    sandbox = await made("/api/containers/", project=project.rpartition("/")[2])
    kernel = await made("/api/kernels", path="engine")
    session = {"path": "engine/a.ipynb", "type": "notebook", "kernel": {"id": kernel["id"]}}
    submission = await made(f"{project}/submissions")
    comments = f"/api/submissions/{submission['id']}/comments"
    thread = await made(comments, path="notes.txt", body="Why?", draft=False)
    return {
        "project_id": sandbox["project"],
        "sandbox_id": sandbox["id"],
        "user_id": caller.user.id,
        "kernel_name": "python3",
        "kernel_id": kernel["id"],
        "session_id": (await made("/api/sessions", **session))["id"],
        "name": (await made("/api/terminals", cwd="engine"))["name"],
        "revision_id": saved.json()["revision"],
        "checkpoint_id": (await made(f"{project}/checkpoints", name="before"))["id"],
        "submission_id": submission["id"],
        "thread_id": thread["id"],
        "comment_id": thread["comments"][0]["id"],
        "group_id": (await made("/api/groups/", name="class"))["id"],
        "path": "notes.txt",
        "from": saved.json()["revision"],
    }


@pytest.mark.parametrize("operation", operations())
def test_requests_get_what_is_promised(
    operation: APIOperation[Any, Any, Any, Any], caller: Person, known: dict[str, str]
) -> None:
    is_fatal = operation.definition.raw["operationId"] in FATAL
    turns = cycle([True, False])

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        if next(turns) and not is_fatal:
            for part in (case.path_parameters, case.query):
                part.update({name: known[name] for name in part.keys() & known.keys()})
            if operation.path.startswith(("/api/contents/", "/files/")):
                case.path_parameters["path"] = "engine/notes.txt"
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


async def test_who_knows_the_description_as_it_is_is_not_sent_it_again(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.get("/api/openapi.json")
    etag = answer.headers["ETag"]
    assert etag == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    for known, status in ((etag, 304), (f"W/{etag}", 304), ('"another"', 200)):
        again = await stranger.get("/api/openapi.json", headers={"If-None-Match": known})
        assert (again.status_code, len(again.content) > 0) == (status, status == 200)


def test_what_is_not_described_are_pages_and_their_assets() -> None:
    others = [route.pattern for route in ROUTES if not route.pattern.startswith(DESCRIBED)]
    assert [one for one in others if not one.startswith(PAGES)] == ["/", "/.*"]


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for operation in described_operations()]
    assert len(names) == len(set(names))
