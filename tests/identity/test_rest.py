"""``/api/me``, accounts, sessions and tokens over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.identity.model import Role, Scope
from platform_server.testing.serving import PASSWORD, forgery_token, http_client, join

if TYPE_CHECKING:
    import httpx

    from platform_server.testing.serving import Person, Server


class TestMe:
    async def test_it_has_jupyters_shape_and_says_who_one_is(self, reviewer: Person) -> None:
        answer = (await reviewer.http.get("/api/me")).json()
        assert answer == {
            "identity": {
                "username": "reviewer@example.org",
                "name": "Reviewer",
                "display_name": "Reviewer",
                "initials": "R",
                "avatar_url": None,
                "color": None,
                "id": reviewer.user.id,
                "email": "reviewer@example.org",
                "role": "reviewer",
            },
            "permissions": {"updatable_fields": []},
        }

    async def test_it_answers_which_permissions_one_has(self, alice: Person) -> None:
        question = '{"contents": ["read", "write"], "api": ["read"], "nonsense": ["read"]}'
        answer = await alice.http.get("/api/me", params={"permissions": question})
        permissions = answer.json()["permissions"]
        assert permissions["contents"] == ["read", "write"]
        assert permissions["api"] == permissions["nonsense"] == []

    @pytest.mark.parametrize("question", ["x", "[]", '{"a": "b"}', '{"a": [1]}', "{"])
    async def test_a_question_that_is_none_is_refused(self, alice: Person, question: str) -> None:
        answer = await alice.http.get("/api/me", params={"permissions": question})
        assert answer.status_code == 400

    async def test_a_token_shows_what_the_token_may(self, server: Server) -> None:
        person = await join(server, "scoped", Role.ADMIN, {Scope.READ})
        question = '{"contents": ["read", "write"], "kernels": ["execute"], "api": ["read"]}'
        answer = await person.http.get("/api/me", params={"permissions": question})
        permissions = answer.json()["permissions"]
        assert permissions["contents"] == ["read"]
        assert permissions["kernels"] == permissions["api"] == []
        await person.aclose()


class TestAccount:
    async def test_it_is_shown_and_renamed(self, server: Server) -> None:
        person = await join(server, "renamed", Role.LEARNER)
        answer = await person.http.patch("/api/account", json={"name": "Another Name"})
        assert answer.status_code == 200
        assert answer.json()["name"] == "Another Name"
        assert (await person.http.get("/api/account")).json() == answer.json()
        assert (await person.http.get("/api/me")).json()["identity"]["name"] == "Another Name"
        await person.aclose()

    async def test_a_new_password_takes_the_old_one_and_ends_other_sessions(
        self, server: Server
    ) -> None:
        person = await join(server, "careful", Role.LEARNER)
        one, other = await person.browser(), await person.browser()
        change = {"password": "a new password", "current_password": "a wrong one"}
        refused = await one.patch("/api/account", json=change, headers=forgery_token(one))
        assert (refused.status_code, refused.json()["reason"]) == (403, "access_denied")
        change["current_password"] = PASSWORD
        answer = await one.patch("/api/account", json=change, headers=forgery_token(one))
        assert answer.status_code == 200
        assert "password" not in answer.text
        assert (await one.get("/api/me")).status_code == 200
        assert (await other.get("/api/me")).status_code == 401
        await person.aclose()

    @pytest.mark.parametrize(
        "change",
        [
            {"role": "admin"},
            {"email": "root@example.org"},
            {"id": "x"},
            {"disabled": False},
            {"name": 1},
            {"name": "two\nlines"},
            {"password": "short", "current_password": PASSWORD},
            [],
            "x",
        ],
    )
    async def test_nothing_else_can_be_changed(self, alice: Person, change: object) -> None:
        before = (await alice.http.get("/api/account")).json()
        answer = await alice.http.patch("/api/account", json=change)
        assert answer.status_code == 400
        assert (await alice.http.get("/api/account")).json() == before


class TestSessions:
    async def test_one_sees_where_one_is_signed_in_and_can_end_it(self, server: Server) -> None:
        person = await join(server, "traveller", Role.LEARNER)
        here, there = await person.browser(), await person.browser()
        shown = (await here.get("/api/account/sessions")).json()
        assert sorted(one["current"] for one in shown) == [False, True]
        other = next(one["id"] for one in shown if not one["current"])
        path = f"/api/account/sessions/{other}"
        assert (await here.delete(path, headers=forgery_token(here))).status_code == 204
        assert (await there.get("/api/me")).status_code == 401
        assert (await here.get("/api/me")).status_code == 200
        assert (await here.delete(path, headers=forgery_token(here))).status_code == 404
        await person.aclose()

    async def test_anothers_session_is_not_there(self, alice: Person, bob: Person) -> None:
        browser = await alice.browser()
        mine = (await browser.get("/api/account/sessions")).json()[0]["id"]
        answer = await bob.http.delete(f"/api/account/sessions/{mine}")
        nothing = await bob.http.delete("/api/account/sessions/nothing")
        assert (answer.status_code, answer.json()) == (404, nothing.json())
        assert (await browser.get("/api/me")).status_code == 200


class TestTokens:
    async def test_the_secret_is_shown_once(self, alice: Person) -> None:
        wanted = {"name": "once", "scopes": ["read"], "expires_in": 3600}
        answer = await alice.http.post("/api/account/tokens", json=wanted)
        assert answer.status_code == 201
        made = answer.json()
        assert made["token"].startswith("pxp_")
        assert (made["scopes"], made["last_used_at"]) == (["read"], None)
        listed = await alice.http.get("/api/account/tokens")
        assert made["id"] in [one["id"] for one in listed.json()]
        assert made["token"] not in listed.text
        assert "digest" not in listed.text

    async def test_without_scopes_it_may_what_a_learner_needs(self, alice: Person) -> None:
        made = (await alice.http.post("/api/account/tokens", json={"name": "plain"})).json()
        assert made["scopes"] == ["read", "run", "write"]
        assert made["expires_at"] is None

    async def test_it_may_no_more_than_its_scopes(self, server: Server, admin: Person) -> None:
        wanted = {"name": "reader", "scopes": ["read"]}
        made = (await admin.http.post("/api/account/tokens", json=wanted)).json()
        async with http_client(server, Authorization=f"Bearer {made['token']}") as reader:
            assert (await reader.get("/api/account")).status_code == 200
            assert (await reader.get("/api/admin/users")).status_code == 403
            more = await reader.post("/api/account/tokens", json={"name": "more"})
            assert more.status_code == 403

    async def test_a_revoked_one_is_nobody(self, server: Server, alice: Person) -> None:
        made = (await alice.http.post("/api/account/tokens", json={"name": "brief"})).json()
        async with http_client(server, Authorization=f"token {made['token']}") as script:
            assert (await script.get("/api/me")).status_code == 200
            path = f"/api/account/tokens/{made['id']}"
            assert (await alice.http.delete(path)).status_code == 204
            assert (await script.get("/api/me")).status_code == 401
            assert (await alice.http.delete(path)).status_code == 404

    async def test_anothers_token_is_not_there(self, alice: Person, bob: Person) -> None:
        mine = (await alice.http.get("/api/account/tokens")).json()[0]["id"]
        answer = await bob.http.delete(f"/api/account/tokens/{mine}")
        nothing = await bob.http.delete("/api/account/tokens/nothing")
        assert (answer.status_code, answer.json()) == (404, nothing.json())
        assert (await alice.http.get("/api/me")).status_code == 200

    @pytest.mark.parametrize(
        "wanted",
        [
            {},
            {"name": ""},
            {"name": "x", "scopes": []},
            {"name": "x", "scopes": ["everything"]},
            {"name": "x", "expires_in": 0},
            {"name": "x", "expires_in": "1"},
            {"name": "x", "expires_in": 1e300},
            {"name": "x", "user_id": "somebody"},
            {"name": "x" * 2000},
        ],
    )
    async def test_nonsense_makes_none(self, alice: Person, wanted: object) -> None:
        answer = await alice.http.post("/api/account/tokens", json=wanted)
        assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_input")

    async def test_a_name_is_taken_once(self, alice: Person) -> None:
        await alice.http.post("/api/account/tokens", json={"name": "twice"})
        answer = await alice.http.post("/api/account/tokens", json={"name": "twice"})
        assert (answer.status_code, answer.json()["reason"]) == (409, "name_taken")


class TestAdmin:
    async def test_only_admins_see_accounts(
        self, alice: Person, reviewer: Person, stranger: httpx.AsyncClient
    ) -> None:
        path = f"/api/admin/users/{alice.user.id}"
        for client, status in ((alice.http, 403), (reviewer.http, 403), (stranger, 401)):
            assert (await client.get("/api/admin/users")).status_code == status
            assert (await client.get(path)).status_code == status
        for client in (alice.http, reviewer.http):
            assert (await client.patch(path, json={"role": "admin"})).status_code == 403
        assert (await alice.http.get("/api/account")).json()["role"] == "learner"

    async def test_an_admin_makes_and_changes_accounts(self, server: Server, admin: Person) -> None:
        wanted = {"email": "made@example.org", "password": PASSWORD, "role": "reviewer"}
        answer = await admin.http.post("/api/admin/users", json=wanted)
        assert answer.status_code == 201
        made = answer.json()
        assert (made["role"], made["disabled"]) == ("reviewer", False)
        listed = (await admin.http.get("/api/admin/users")).json()
        assert any(made.items() <= one.items() for one in listed)
        path = f"/api/admin/users/{made['id']}"
        change = {"role": "learner", "name": "Made", "disabled": True}
        answer = await admin.http.patch(path, json=change)
        assert answer.json() == made | change
        assert (await admin.http.get(path)).json() == made | change
        async with http_client(server) as client:
            assert (await client.get("/api/me")).status_code == 401

    async def test_who_is_not_there_is_not_found(self, admin: Person) -> None:
        answer = await admin.http.patch("/api/admin/users/nobody", json={"role": "admin"})
        assert (answer.status_code, answer.json()["reason"]) == (404, "user_not_found")

    @pytest.mark.parametrize(
        "wanted",
        [
            {"email": "x@example.org", "password": PASSWORD, "role": "root"},
            {"email": "x", "password": PASSWORD},
            {"email": "x@example.org", "password": "short"},
            {"email": "x@example.org"},
        ],
    )
    async def test_nonsense_makes_no_account(self, admin: Person, wanted: object) -> None:
        answer = await admin.http.post("/api/admin/users", json=wanted)
        assert answer.status_code == 400
        assert PASSWORD not in answer.text
