"""``scripts/setup-postgres``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.house.conftest import Machine


def test_a_postgres_of_the_distribution_is_found(machine: Machine) -> None:
    machine.has_debian()
    program = machine.folder / "postgresql/15/bin/initdb"
    program.parent.mkdir(parents=True)
    program.touch()

    script = machine.run("setup-postgres", POSTGRESQL_FOLDER=str(machine.folder / "postgresql"))

    assert script.returncode == 0
    assert machine.asked == []


def test_a_postgres_from_elsewhere_is_found(machine: Machine) -> None:
    machine.has_debian()
    machine.install("initdb", "#!/bin/sh\n")

    script = machine.run("setup-postgres", POSTGRESQL_FOLDER=str(machine.folder / "none"))

    assert script.returncode == 0
    assert machine.asked == []


def test_one_is_installed_where_there_is_none(machine: Machine) -> None:
    machine.has_debian()

    script = machine.run("setup-postgres", POSTGRESQL_FOLDER=str(machine.folder / "none"))

    assert script.returncode == 0, script.stderr
    assert machine.asked == ["install -y -qq --no-install-recommends postgresql"]
