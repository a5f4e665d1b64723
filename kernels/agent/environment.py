"""The project's own Python environment: what pip and uv install, on the project's volume.

It lies over the image's packages: Python looks in it first, then in the image.
"""

from __future__ import annotations

import platform
import site
import sys
from pathlib import Path

from agent.forwarder import ADDRESS
from agent.processes import HOME

FOLDER = Path(HOME, ".venv")
_INDEX = f"http://{ADDRESS[0]}:{ADDRESS[1]}/simple/"
_PIP = """#!{python}
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""

# What a kernel is made of: two copies of one of these in a process do not get on.
_OF_KERNEL = frozenset(
    {
        *("IPython", "agent", "comm", "debugpy", "ipykernel", "jupyter_client", "jupyter_core"),
        *("tornado", "traitlets", "zmq"),
    }
)

# What makes pip and uv install here, from the only index there is.
VARIABLES = {
    "VIRTUAL_ENV": str(FOLDER),
    "PIP_INDEX_URL": _INDEX,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "UV_DEFAULT_INDEX": _INDEX,
    "UV_EXCLUDE": "/opt/sandbox/base-packages.txt",  # what the image has is not fetched again
    "UV_PYTHON_DOWNLOADS": "never",
}


def prepare() -> None:
    """Make the environment (PEP 405) if the project has none. Raises OSError.

    By hand: the standard library's builder takes a tenth of a second, in each first start.
    """
    if (FOLDER / "pyvenv.cfg").exists():
        return
    commands, packages = FOLDER / "bin", _packages()
    commands.mkdir(parents=True, exist_ok=True)
    packages.mkdir(parents=True, exist_ok=True)
    python = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # noqa: SLF001 - as venv
    for name in ("python", "python3", python.name):
        (commands / name).unlink(missing_ok=True)
        (commands / name).symlink_to(python)
    for name in ("pip", "pip3"):
        (commands / name).write_text(_PIP.format(python=commands / "python"))
        (commands / name).chmod(0o755)
    (packages / "image.pth").write_text("\n".join(_of_image()) + "\n")
    (FOLDER / "pyvenv.cfg").write_text(
        f"home = {python.parent}\n"
        "include-system-site-packages = false\n"
        f"version = {platform.python_version()}\n"
    )


def enter() -> None:
    """Let this process use the environment, as if it had been started from it."""
    before = set(sys.path)
    site.addsitedir(str(_packages()))
    added = [path for path in sys.path if path not in before]
    sys.path[:] = [path for path in sys.path if path in before]
    first = min((sys.path.index(path) for path in _of_image() if path in sys.path), default=0)
    sys.path[first:first] = added
    sys.executable = str(FOLDER / "bin" / "python")
    sys.prefix = sys.exec_prefix = str(FOLDER)
    _forget_replaced()


def _forget_replaced() -> None:
    """Let modules of which the project has its own version be imported anew, from there."""
    try:
        own = {path.name.partition(".")[0] for path in _packages().iterdir()}
    except OSError:
        return
    image = tuple(_of_image())
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        file = getattr(module, "__file__", None) or ""
        if top in own and top not in _OF_KERNEL and file.startswith(image):
            del sys.modules[name]


def _packages() -> Path:
    version = sys.version_info
    return FOLDER / "lib" / f"python{version.major}.{version.minor}" / "site-packages"


def _of_image() -> list[str]:
    """Return where the image's packages are: the agent runs among them."""
    return [path for path in sys.path if path.endswith("site-packages") and HOME not in path]
