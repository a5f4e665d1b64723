"""The JSON of the packages resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.shapes import Moment, value_of
from platform_server.environments.installations import Action, Order
from platform_server.environments.progress import Phase
from platform_server.environments.requirements import (
    LARGEST_FILE,
    MOST,
    wanted_from,
    wanted_from_file,
)
from platform_server.environments.takes import Outcome
from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from platform_server.environments.installations import Installation
    from platform_server.environments.model import PackagePolicy
    from platform_server.environments.progress import Word
    from platform_server.environments.recorder import EnvironmentView
    from platform_server.environments.service import PackageEvent
    from platform_server.environments.takes import Take

_Phase = Annotated[str, value_of(Phase)]
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


class PackageModel(TypedDict):
    """A package that a project has."""

    name: str
    version: str
    requested: bool  # by somebody; others came because these need them
    size: int  # bytes of its files
    sha256: list[str]
    needed_by: list[str]
    missing: bool  # recorded, and not installed: the environment was lost


class PolicyModel(TypedDict):
    """What may be installed. Names are patterns."""

    allow: list[str]
    deny: list[str]
    private: list[str]
    wheels_only: bool
    max_file_bytes: int
    max_project_bytes: int | None
    cool_off_days: float  # 0: files of any age
    cool_off_denies: bool


class ChangeModel(TypedDict):
    """A package that an installation changed: its versions, null where it was or is not there."""

    name: str
    before: str | None
    after: str | None


class FetchModel(TypedDict):
    """What the package gateway did."""

    kind: str
    name: str
    file: NotRequired[str]
    size: NotRequired[int | None]
    done: NotRequired[int]


class WordModel(TypedDict):
    """One line of an installation's progress."""

    phase: _Phase
    message: NotRequired[str]
    package: NotRequired[FetchModel]
    changes: NotRequired[list[ChangeModel]]


class InstallationModel(TypedDict):
    """How an installation goes, or went."""

    id: str
    action: Annotated[str, value_of(Action)]
    requirements: list[str]
    phase: _Phase
    message: str
    changes: list[ChangeModel]


class PackagesModel(TypedDict):
    """What a project has installed, and what it may install."""

    packages: list[PackageModel]
    size: int  # bytes
    policy: PolicyModel
    installation: InstallationModel | None  # the one that runs, or the last one


class TakeModel(TypedDict):
    """One line of the record of who took what."""

    id: str
    at: Moment
    project: str
    outcome: Annotated[str, value_of(Outcome)]
    package: str
    version: str
    file: str
    sha256: str
    size: int
    reason: str


class TakesModel(TypedDict):
    """Some lines of that record, and what is to be sent as ``before`` for the next ones."""

    takes: list[TakeModel]
    next: str | None


def packages_model(
    view: EnvironmentView, policy: PackagePolicy, latest: Installation | None
) -> PackagesModel:
    """Return what is installed, and what may be."""
    packages: list[PackageModel] = [
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


def policy_model(policy: PackagePolicy) -> PolicyModel:
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


def installation_model(installation: Installation) -> InstallationModel:
    """Return how an installation goes: what was said of it last."""
    telling = installation.telling
    last = telling.words[-1] if telling.words else None
    return {
        "id": installation.id,
        "action": installation.order.action.value,
        "requirements": [one.text for one in installation.order.wanted],
        "phase": telling.phase.value,
        "message": last.message if last else "",
        "changes": _changes(last) if last else [],
    }


def word_model(word: Word) -> WordModel:
    """Return one line of an installation's progress."""
    model: WordModel = {"phase": word.phase.value}
    if word.message:
        model["message"] = word.message
    if word.package is not None:
        model["package"] = _fetch(word.package)
    if word.changes:
        model["changes"] = _changes(word)
    return model


def take_model(take: Take) -> TakeModel:
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


def _fetch(event: PackageEvent) -> FetchModel:
    model: FetchModel = {"kind": event.kind, "name": event.package}
    if event.filename:
        model |= {"file": event.filename, "size": event.size, "done": event.done}
    return model


def _changes(word: Word) -> list[ChangeModel]:
    return [{"name": one.name, "before": one.before, "after": one.after} for one in word.changes]
