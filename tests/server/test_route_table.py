"""Every route, every method, every kind of caller: from one table, against a running server.

``PLACES`` has one line per route. A route without one fails ``test_every_route_is_in_the_table``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tornado.web import RequestHandler
from websockets.exceptions import InvalidStatus

from platform_extensions.route_table import ROUTES
from platform_server.identity.model import Role, Scope
from platform_server.testing.serving import Person, Server, http_client, join, open_socket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from platform_extensions.routing import Route

_UNIMPLEMENTED = RequestHandler._unimplemented_method
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SECRET = "the owner's words"

_PAGE = r"/(?P<mode>lab|doc)(?:/workspaces/(?P<workspace>[a-zA-Z0-9_-]{1,128}))?"

# Each route's pattern, with an address of it. In braces: something of the owner's.
PLACES: dict[str, str] = {
    r"/api/?": "/api/",
    r"/api/health": "/api/health",
    r"/api/openapi\.json": "/api/openapi.json",
    r"/api/status": "/api/status",
    r"/metrics": "/metrics",
    r"/api/containers/?": "/api/containers/",
    r"/api/containers/(\w+)": "/api/containers/{container}",
    r"/api/containers/(\w+)/health": "/api/containers/{container}/health",
    r"/api/containers/(\w+)/activity": "/api/containers/{container}/activity",
    r"/api/containers/(\w+)/execute": "/api/containers/{container}/execute",
    r"/api/admin/projects/(\w+)/limits": "/api/admin/projects/{project}/limits",
    r"/api/contents(?P<path>(?:(?:/[^/]+)+|/?))/checkpoints": (
        "/api/contents/{label}/notes.txt/checkpoints"
    ),
    r"/api/contents(?P<path>(?:(?:/[^/]+)+|/?))/checkpoints/(?P<checkpoint_id>[\w-]+)": (
        "/api/contents/{label}/notes.txt/checkpoints/{checkpoint}"
    ),
    r"/api/contents(?P<path>(?:(?:/[^/]+)+|/?))/trust": "/api/contents/{label}/notes.txt/trust",
    r"/api/contents(?P<path>(?:(?:/[^/]+)+|/?))": "/api/contents/{label}/notes.txt",
    r"/api/events/subscribe": "/api/events/subscribe",
    r"/files/(.+)": "/files/{label}/notes.txt",
    r"/api/groups/?": "/api/groups/",
    r"/api/groups/(\w+)": "/api/groups/{group}",
    r"/api/groups/(\w+)/members": "/api/groups/{group}/members",
    r"/api/groups/(\w+)/reviewers": "/api/groups/{group}/reviewers",
    r"/login": "/login",
    r"/signup": "/signup",
    r"/forgot": "/forgot",
    r"/reset": "/reset",
    r"/logout": "/logout",
    r"/api/me": "/api/me",
    r"/api/account/?": "/api/account/",
    r"/api/account/sessions/?": "/api/account/sessions/",
    r"/api/account/sessions/(\w+)": "/api/account/sessions/{session_of_browser}",
    r"/api/account/tokens/?": "/api/account/tokens/",
    r"/api/account/tokens/(\w+)": "/api/account/tokens/{token}",
    r"/api/admin/users/?": "/api/admin/users/",
    r"/api/admin/users/([\w-]+)": "/api/admin/users/{owner}",
    r"/api/admin/acts": "/api/admin/acts",
    r"/api/admin/overview": "/api/admin/overview",
    r"/api/admin/sandboxes/?": "/api/admin/sandboxes/",
    r"/api/admin/sandboxes/(\w+)": "/api/admin/sandboxes/{container}",
    r"/api/kernels": "/api/kernels",
    r"/api/kernels/(?P<kernel_id>[\w-]+)": "/api/kernels/{kernel}",
    r"/api/kernels/(?P<kernel_id>[\w-]+)/(?P<action>restart|interrupt)": (
        "/api/kernels/{kernel}/interrupt"
    ),
    r"/api/kernels/(?P<kernel_id>[\w-]+)/channels": "/api/kernels/{kernel}/channels",
    r"/api/kernelspecs": "/api/kernelspecs",
    r"/api/kernelspecs/(?P<kernel_name>[\w.-]+)": "/api/kernelspecs/python3",
    r"/kernelspecs/(?P<kernel_name>[\w.-]+)/(?P<path>[^/]+)": "/kernelspecs/python3/logo-svg.svg",
    r"/api/projects/?": "/api/projects/",
    r"/api/projects/(\w+)": "/api/projects/{project}",
    r"/api/projects/(\w+)/members/?": "/api/projects/{project}/members/",
    r"/api/projects/(\w+)/members/([\w-]+)": "/api/projects/{project}/members/{owner}",
    r"/api/projects/(\w+)/files/(.+)": "/api/projects/{project}/files/notes.txt",
    r"/api/projects/(\w+)/history": "/api/projects/{project}/history",
    r"/api/projects/(\w+)/gone": "/api/projects/{project}/gone",
    r"/api/projects/(\w+)/revisions/(\w+)": "/api/projects/{project}/revisions/{revision}",
    r"/api/projects/(\w+)/diff": (
        "/api/projects/{project}/diff?path=notes.txt&from={revision}&to=now"
    ),
    r"/api/projects/(\w+)/restore": "/api/projects/{project}/restore",
    r"/api/projects/(\w+)/checkpoints/?": "/api/projects/{project}/checkpoints/",
    r"/api/projects/(\w+)/checkpoints/(\w+)": "/api/projects/{project}/checkpoints/{mark}",
    r"/api/projects/(\w+)/checkpoints/(\w+)/changes": (
        "/api/projects/{project}/checkpoints/{mark}/changes"
    ),
    r"/api/projects/(\w+)/checkpoints/(\w+)/restore": (
        "/api/projects/{project}/checkpoints/{mark}/restore"
    ),
    r"/api/projects/(\w+)/archive": "/api/projects/{project}/archive",
    r"/api/projects/(\w+)/import": "/api/projects/{project}/import",
    r"/api/storage": "/api/storage",
    r"/api/projects/(\w+)/packages/?": "/api/projects/{project}/packages",
    r"/api/projects/(\w+)/packages/installation": "/api/projects/{project}/packages/installation",
    r"/api/projects/(\w+)/packages/requirements\.txt": (
        "/api/projects/{project}/packages/requirements.txt"
    ),
    r"/api/admin/packages/audit": "/api/admin/packages/audit",
    r"/api/projects/(\w+)/submissions/?": "/api/projects/{project}/submissions/",
    r"/api/projects/(\w+)/submissions/preview": "/api/projects/{project}/submissions/preview",
    r"/api/projects/(\w+)/reviewers": "/api/projects/{project}/reviewers",
    r"/api/projects/(\w+)/rubric": "/api/projects/{project}/rubric",
    r"/api/reviewers": "/api/reviewers",
    r"/api/rubric": "/api/rubric",
    r"/api/saved-comments/?": "/api/saved-comments/",
    r"/api/saved-comments/(\w+)": "/api/saved-comments/nothing",
    r"/api/submissions/?": "/api/submissions/",
    r"/api/submissions/(\w+)": "/api/submissions/{submission}",
    r"/api/submissions/(\w+)/withdraw": "/api/submissions/{submission}/withdraw",
    r"/api/submissions/(\w+)/claim": "/api/submissions/{submission}/claim",
    r"/api/submissions/(\w+)/assign": "/api/submissions/{submission}/assign",
    r"/api/submissions/(\w+)/rubric": "/api/submissions/{submission}/rubric",
    r"/api/submissions/(\w+)/decision": "/api/submissions/{submission}/decision",
    r"/api/submissions/(\w+)/events": "/api/submissions/{submission}/events",
    r"/api/submissions/(\w+)/files/?": "/api/submissions/{submission}/files/",
    r"/api/submissions/(\w+)/contents/(.+)": "/api/submissions/{submission}/contents/notes.txt",
    r"/api/submissions/(\w+)/view/(.+)": "/api/submissions/{submission}/view/notes.txt",
    r"/api/submissions/(\w+)/parts/(.+)": "/api/submissions/{submission}/parts/notes.txt",
    r"/api/submissions/(\w+)/raw/(.+)": "/api/submissions/{submission}/raw/notes.txt",
    r"/api/submissions/(\w+)/changes": "/api/submissions/{submission}/changes",
    r"/api/submissions/(\w+)/diff": (
        "/api/submissions/{submission}/diff?path=notes.txt&against=1&round=now"
    ),
    r"/api/submissions/(\w+)/reproduction": "/api/submissions/{submission}/reproduction",
    r"/api/submissions/(\w+)/reproduction/view/(.+)": (
        "/api/submissions/{submission}/reproduction/view/notes.txt"
    ),
    r"/api/submissions/(\w+)/comments/?": "/api/submissions/{submission}/comments/",
    r"/api/submissions/(\w+)/comments/(\w+)": "/api/submissions/{submission}/comments/{comment}",
    r"/api/submissions/(\w+)/comments/(\w+)/apply": (
        "/api/submissions/{submission}/comments/{comment}/apply"
    ),
    r"/api/submissions/(\w+)/threads/(\w+)/resolved": (
        "/api/submissions/{submission}/threads/{thread}/resolved"
    ),
    r"/api/notices/?": "/api/notices/",
    r"/api/sessions": "/api/sessions",
    r"/api/sessions/(?P<session_id>[\w-]+)": "/api/sessions/{session}",
    r"/api/projects/(\w+)/commands/?": "/api/projects/{project}/commands/",
    r"/api/projects/(\w+)/commands/(\w+)": "/api/projects/{project}/commands/{terminal}",
    r"/api/terminals": "/api/terminals",
    r"/api/terminals/(\w+)": "/api/terminals/{terminal}",
    r"/terminals/websocket/(\w+)": "/terminals/websocket/{terminal}",
    r"/ws/(\w+)": "/ws/{terminal}",
    r"/": "/",
    rf"{_PAGE}/?": "/lab",
    rf"{_PAGE}/tree/?(?P<tree>.*?)/?": "/lab/tree/{label}/notes.txt",
    r"/lab/api/settings/?": "/lab/api/settings",
    r"/lab/api/settings/(.+)": "/lab/api/settings/@jupyterlab/notebook-extension:tracker",
    r"/lab/api/workspaces/?": "/lab/api/workspaces",
    r"/lab/api/workspaces/([a-zA-Z0-9_-]{1,128})": "/lab/api/workspaces/mine",
    r"/lab/api/translations/?": "/lab/api/translations",
    r"/lab/api/translations/[\w-]+": "/lab/api/translations/en",
    r"/static/lab/(.+)": "/static/lab/index.out.js",
    r"/lab/extensions/(.+)": "/lab/extensions/x.js",
    r"/lab/api/themes/(.+)": "/lab/api/themes/@jupyterlab/theme-light-extension/index.css",
    r"/static/platform/(.+)": "/static/platform/forms.css",
    r"/(favicon\.ico|robots\.txt)": "/favicon.ico",
    r"/.*": "/nothing/here",
}

# What admins may do to projects and groups that they are no members of.
OF_ADMINS_TOO = {
    "/api/projects/{project}/reviewers",
    "/api/projects/{project}/rubric",
    "/api/groups/{group}",
    "/api/groups/{group}/members",
    "/api/groups/{group}/reviewers",
}
NOT_THERE = "/api/submissions/{submission}/reproduction/view/notes.txt"  # nothing was run again

FOR_OTHERS = ("/api/admin/", "/api/saved-comments/")

WEBSOCKETS = (
    "/api/kernels/{kernel}/channels",
    "/terminals/websocket/{terminal}",
    "/ws/{terminal}",
    "/api/events/subscribe",
)


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Somebody with one of everything."""

    person: Person
    names: dict[str, str]

    def place(self, template: str) -> str:
        """Return an address of something of theirs."""
        return template.format_map(self.names)

    def nowhere(self, template: str) -> str:
        """Return the like address of something that is nobody's."""
        return template.format_map(
            {name: _nobodys(name, value) for name, value in self.names.items()}
        )


def _nobodys(name: str, value: str) -> str:
    if name == "label":
        return "no such project"
    return "".join("0" if character.isalnum() else character for character in value)


@pytest.fixture(scope="module")
async def owned(image: str, server: Server, admin: Person) -> AsyncIterator[Owned]:
    del image  # it has to be there
    person = await join(server, "owner-of-all", Role.LEARNER)
    http = person.http
    project = await person.project("all of it")
    label = "all of it"
    saved = await http.put(
        f"/api/projects/{project['id']}/files/notes.txt", content=SECRET.encode()
    )
    assert saved.status_code == 201, saved.text
    history = (await http.get(f"/api/projects/{project['id']}/history?path=notes.txt")).json()
    mark = (
        await http.post(f"/api/projects/{project['id']}/checkpoints/", json={"name": "first"})
    ).json()
    checkpoint = (await http.post(f"/api/contents/{label}/notes.txt/checkpoints")).json()
    submission = (await http.post(f"/api/projects/{project['id']}/submissions/", json={})).json()
    said = {"path": "notes.txt", "body": "Is this right?"}
    thread = (await http.post(f"/api/submissions/{submission['id']}/comments/", json=said)).json()
    container = (await http.post("/api/containers/", json={"project": project["id"]})).json()
    session = (
        await http.post(
            "/api/sessions",
            json={
                "path": f"{label}/a.ipynb",
                "type": "notebook",
                "name": "a",
                "kernel": {"name": "python3"},
            },
        )
    ).json()
    terminal = (await http.post("/api/terminals", json={"cwd": label})).json()
    group = (await admin.http.post("/api/groups/", json={"name": "of the owner"})).json()
    members = {"members": [person.user.id]}
    await admin.http.put(f"/api/groups/{group['id']}/members", json=members)
    await person.browser()
    browser = (await http.get("/api/account/sessions/")).json()
    token = (await http.get("/api/account/tokens/")).json()
    names = {
        "project": project["id"],
        "label": label,
        "revision": history["revisions"][0]["id"],
        "mark": mark["id"],
        "checkpoint": checkpoint["id"],
        "submission": submission["id"],
        "thread": thread["id"],
        "comment": thread["comments"][0]["id"],
        "container": container["id"],
        "session": session["id"],
        "kernel": session["kernel"]["id"],
        "terminal": terminal["name"],
        "group": group["id"],
        "owner": person.user.id,
        "session_of_browser": browser[0]["id"],
        "token": token[0]["id"],
    }
    yield Owned(person=person, names=names)
    await http.delete(f"/api/projects/{project['id']}")
    await person.aclose()


@pytest.fixture(scope="module")
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(server) as client:
        yield client


@pytest.fixture
def others(bob: Person, reviewer: Person, admin: Person) -> list[Person]:
    return [bob, reviewer, admin]


@pytest.fixture(scope="module")
async def limited(server: Server, owned: Owned) -> AsyncIterator[dict[Scope, httpx.AsyncClient]]:
    """The owner's clients with a token that has all scopes but one."""
    clients = {}
    for missing in Scope:
        scopes = [scope.value for scope in Scope if scope is not missing]
        body = {"name": f"without {missing.value}", "scopes": scopes}
        made = await owned.person.http.post("/api/account/tokens/", json=body)
        assert made.status_code == 201, made.text
        clients[missing] = http_client(server, Authorization=f"Bearer {made.json()['token']}")
    yield clients
    for client in clients.values():
        await client.aclose()


def methods_of(route: Route) -> list[str]:
    return [
        method for method in METHODS if getattr(route.handler, method.lower()) is not _UNIMPLEMENTED
    ]


def cases() -> list[tuple[Route, str]]:
    return [(route, method) for route in ROUTES for method in methods_of(route)]


def guarded() -> list[tuple[Route, str]]:
    return [(route, method) for route, method in cases() if route.needs(method) is not None]


def of_the_owners() -> list[tuple[Route, str]]:
    """Return what is about something of somebody's, and not about the caller's own."""
    return [
        (route, method)
        for route, method in guarded()
        if "{" in PLACES.get(route.pattern, "") and "/lab/" not in PLACES[route.pattern]
    ]


def named(case: Any) -> str:
    return case.pattern if hasattr(case, "pattern") else str(case)


async def send(http: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    body: dict[str, Any] = {} if method in {"GET", "HEAD", "DELETE"} else {"json": {}}
    return await http.request(method, path, **body)


def test_every_route_is_in_the_table() -> None:
    assert {route.pattern for route in ROUTES} == set(PLACES)


@pytest.mark.parametrize(("route", "method"), guarded(), ids=named)
async def test_a_stranger_gets_nothing(
    stranger: httpx.AsyncClient, owned: Owned, route: Route, method: str
) -> None:
    answer = await send(stranger, method, owned.place(PLACES[route.pattern]))
    nothing = await send(stranger, method, owned.nowhere(PLACES[route.pattern]))
    is_page = answer.status_code == 302 and "/login" in answer.headers["location"]
    assert is_page or answer.status_code in {401, 403}
    assert answer.status_code == nothing.status_code
    assert SECRET not in answer.text


@pytest.mark.parametrize(("route", "method"), of_the_owners(), ids=named)
async def test_076_what_is_anothers_looks_as_if_it_were_not_there(
    owned: Owned, others: list[Person], route: Route, method: str
) -> None:
    template = PLACES[route.pattern]
    for person in others:
        if person.user.role is Role.ADMIN and template.startswith("/api/admin/"):
            continue  # which is the admin's to see
        if person.user.role is Role.ADMIN and template in OF_ADMINS_TOO:
            continue
        if person.user.role is not Role.LEARNER and template.startswith("/api/submissions/"):
            continue  # which is the reviewers' to see
        answer = await send(person.http, method, owned.place(template))
        nothing = await send(person.http, method, owned.nowhere(template))
        assert answer.status_code in {400, 403, 404}, (person.user.name, answer.text)
        assert answer.status_code == nothing.status_code
        assert SECRET not in answer.text
        for value in owned.names.values():
            assert value not in answer.text or value in owned.place(template)


@pytest.mark.parametrize(("route", "method"), cases(), ids=named)
async def test_nobody_breaks_it(
    owned: Owned, stranger: httpx.AsyncClient, bob: Person, route: Route, method: str
) -> None:
    for http in (stranger, bob.http):
        answer = await send(http, method, owned.place(PLACES[route.pattern]))
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    ("route", "method"),
    [(route, method) for route, method in guarded() if method in {"GET", "HEAD"}],
    ids=named,
)
async def test_the_owner_sees_what_is_theirs(owned: Owned, route: Route, method: str) -> None:
    place = PLACES[route.pattern]
    answer = await send(owned.person.http, method, owned.place(place))
    if place in {"/api/status", "/metrics"} or place.startswith(FOR_OTHERS):
        assert answer.status_code == 403
    elif place == NOT_THERE:
        assert answer.status_code == 404
    elif place in WEBSOCKETS:
        assert answer.status_code in {400, 426}  # not without an upgrade
    else:
        assert answer.status_code < 400 or place == "/lab/extensions/x.js", answer.text


@pytest.mark.parametrize(("route", "method"), guarded(), ids=named)
async def test_a_token_does_no_more_than_its_scopes(
    limited: dict[Scope, httpx.AsyncClient], owned: Owned, route: Route, method: str
) -> None:
    needed = route.needs(method)
    assert needed is not None
    answer = await send(limited[needed.scope], method, owned.place(PLACES[route.pattern]))
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("place", WEBSOCKETS)
async def test_websockets_open_for_nobody_else(
    server: Server, owned: Owned, bob: Person, admin: Person, place: str
) -> None:
    callers: list[dict[str, str]] = [{}]
    if "{" in place:
        callers += [{"Authorization": f"Bearer {person.token}"} for person in (bob, admin)]
    for headers in callers:
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(server, owned.place(place), headers).__aenter__()
        assert refused.value.response.status_code in {401, 403, 404}
    async with owned.person.socket(owned.place(place)):
        pass
