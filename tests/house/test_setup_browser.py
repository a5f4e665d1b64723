"""``scripts/setup-browser``, and with it how every script gets a Debian package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.house.conftest import Machine

INSTALL = "install -y -qq --no-install-recommends chromium fonts-dejavu-core"
INSTALL_FIREFOX = "install -y -qq --no-install-recommends firefox-esr"
THERE = "#!/bin/sh\n"


def test_browsers_that_are_there_are_not_installed_again(machine: Machine) -> None:
    machine.has_debian()
    machine.install("chromium", THERE)
    machine.install("firefox-esr", THERE)

    assert machine.run("setup-browser").returncode == 0
    assert machine.asked == []


def test_a_package_that_apt_does_not_know_yet_is_looked_up_first(machine: Machine) -> None:
    mark = machine.folder / "updated"
    machine.install("firefox-esr", THERE)
    machine.has_debian(f'[ "$1" = update ] && touch {mark}; [ -e {mark} ]')

    assert machine.run("setup-browser").returncode == 0
    assert machine.asked == [INSTALL, "update -qq", INSTALL]


def test_an_installation_that_fails_ends_the_set_up(machine: Machine) -> None:
    machine.has_debian("echo no such package >&2; false")

    result = machine.run("setup-browser")

    assert result.returncode != 0
    assert "no such package" in result.stderr


def test_somebody_who_is_not_root_is_told_the_command(machine: Machine) -> None:
    machine.has_debian()
    machine.run_as(1000)

    result = machine.run("setup-browser")

    assert result.returncode == 1
    assert "sudo apt-get install -y chromium fonts-dejavu-core" in result.stderr


def test_another_distribution_is_told_what_is_needed(machine: Machine) -> None:
    result = machine.run("setup-browser")

    assert result.returncode == 1
    assert "Install: chromium fonts-dejavu-core" in result.stderr


def test_firefox_is_installed_too(machine: Machine) -> None:
    machine.has_debian()
    machine.install("chromium", THERE)

    assert machine.run("setup-browser").returncode == 0
    assert machine.asked == [INSTALL_FIREFOX]


def test_where_firefox_is_not_on_offer_chromium_is_enough(machine: Machine) -> None:
    machine.has_debian('[ "$1" = update ]')
    machine.install("chromium", THERE)

    result = machine.run("setup-browser")

    assert result.returncode == 0
    assert machine.asked == [INSTALL_FIREFOX, "update -qq", INSTALL_FIREFOX]
    assert "in Chromium alone" in result.stdout


def test_nobody_but_root_is_asked_for_firefox(machine: Machine) -> None:
    machine.has_debian()
    machine.run_as(1000)
    machine.install("chromium", THERE)

    result = machine.run("setup-browser")

    assert result.returncode == 0
    assert machine.asked == []
    assert "in Chromium alone" in result.stdout
