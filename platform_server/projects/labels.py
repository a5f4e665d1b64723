"""How a project is called in somebody's list: its own name, and whose it is when it is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.projects.model import ProjectView
from platform_server.projects.names import MAX_NAME_BYTES, fault_of_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.identity.model import UserId
    from platform_server.projects.repository import Membership


def views(user_id: UserId, memberships: Iterable[Membership]) -> list[ProjectView]:
    """Return the projects as the user sees them, each with a label that no other one has.

    An own project is called by its name. A shared one adds the owner's name, or their e-mail
    address where the name does not tell two apart, or in the last resort the project's id.
    """
    ordered = sorted(memberships, key=lambda one: one.project.owner_id != user_id)
    taken: set[str] = set()
    result = []
    shared_names = _ambiguous(one for one in ordered if one.project.owner_id != user_id)
    for one in ordered:
        label = next(
            candidate
            for candidate in _candidates(user_id, one, avoid=shared_names)
            if candidate not in taken
        )
        taken.add(label)
        result.append(ProjectView(project=one.project, access=one.access, label=label))
    return result


def _ambiguous(shared: Iterable[Membership]) -> set[str]:
    """Return the labels by owner's name that more than one shared project would have."""
    seen: set[str] = set()
    twice: set[str] = set()
    for one in shared:
        label = _labelled(one.project.name, one.owner_name)
        (twice if label in seen else seen).add(label)
    return twice


def _candidates(user_id: UserId, one: Membership, *, avoid: set[str]) -> Iterable[str]:
    project = one.project
    if project.owner_id == user_id:
        yield project.name
        return
    by_name = _labelled(project.name, one.owner_name)
    if one.owner_name and by_name not in avoid:
        yield by_name
    yield _labelled(project.name, one.owner_email)
    yield _labelled(project.name, project.id)


def _labelled(name: str, owner: str) -> str:
    """Return ``name (owner)`` as a name that can stand in a path."""
    clean = "".join(
        "_" if fault_of_name(character) not in {None, _DOT} else character for character in owner
    )
    suffix = f" ({clean[:60]})"
    room = MAX_NAME_BYTES - len(suffix.encode())
    return name.encode()[:room].decode(errors="ignore") + suffix


_DOT = fault_of_name(".")
