"""Limits over HTTP: an admin's to set, a learner's to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from traitlets import TraitError

from platform_extensions.application import PlatformApp
from platform_extensions.containers.limits_models import role_limits_from
from platform_server.identity.model import Role
from platform_server.sandboxes.limits import OwnLimits

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

LARGE = {"cpus": 1.5, "memory_bytes": 768 * 2**20, "pids": 300}


def place(project: dict[str, Any]) -> str:
    return f"/api/admin/projects/{project['id']}/limits"


async def test_an_admin_sets_a_projects_limits_and_its_next_sandbox_has_them(
    image: str, bob: Person, admin: Person
) -> None:
    del image
    project = await bob.project("larger")
    set_now = await admin.http.patch(place(project), json=LARGE)
    assert set_now.status_code == 200, set_now.text
    assert set_now.json()["own"] == LARGE
    started = await bob.http.post("/api/containers/", json={"project": project["id"]})
    box = started.json()
    assert box["limits"] == LARGE | {"tmp_bytes": box["limits"]["tmp_bytes"]}
    again = await admin.http.patch(place(project), json={"cpus": None})
    assert again.json()["own"] == LARGE | {"cpus": None}
    assert again.json()["limits"]["cpus"] == 1.0
    await bob.http.delete(f"/api/projects/{project['id']}")


async def test_a_learner_raises_no_limits_by_any_way(bob: Person) -> None:
    project = await bob.project("greedy")
    refused = await bob.http.patch(place(project), json=LARGE)
    assert refused.status_code == 403
    for body in ({"limits": LARGE}, LARGE):
        changed = await bob.http.patch(f"/api/projects/{project['id']}", json=body)
        assert changed.status_code == 400
        started = await bob.http.post("/api/containers/", json={"project": project["id"], **body})
        assert started.status_code == 400
    await bob.http.delete(f"/api/projects/{project['id']}")


@pytest.mark.parametrize(
    "body",
    [{"cpus": 0}, {"cpus": 1e9}, {"memory_bytes": 2**20}, {"pids": 1}, {"pids": "9"}, {"gpus": 1}],
    ids=str,
)
async def test_limits_that_cannot_be_are_refused(
    bob: Person, admin: Person, body: dict[str, Any]
) -> None:
    project = await bob.project("bounds")
    refused = await admin.http.patch(place(project), json=body)
    assert refused.status_code == 400
    assert next(iter(body)) in refused.json()["message"]
    assert (await admin.http.get(place(project))).json()["own"] == dict.fromkeys(LARGE)


async def test_the_limits_of_what_is_not_there_are_not_there(admin: Person) -> None:
    assert (await admin.http.get("/api/admin/projects/nothing/limits")).status_code == 404


def test_roles_limits_are_configured_or_refused_at_the_start() -> None:
    limits = role_limits_from({"reviewer": {"cpus": 2, "memory_mb": 1024, "processes": 512}})
    assert limits == {Role.REVIEWER: OwnLimits(cpus=2.0, memory_bytes=2**30, pids=512)}
    with pytest.raises(TraitError, match="sandbox_role_limits"):
        PlatformApp(sandbox_role_limits={"king": {"cpus": 2}})
