"""What reviewers give points for, and the points that they gave. No I/O."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from platform_server.errors import InvalidInput
from platform_server.versions import version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CRITERIA = 40
MAX_LEVELS = 12
MAX_TITLE = 200  # characters
MAX_TEXT = 2_000  # characters


@dataclass(frozen=True, kw_only=True)
class Level:
    """A step of a criterion, with what it takes."""

    points: float
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """Something that points are given for."""

    id: str
    title: str
    text: str = ""
    points: float = 1.0  # at most
    levels: tuple[Level, ...] = ()  # the points that can be given; none: any


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """All criteria of a project, or of the installation."""

    criteria: tuple[Criterion, ...] = ()

    @property
    def version(self) -> str:
        """What stands for just these criteria."""
        return version_of(asdict(self))


@dataclass(frozen=True, kw_only=True)
class Given:
    """Points that a reviewer gives."""

    criterion: str
    points: float
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Points that were given, with what they were given for, as it was then."""

    criterion: str
    title: str
    points: float
    most: float
    note: str = ""


def check(rubric: Rubric) -> None:
    """Raise InvalidInput for a rubric that cannot be used."""
    if len({one.id for one in rubric.criteria}) != len(rubric.criteria):
        raise InvalidInput("Each criterion has an id of its own.")
    for one in rubric.criteria:
        if not one.title.strip():
            raise InvalidInput("Each criterion has a title.")
        if any(not 0 <= level.points <= one.points for level in one.levels):
            raise InvalidInput(f'"{one.title}" has a level beyond its {one.points:g} points.')
        if len({level.points for level in one.levels}) != len(one.levels):
            raise InvalidInput(f'"{one.title}" has two levels with the same points.')


def scores(rubric: Rubric, given: Sequence[Given]) -> tuple[Score, ...]:
    """Return the points that are given, by the rubric's order. Raises InvalidInput."""
    points = {one.criterion: one for one in given}
    unknown = points.keys() - {one.id for one in rubric.criteria}
    if unknown or len(points) != len(given):
        raise InvalidInput("Points are given once for each criterion of the rubric, and no other.")
    return tuple(_score(one, points[one.id]) for one in rubric.criteria if one.id in points)


def _score(criterion: Criterion, given: Given) -> Score:
    steps = {level.points for level in criterion.levels}
    if not 0 <= given.points <= criterion.points or (steps and given.points not in steps):
        raise InvalidInput(f'"{criterion.title}" cannot have {given.points:g} points.')
    return Score(
        criterion=criterion.id,
        title=criterion.title,
        points=given.points,
        most=criterion.points,
        note=given.note,
    )
