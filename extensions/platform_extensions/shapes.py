"""What the parts of answers are: the models of each resource are made of them.

A model is what a handler replies with: a ``TypedDict`` beside the function that makes it. The
description of the API has each as a schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import WithJsonSchema

if TYPE_CHECKING:
    from enum import Enum

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


def value_of(kind: type[Enum], *others: str) -> WithJsonSchema:
    """Say of a string that it is the value of one of an enum's members, or one of the others."""
    return one_of(*(one.value for one in kind), *others)


def one_of(*words: str) -> WithJsonSchema:
    """Say of a string that it is one of these."""
    return WithJsonSchema({"type": "string", "enum": list(words)})
