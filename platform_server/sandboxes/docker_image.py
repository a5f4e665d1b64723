"""The sandbox image: what it is made of decides its name, and it is built when it is missing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException

from platform_server import paths
from platform_server.errors import EngineUnavailable, Unavailable
from platform_server.sandboxes.docker_engine import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker.client import DockerClient

OFFICIAL_BASE = "python:3.11-slim"
_RELEASE_FILE = Path("/etc/os-release")
_PACKAGES = (
    "python3,python3-venv,ca-certificates,bash,bash-completion,git,htop,less,nano,procps,vim-tiny"
)
_PULL_PATIENCE = "20"  # seconds in which a registry must begin to answer


class ImageBuildFailed(Unavailable):
    """The sandbox image could not be built."""

    reason = "image_build_failed"


def image_name() -> str:
    """Return the image's name: a hash of all that goes into it."""
    digest = hashlib.sha256()
    for name, path in _parts():
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return f"platform-sandbox:{digest.hexdigest()[:12]}"


async def build_image(report: Callable[[str], None], *, again: bool = False) -> str:
    """Build the image unless the engine has it, and return its name.

    ``report`` is told each step, and the build's own output. ``again`` makes all of it anew, with
    what was repaired since. Raises EngineUnavailable, ImageBuildFailed.
    """
    return await asyncio.to_thread(_build, report, again=again)


def _build(report: Callable[[str], None], *, again: bool) -> str:
    name = image_name()
    try:
        client = connect()
        if _has(client, name) and not again:
            report(f"The sandbox image {name} is there.")
            return name
        base = _base(client, report, again=again)
        report(f"Building {name} on {base}: a minute or two.")
        _build_on(client, base, name, report, again=again)
    except APIError as error:
        raise ImageBuildFailed(f"The engine refused the build: {error.explanation}") from error
    except (DockerException, RequestException) as error:
        raise EngineUnavailable from error
    report(f"Built {name}.")
    return name


def _has(client: DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _base(client: DockerClient, report: Callable[[str], None], *, again: bool) -> str:
    """Return an image with Python: the official one, or one of the distribution's own packages."""
    if _has(client, OFFICIAL_BASE) and not again:
        return OFFICIAL_BASE
    codename = _release().get("VERSION_CODENAME", "")
    local = f"platform-base:{codename}"
    if codename and _has(client, local) and not again:
        return local
    report(f"Looking for {OFFICIAL_BASE}.")
    try:
        pull = subprocess.run(  # noqa: S603 - fixed arguments
            [_tool("timeout"), _PULL_PATIENCE, _tool("docker"), "pull", OFFICIAL_BASE],
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ImageBuildFailed("The docker command is missing.") from error
    if pull.returncode == 0:
        return OFFICIAL_BASE
    report("No registry answers: making a base of this distribution's own packages.")
    return _bootstrapped(client, codename, local)


def _bootstrapped(client: DockerClient, codename: str, name: str) -> str:
    """Return a base image made of the distribution's packages."""
    if _release().get("ID") not in {"debian", "ubuntu"} or not codename:
        raise ImageBuildFailed(
            f"No registry answers, and this is neither Debian nor Ubuntu: "
            f"load an image called {OFFICIAL_BASE} with `docker load`."
        )
    if shutil.which("mmdebstrap") is None:
        _install_mmdebstrap()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "root.tar")
        command = [_tool("mmdebstrap"), "--variant=minbase", f"--include={_PACKAGES}"]
        made = subprocess.run(  # noqa: S603 - fixed arguments
            [*command, codename, str(archive)], capture_output=True, check=False, text=True
        )
        if made.returncode != 0:
            raise ImageBuildFailed(f"mmdebstrap failed: {made.stderr.strip()[-500:]}")
        repository, tag = name.split(":")
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    return name


def _install_mmdebstrap() -> None:
    if os.geteuid() != 0:
        raise ImageBuildFailed("Type `sudo apt-get install mmdebstrap`, then try again.")
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "mmdebstrap"]):
        subprocess.run([_tool("apt-get"), *arguments], check=True, capture_output=True)  # noqa: S603


def _build_on(
    client: DockerClient, base: str, name: str, report: Callable[[str], None], *, again: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        for part, path in _parts():
            target = context / part
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        arguments = {"BASE_IMAGE": base, **_site_inputs(context / "inputs")}
        steps = client.api.build(
            path=folder,
            tag=name,
            buildargs=arguments,
            network_mode="host",
            rm=True,
            nocache=again,
            decode=True,
        )
        for step in steps:
            if "error" in step:
                raise ImageBuildFailed(f"The image could not be built: {step['error'].strip()}")
            if step.get("stream", "").startswith("Step "):
                report(step["stream"].strip())


def _site_inputs(folder: Path) -> dict[str, str]:
    """Pass on this network's certificate authorities and package index, if it has its own."""
    folder.mkdir()
    (folder / "none").touch()  # the folder is never empty, which COPY would refuse
    bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    if bundle and Path(bundle).is_file():
        shutil.copyfile(bundle, folder / "ca.crt")
    names = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def _parts() -> Iterator[tuple[str, Path]]:
    """Return what goes into the build: names in its context, and the files."""
    docker_folder, agent = paths.resource("docker") / "sandbox", paths.resource("agent")
    for prefix, folder in (("", docker_folder), ("agent/", agent)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield prefix + path.relative_to(folder).as_posix(), path


def _release() -> dict[str, str]:
    """Return what the distribution says of itself (os-release(5))."""
    try:
        lines = _RELEASE_FILE.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs}


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ImageBuildFailed(f"The command {name} is missing.")
    return found
