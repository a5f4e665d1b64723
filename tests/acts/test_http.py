"""What admins did, over HTTP: whatever they do is there, for admins, and stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from traitlets import TraitError

from platform_extensions.application import PlatformApp
from platform_server.clock import new_id
from platform_server.testing.places import refused

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

ACTS = "/api/admin/acts"
RUBRIC = {"criteria": [{"id": "code", "title": "Code", "points": 4}]}


async def asked(person: Person, method: str, path: str, **body: Any) -> Any:
    answer = await person.http.request(method, path, json=body or None)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def acts(admin: Person, **query: Any) -> list[dict[str, Any]]:
    """Return what the admin did, the oldest first."""
    answer = await admin.http.get(ACTS, params=query | {"actor": admin.user.id})
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["acts"]
    return listed[::-1]


async def test_what_an_admin_does_to_an_account_is_there(admin: Person) -> None:
    email = f"{new_id()}@example.org"
    made = await asked(
        admin, "POST", "/api/admin/users", email=email, password="correct horse battery", name="Eve"
    )
    place = f"/api/admin/users/{made['id']}"
    await asked(admin, "PATCH", place, role="reviewer", disabled=True)
    await asked(admin, "PATCH", place, role="reviewer", disabled=True)  # as it is
    await asked(admin, "PATCH", place, disabled=False, name="Eva", password="battery horse staple")
    refusal = await admin.http.patch(place, json={"password": "short"})
    assert refusal.status_code == 400

    kept = await acts(admin, target=made["id"])
    assert [(one["act"], one["before"], one["after"]) for one in kept] == [
        ("account.make", {}, {"name": "Eve", "role": "learner"}),
        ("account.role", {"role": "learner"}, {"role": "reviewer"}),
        ("account.disable", {"disabled": False}, {"disabled": True}),
        ("account.rename", {"name": "Eve"}, {"name": "Eva"}),
        ("account.password", {}, {}),
        ("account.enable", {"disabled": True}, {"disabled": False}),
    ]
    for one in kept:
        assert one["target"] == {"kind": "account", "id": made["id"], "name": email}
        actor = {"id": admin.user.id, "name": admin.user.email, "address": "127.0.0.1"}
        assert one["actor"] == actor
    assert "horse" not in str(kept)


async def test_what_an_admin_does_to_others_work_is_there(
    image: str, admin: Person, bob: Person, reviewer: Person
) -> None:
    del image
    project = (await bob.project(f"watched {new_id()}"))["id"]
    box = await asked(bob, "POST", "/api/containers/", project=project)
    await asked(admin, "PATCH", f"/api/admin/projects/{project}/limits", pids=300)
    await asked(admin, "PUT", f"/api/projects/{project}/rubric", **RUBRIC)
    await asked(admin, "PUT", f"/api/projects/{project}/reviewers", reviewers=[reviewer.user.id])
    await asked(bob, "PUT", f"/api/projects/{project}/rubric", criteria=[])
    await asked(admin, "DELETE", f"/api/admin/sandboxes/{box['id']}")

    on_project = await acts(admin, target=project, kind="project")
    assert [one["act"] for one in on_project] == [
        "project.limits",
        "project.rubric",
        "project.reviewers",
    ]
    (stop,) = await acts(admin, target=box["id"])
    assert (stop["act"], stop["before"]) == (
        "sandbox.stop",
        {"project": project, "owner": bob.user.email},
    )
    await bob.http.delete(f"/api/projects/{project}")


async def test_the_record_is_read_page_by_page(admin: Person) -> None:
    group = await asked(admin, "POST", "/api/groups/", name=f"group {new_id()}")
    for name in (new_id(), new_id()):
        await asked(admin, "PATCH", f"/api/groups/{group['id']}", name=name)
    await asked(admin, "DELETE", f"/api/groups/{group['id']}")

    query: dict[str, Any] = {"act": "group", "target": group["id"], "limit": 3}
    first = (await admin.http.get(ACTS, params=query)).json()
    rest = (await admin.http.get(ACTS, params=query | {"before": first["next"]})).json()
    names = [one["act"] for one in first["acts"] + rest["acts"]]
    assert names == ["group.remove", "group.rename", "group.rename", "group.make"]
    assert rest["next"] is None
    for wrong in ({"kind": "x"}, {"before": "x"}, {"limit": "x"}):
        assert refused(await admin.http.get(ACTS, params=wrong), 400, "invalid_input"), wrong


async def test_nobody_changes_the_record_and_only_admins_read_it(
    admin: Person, alice: Person, reviewer: Person
) -> None:
    for person in (alice, reviewer):
        assert refused(await person.http.get(ACTS), 403, "access_denied")
    before = (await admin.http.get(ACTS)).json()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await admin.http.request(method, ACTS, json={})).status_code == 405
        number = before["acts"][0]["number"]
        answer = await admin.http.request(method, f"{ACTS}/{number}", json={})
        assert answer.status_code == 404
    assert (await admin.http.get(ACTS)).json()["acts"] == before["acts"]


def test_acts_are_kept_for_a_month_at_least() -> None:
    assert PlatformApp(keep_acts_days=0).keep_acts_days == 0
    with pytest.raises(TraitError, match="30 or more"):
        PlatformApp(keep_acts_days=7)
