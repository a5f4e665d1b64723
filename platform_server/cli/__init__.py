"""The command ``jupyter platform``: serves, or does one of an admin's chores."""

from __future__ import annotations

import gc
import sys

import click

from platform_server.cli.backup import backup, restore
from platform_server.cli.doctor import doctor
from platform_server.cli.garbage import collect_garbage
from platform_server.cli.maintenance import database, image
from platform_server.cli.tokens import token
from platform_server.cli.users import user
from platform_server.errors import PlatformError

_SERVE = "Without a command it serves; `jupyter platform --help-all` lists the options of that."
_HELP_OPTIONS = ["-h", "--help"]


@click.group(epilog=_SERVE, context_settings={"help_option_names": _HELP_OPTIONS})
@click.version_option(package_name="platform-server", prog_name="platform-server")
def platform() -> None:
    """Serve the Python Execution Platform, or look after an installation of it."""


for _command in (user, token, doctor, image, database, backup, restore, collect_garbage):
    platform.add_command(_command)


def main() -> None:
    """Run what the command line says."""
    arguments = sys.argv[1:]
    if _is_to_serve(arguments):
        gc.disable()  # to look for garbage in what stays takes a sixth of the start
        from platform_server.app import application, serve

        application()
        gc.freeze()
        gc.enable()
        serve(arguments)
    else:
        try:
            platform.main(arguments, prog_name="jupyter platform")
        except PlatformError as error:  # of settings that cannot be meant
            sys.exit(error.message)


def _is_to_serve(arguments: list[str]) -> bool:
    """Tell whether it is the server's options that are given, if any."""
    own_options = {*_HELP_OPTIONS, "--version"}
    return not arguments or (arguments[0].startswith("-") and arguments[0] not in own_options)
