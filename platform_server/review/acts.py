"""What admins do to groups, and to the reviews of projects that are not theirs, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from platform_server.acts.model import INSTALLATION, Act, ActName, Kind, Target, changing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from platform_server.acts.model import Actor
    from platform_server.identity.model import UserId
    from platform_server.projects.model import Project
    from platform_server.review.groups.model import Group
    from platform_server.review.rubric import Rubric

    # They give the act of a change, of what was there just before; None: it changes nothing.
    TellingGroup: TypeAlias = Callable[[Group], Act | None]
    TellingNamed: TypeAlias = Callable[[Collection[UserId]], Act | None]
    TellingRubric: TypeAlias = Callable[[Rubric | None], Act | None]

_NAMED = 50  # people who came, or went, that an act names


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Everybody who is of something now, by id, and what all accounts are called."""

    ids: Collection[UserId]
    called: Mapping[UserId, str]

    def facts(self, before: Collection[UserId]) -> dict[str, Any]:
        """Return how many these are and were, and who came and went, for an act."""
        return {
            "before": self._side(before, set(before) - set(self.ids), "went"),
            "after": self._side(self.ids, set(self.ids) - set(before), "came"),
        }

    def _side(self, all_of: Collection[UserId], some: set[UserId], word: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"people": len(set(all_of))}
        if some:
            facts[word] = sorted(self.called.get(one, one) for one in some)[:_NAMED]
        return facts


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Gives the acts of somebody's changes at one time."""

    by: Actor
    at: datetime

    def group(self, name: ActName, group: Group, **facts: dict[str, Any]) -> Act:
        """Return an act on a group."""
        return self._act(name, Target(kind=Kind.GROUP, id=group.id, name=group.name), **facts)

    def group_removed(self, group: Group) -> Act:
        """Return the act of removing a group."""
        assert group.roster is not None
        sides = {"members": group.roster.members, "reviewers": group.roster.reviewers}
        counts = {side: len(people) for side, people in sides.items()}
        return self.group(ActName.GROUP_REMOVED, group, before=counts)

    def group_renamed(self, name: str) -> TellingGroup:
        """Tell that a group is called otherwise."""

        def act(group: Group) -> Act | None:
            facts = {"before": {"name": group.name}, "after": {"name": name}}
            return changing(self.group(ActName.GROUP_RENAMED, group, **facts))

        return act

    def members_changed(self, people: Chosen) -> TellingGroup:
        """Tell who came into a group, and who went."""

        def act(group: Group) -> Act | None:
            facts = people.facts(group.roster.members if group.roster else ())
            return changing(self.group(ActName.MEMBERS_CHANGED, group, **facts))

        return act

    def reviewers_changed(self, people: Chosen) -> TellingGroup:
        """Tell who came to review a group, and who went."""

        def act(group: Group) -> Act | None:
            facts = people.facts(group.roster.reviewers if group.roster else ())
            return changing(self.group(ActName.REVIEWERS_CHANGED, group, **facts))

        return act

    def reviewers_named(self, project: Project, people: Chosen) -> TellingNamed:
        """Tell whom a project names as its reviewers, and whom no more."""

        def act(before: Collection[UserId]) -> Act | None:
            facts = people.facts(before)
            return changing(self._act(ActName.REVIEWERS_NAMED, _target(project), **facts))

        return act

    def rubric_changed(self, project: Project | None, rubric: Rubric | None) -> TellingRubric:
        """Tell that a project's rubric is another one, or with None the installation's."""
        name = ActName.COMMON_RUBRIC_CHANGED if project is None else ActName.RUBRIC_CHANGED
        target = INSTALLATION if project is None else _target(project)

        def act(before: Rubric | None) -> Act | None:
            if before == rubric:
                return None
            return self._act(name, target, before=_sums(before), after=_sums(rubric))

        return act

    def _act(self, name: ActName, target: Target, **facts: dict[str, Any]) -> Act:
        return Act(at=self.at, actor=self.by, name=name, target=target, **facts)


def _target(project: Project) -> Target:
    return Target(kind=Kind.PROJECT, id=project.id, name=project.name)


def _sums(rubric: Rubric | None) -> dict[str, Any]:
    if rubric is None:
        return {}
    return {
        "criteria": len(rubric.criteria),
        "points": sum(one.points for one in rubric.criteria),
    }
