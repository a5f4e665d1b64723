"""Chance that can be repeated."""

from __future__ import annotations

from random import Random


def dice(seed: int, whose: str) -> Random:
    """Return random numbers that are the same for the same seed and name, each name its own."""
    return Random(f"{seed} {whose}")  # noqa: S311 - not for secrets
