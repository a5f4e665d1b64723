"""Compares in a process of its own, which may be killed: what a sandbox says is hostile."""

from __future__ import annotations

from typing import Any

from platform_server.contents import worker
from platform_server.review.reproduction.report import again, job_of, report_of


def answer(job: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    """Return a notebook's job, its report, or the notebook with the outputs of a report."""
    if job["want"] == "job":
        return {"cells": job_of(pieces[0])}
    if job["want"] == "report":
        return report_of(pieces[0], pieces[1], patience_ended=job["is_late"])
    return {"notebook": again(pieces[0], job["cells"]).decode()}


if __name__ == "__main__":
    worker.serve(answer)
