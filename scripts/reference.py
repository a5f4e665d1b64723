"""Write what follows from the code: the pages of docs/reference, jupyter_config.py. ``make docs``.

A test compares what stands there with what this would write.
"""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tornado.web import RequestHandler

from platform_extensions.configuration import CONFIGURED, configuration, own_settings
from platform_extensions.failures import status_of
from platform_extensions.route_table import ROUTES
from platform_server import app, cli, errors
from platform_server.identity.model import Role, Scope
from platform_server.identity.permissions import ROLE_PERMISSIONS, Permission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from platform_extensions.routing import Route

ROOT = Path(__file__).resolve().parent.parent
UNIMPLEMENTED = {RequestHandler._unimplemented_method}  # noqa: SLF001 - what tornado tests for
_GROUP = re.compile(r"\((\?:|\?P<(\w+)>)?((?:[^()\\]|\\.)*)\)([?+*]?)")  # an innermost one
_VARIABLE = re.compile(r"((?:^# .*\n)+)^#([A-Z_]+)=(.*)$", re.MULTILINE)
OURS = {app.__name__.partition(".")[0], "platform_extensions", "platform_kernels"}  # app has all
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by scripts/reference.py from the code; run `make docs` after a change. -->"


def errors_page() -> str:
    """Return every reason, with the statuses and messages that it comes with."""
    said: dict[str, list[str]] = {}
    for condition in sorted(_conditions(errors.PlatformError), key=lambda one: one.__name__):
        status = HTTPStatus(status_of(condition()))
        message = _paragraph(condition().message)
        said.setdefault(condition.reason, []).append(f"{status} {status.phrase}. {message}\n")
    return _page(
        "Errors",
        'Every refusal and failure is JSON: `{"message": …, "reason": …}`. The message is for\n'
        "people and may change; the reason is for programs and stays. What is not yours and what\n"
        "is not there look the same: 404.",
        *(f"## {reason}\n\n" + "\n".join(ways) for reason, ways in said.items()),
    )


def _conditions(base: type[errors.PlatformError]) -> Iterator[type[errors.PlatformError]]:
    for condition in base.__subclasses__():
        is_private = condition.__name__.startswith("_")
        if condition.__module__.partition(".")[0] in OURS and not is_private:
            yield condition
        yield from _conditions(condition)


def permissions_page() -> str:
    """Return who may do what, by role and by token scope."""
    rights, scopes = inspect.getsource(Permission), inspect.getsource(Scope)
    rows = [
        [
            f"`{permission.code}`",
            _comment(rights, permission.name),
            *("yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role),
            f"`{permission.scope.value}`",
        ]
        for permission in Permission
    ]
    return _page(
        "Permissions",
        "A route asks for one permission ([routes](routes.md)). A request has it if its account's\n"
        "role does and, when it comes with an API token, the token's scopes do too. What one may\n"
        "do to a single project is decided by one's place in it: owner, editor or viewer. Which\n"
        "submissions a reviewer sees is decided by the projects and groups that they are of\n"
        "([who reviews what](../how-to/review.md#who-reviews-what)).",
        _table(["permission", "what for", *(role.value for role in Role), "scope"], rows),
        "## Scopes of API tokens\n",
        _table(
            ["scope", "what for"],
            [[f"`{scope.value}`", _comment(scopes, scope.name)] for scope in Scope],
        ),
    )


def _comment(source: str, name: str) -> str:
    """Return the comment behind an enum's member."""
    match = re.search(rf"^ *{name} = .*?# (.*)$", source, re.MULTILINE)
    return match[1] if match else ""


def routes_page() -> str:
    """Return every route, what it takes to call it, and what it is."""
    rows = [
        [
            f"`{address(route.pattern)}`",
            "<br>".join(_methods(route)),
            _paragraph(inspect.getdoc(route.handler) or ""),
        ]
        for route in ROUTES
    ]
    return _page(
        "Routes",
        "An address that stands in no line is a 404. Behind each method stands the\n"
        "[permission](permissions.md) that it takes.",
        _table(["address", "methods", ""], rows),
    )


def _methods(route: Route) -> Iterator[str]:
    """Yield the methods that a route's handler has, with what each takes."""
    for method in RequestHandler.SUPPORTED_METHODS:
        implementation = getattr(route.handler, method.lower())
        if method == "OPTIONS" or implementation in UNIMPLEMENTED:
            continue
        needed = route.needs(method)
        yield f"{method}: {f'`{needed.code}`' if needed else 'everybody'}"


def address(pattern: str) -> str:
    """Return a route's regular expression as people write addresses: names in braces."""
    text, count = pattern, 1
    while count:
        text, count = _GROUP.subn(_placeholder, text)
    text = re.sub(r"\[[^]]+\][+*]", "{name}", text.removesuffix("/?").replace("/?", "/"))
    return text.replace("⟦", "[").replace("⟧", "]").replace("\\", "") or "/"


def _placeholder(group: re.Match[str]) -> str:
    kind, name, inside, how_often = group.groups()
    if name:
        return f"{{{name}}}"
    if kind:
        return f"⟦{inside}⟧" if how_often == "?" else inside
    if re.fullmatch(r"[\w\\.|]+", inside) and inside != r"\w":
        return inside
    return "{path}" if inside == ".+" else "{id}"


def settings_page() -> str:
    """Return every setting of ours, its default and its help."""
    sections = [
        f"## {cls.__name__}.{name}\n\n"
        f"{_paragraph(trait.help)}\n\n"
        f"Type: {trait.info()}. Default: `{trait.default()!r}`.\n"
        for cls in CONFIGURED
        for name, trait in own_settings(cls).items()
    ]
    return _page(
        "Settings",
        "Set them in `jupyter_config.py` (`c.PlatformApp.sign_up = False`) or on the command line\n"
        "(`--PlatformApp.sign_up=False`). Jupyter's own settings work too, except for those that\n"
        "would take the platform's place.",
        *sections,
    )


def environment_page() -> str:
    """Return every variable with what env.example says of it."""
    text = (ROOT / "env.example").read_text(encoding="utf-8")
    sections = [
        f"## {name}\n\n{re.sub('^# ?', '', comment, flags=re.MULTILINE).strip()}\n"
        + (f"\nDefault: `{value}`.\n" if value else "")
        for comment, name, value in _VARIABLE.findall(text)
    ]
    return _page(
        "Environment",
        "Set them in the environment, or in a file `.env` in the folder from which the server is\n"
        "started; `env.example` is one to begin with. The environment takes precedence.",
        *sections,
    )


def command_line_page() -> str:
    """Return every command with its own help."""
    context = click.Context(cli.platform, info_name="jupyter platform", terminal_width=80)
    sections = [
        f"## {path}\n\n```text\n{text.rstrip()}\n```\n" for path, text in _commands(context)
    ]
    return _page(
        "Command line",
        "In a checkout: `.venv/bin/jupyter platform …`, or `.venv/bin/jupyter-platform …`.",
        *sections,
    )


def _commands(context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the path and the help of a command and those below it."""
    command = context.command
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _commands(click.Context(below, info_name=name, parent=context))


def _page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n", f"{MADE}\n", f"{parts[0]}\n", *parts[1:]])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _paragraph(text: str) -> str:
    """Return the first paragraph of a text, on one line."""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


PAGES: dict[str, Callable[[], str]] = {
    "command-line.md": command_line_page,
    "environment.md": environment_page,
    "errors.md": errors_page,
    "permissions.md": permissions_page,
    "routes.md": routes_page,
    "settings.md": settings_page,
}


def main() -> None:
    """Write the pages and the file of settings."""
    (ROOT / "jupyter_config.py").write_text(configuration(), encoding="utf-8")
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
