"""The JSON of the record of what admins do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from typing_extensions import TypedDict

from platform_extensions.shapes import Moment, value_of
from platform_server.acts.model import ActName, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.acts.model import KeptAct


class ActorModel(TypedDict):
    """Who did something, as they were known then."""

    id: str | None  # null: no account, but the command line or the account service
    name: str  # the account's address
    address: str  # of the network, where it came from; empty: not by network


class ActTargetModel(TypedDict):
    """What something was done to, as it was known then."""

    kind: Annotated[str, value_of(Kind)]
    id: str
    name: str


class ActModel(TypedDict):
    """Something that an admin did."""

    number: int
    at: Moment
    actor: ActorModel
    act: Annotated[str, value_of(ActName)]
    target: ActTargetModel
    before: dict[str, Any]  # of what was changed
    after: dict[str, Any]
    seal: str  # made of all of this, and of the seal of the act before


class ActsModel(TypedDict):
    """Acts, the newest first; ``next`` as ``before`` continues, null: there are no more."""

    acts: list[ActModel]
    next: int | None


def acts_model(acts: Sequence[KeptAct], limit: int) -> ActsModel:
    """Return acts; with as many as were asked for there may be more."""
    return {
        "acts": [act_model(one) for one in acts],
        "next": acts[-1].number if len(acts) == limit else None,
    }


def act_model(kept: KeptAct) -> ActModel:
    """Return an act."""
    act = kept.act
    return {
        "number": kept.number,
        "at": act.at.isoformat(),
        "actor": {"id": act.actor.id, "name": act.actor.name, "address": act.actor.address},
        "act": act.name.value,
        "target": {
            "kind": act.target.kind.value,
            "id": act.target.id,
            "name": act.target.name,
        },
        "before": dict(act.before),
        "after": dict(act.after),
        "seal": kept.seal,
    }
