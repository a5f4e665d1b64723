"""The JSON of the packages resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from platform_extensions.base import RequestBody
from platform_server.environments.installations import Action, Order
from platform_server.environments.requirements import (
    LARGEST_FILE,
    MOST,
    wanted_from,
    wanted_from_file,
)
from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from platform_server.environments.installations import Installation
    from platform_server.environments.model import PackagePolicy
    from platform_server.environments.progress import Word
    from platform_server.environments.recorder import EnvironmentView
    from platform_server.environments.takes import Take

_Requirement = Annotated[str, Field(max_length=500)]


class OrderRequest(RequestBody):
    """What is to be done: with requirements one by one, or with a requirements file."""

    action: Literal["install", "upgrade", "uninstall", "rebuild"]
    requirements: Annotated[tuple[_Requirement, ...], Field(max_length=MOST, strict=False)] = ()
    file: Annotated[str, Field(max_length=LARGEST_FILE)] = ""

    @property
    def order(self) -> Order:
        """The order; raises InvalidInput."""
        action = Action(self.action)
        if action is Action.REBUILD:
            return Order(action=action)
        if self.file and self.requirements:
            raise InvalidInput('Send "requirements" or a "file", not both.')
        found = wanted_from_file(self.file) if self.file else wanted_from(self.requirements)
        return Order(action=action, wanted=found)


def packages_model(
    view: EnvironmentView, policy: PackagePolicy, latest: Installation | None
) -> dict[str, Any]:
    """Return ``{"packages", "size", "policy", "installation"}``."""
    packages = [
        {
            "name": one.name,
            "version": one.version,
            "requested": one.requested,
            "size": one.size,
            "sha256": list(one.sha256s),
            "needed_by": list(view.needed_by.get(one.name, ())),
            "missing": one.name in view.missing,
        }
        for one in view.packages
    ]
    return {
        "packages": packages,
        "size": view.size,
        "policy": policy_model(policy),
        "installation": installation_model(latest) if latest is not None else None,
    }


def policy_model(policy: PackagePolicy) -> dict[str, Any]:
    """Return what may be installed."""
    cool_off = policy.cool_off
    return {
        "allow": list(policy.allow),
        "deny": list(policy.deny),
        "private": list(policy.private),
        "wheels_only": policy.wheels_only,
        "max_file_bytes": policy.max_file_bytes,
        "max_project_bytes": policy.max_project_bytes,
        "cool_off_days": cool_off.total_seconds() / 86400 if cool_off else 0,
        "cool_off_denies": policy.cool_off_denies,
    }


def installation_model(installation: Installation) -> dict[str, Any]:
    """Return ``{"id", "action", "requirements", "phase", "message", "changes"}``."""
    telling = installation.telling
    last = word_model(telling.words[-1]) if telling.words else {"phase": telling.phase.value}
    return {
        "id": installation.id,
        "action": installation.order.action.value,
        "requirements": [one.text for one in installation.order.wanted],
        "message": "",
        "changes": [],
    } | {key: value for key, value in last.items() if key != "package"}


def word_model(word: Word) -> dict[str, Any]:
    """Return one line of an installation's progress."""
    model: dict[str, Any] = {"phase": word.phase.value}
    if word.message:
        model["message"] = word.message
    if word.package is not None:
        event = word.package
        model["package"] = {"kind": event.kind, "name": event.package}
        if event.filename:
            model["package"] |= {"file": event.filename, "size": event.size, "done": event.done}
    if word.changes:
        model["changes"] = [
            {"name": one.name, "before": one.before, "after": one.after} for one in word.changes
        ]
    return model


def take_model(take: Take) -> dict[str, Any]:
    """Return one line of the record of who took what."""
    return {
        "id": take.id,
        "at": take.at.isoformat(),
        "project": take.project_id,
        "outcome": take.outcome.value,
        "package": take.package,
        "version": take.version,
        "file": take.filename,
        "sha256": take.sha256,
        "size": take.size,
        "reason": take.reason,
    }
