"""What JupyterLab's page tells the browser: made anew for each request, of values only."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jupyter_server
from jupyterlab._version import __version__ as jupyterlab_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from platform_extensions.lab.sources import Extension, Sources

STATIC = "static/lab"
EXTENSIONS = "lab/extensions"
THEME = "lab/api/themes/@jupyterlab/theme-light-extension/index.css"  # which most have

# They act for the whole server, call out of it, or ask for what it does not serve.
DISABLED = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/apputils-extension:licenses-plugin",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/hub-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/pluginmanager-extension",
)

_URLS = {
    "app": "lab",
    "labextensions": EXTENSIONS,
    "settings": "lab/api/settings",
    "themes": "lab/api/themes",
    "translationsApi": "lab/api/translations",
    "tree": "lab/tree",
    "workspacesApi": "lab/api/workspaces",
}
_MAIN = re.compile(r"(main\.[0-9a-f]+\.js)\?v=")
# The chunks that this JupyterLab loads before its first plugin runs: it would find them one after
# the other. A name that an upgrade takes away is left out; a browser test says which are missing.
_FIRST = (
    *("jlab_core", "219", "9797", "3301", "3588", "1207", "5361", "4550", "2985", "4350", "2287"),
    *("4571", "6237", "5695", "1587", "4607", "7335", "5098", "3508", "5269", "8690", "79", "213"),
    *("8754", "7178", "8777", "4232", "2116", "5199", "2154", "8608", "6715", "8193", "7624"),
    *("9198", "1815", "479", "5786"),
)
_OWN_FIRST = re.compile(r"\d+\.[0-9a-f]+\.js")  # chunks that are loaded on demand have words


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which page is asked for."""

    mode: str  # "lab", or "doc" for one document alone
    workspace: str
    tree: str  # the contents path in the address


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is the same for everybody."""

    base_url: str
    main: str  # the script that starts JupyterLab
    preload: tuple[str, ...]  # the paths of scripts that it will ask for at once, as it will ask
    extensions: tuple[Extension, ...]
    expose_app: bool  # as ``window.jupyterapp``, for browser tests

    def config(self, place: Place) -> dict[str, Any]:
        """Return the page's configuration as JupyterLab expects it."""
        return {
            **self._fixed(),
            **_urls(self.base_url),
            "disabledExtensions": self._disabled(),
            "exposeAppInBrowser": self.expose_app,
            "federated_extensions": [_federated(one) for one in self.extensions],
            "fullStaticUrl": self.base_url + STATIC,
            "mode": "single-document" if place.mode == "doc" else "multiple-document",
            "treePath": place.tree,
            "workspace": place.workspace,
        }

    def _fixed(self) -> dict[str, Any]:
        return {
            "allow_hidden_files": False,
            "appName": "Python Execution Platform",
            "appNamespace": "platform",
            "appVersion": jupyterlab_version,
            "baseUrl": self.base_url,
            "buildAvailable": False,
            "buildCheck": False,
            "cacheFiles": True,
            "copyAbsolutePath": False,
            "delete_to_trash": False,
            "devMode": False,
            "extensionManager": {"name": "read-only", "can_install": False, "install_path": None},
            "ignorePlugins": [],
            "news": {"disabled": True},
            "notebookStartsKernel": True,
            "notebookVersion": json.dumps(jupyter_server.version_info),
            "preferredPath": "",
            "quitButton": False,
            "serverRoot": "",
            "store_id": 0,
            "terminalsAvailable": True,
            "token": "",
            "wsUrl": "",
        }

    def _disabled(self) -> list[str]:
        taken = [name for one in self.extensions for name in one.disables]
        return sorted({*DISABLED, *taken})


def make_page(sources: Sources, base_url: str, *, expose_app: bool) -> Page:
    """Return the page, with the names that this build's scripts have."""
    index = (sources.static / "index.html").read_text()
    found = _MAIN.search(index)
    if found is None:
        raise ValueError(f"no main script in {sources.static / 'index.html'}")
    return Page(
        base_url=base_url,
        main=found[1],
        preload=(*_first_scripts(sources.static), *_scripts_of(sources.extensions)),
        extensions=sources.extensions,
        expose_app=expose_app,
    )


def _first_scripts(static: Path) -> list[str]:
    found = [path.name for name in _FIRST for path in static.glob(f"{name}.*.js")]
    return [f"{STATIC}/{_versioned(name)}" for name in found]


def _scripts_of(extensions: Iterable[Extension]) -> list[str]:
    scripts = []
    for one in extensions:
        prefix = f"{EXTENSIONS}/{one.name}"
        scripts.append(f"{prefix}/{one.build['load']}")
        names = sorted(path.name for path in (one.folder / "static").glob("*.js"))
        scripts += [
            f"{prefix}/static/{_versioned(name)}" for name in names if _OWN_FIRST.fullmatch(name)
        ]
    return scripts


def _versioned(name: str) -> str:
    """Return a chunk's name as the page asks for it."""
    return f"{name}?v={name.split('.')[1]}"


def _urls(base_url: str) -> dict[str, str]:
    """Return each address twice, as JupyterLab wants it: within the server, and in full."""
    inside = {f"{name}Url": f"/{path}" for name, path in _URLS.items()}
    full = {f"full{name[0].upper()}{name[1:]}Url": base_url + path for name, path in _URLS.items()}
    return inside | full


def _federated(extension: Extension) -> dict[str, Any]:
    known = ("load", "extension", "mimeExtension", "style", "entrypoints")
    return {
        "name": extension.name,
        **{key: extension.build[key] for key in known if key in extension.build},
    }
