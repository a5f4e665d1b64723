"""What is measured, in the order in which it is printed."""

from __future__ import annotations

from benchmarks.measures import (
    crowd,
    deadline,
    first_output,
    memory,
    neighbours,
    notebooks,
    packages,
    page,
    review,
    running,
    terminals,
)

MEASURES = (
    *first_output.MEASURES,
    *running.MEASURES,
    *terminals.MEASURES,
    *notebooks.MEASURES,
    *page.MEASURES,
    *review.MEASURES,
    *packages.MEASURES,
    *memory.MEASURES,
    *crowd.MEASURES,
    *neighbours.MEASURES,
    *deadline.MEASURES,
)
