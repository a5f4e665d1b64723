"""What the Docker engine is asked for: one hardened container per sandbox. Pure, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from platform_server.sandboxes.model import HOME, WORKSPACE

if TYPE_CHECKING:
    from platform_server.sandboxes.engine import ContainerSpec
    from platform_server.sandboxes.model import Limits

LABEL_INSTALLATION = "platform.installation"
LABEL_SANDBOX = "platform.sandbox"
LABEL_PROJECT = "platform.project"

CONTROL = "/run/platform"  # where the agent finds the server's sockets
USER = "1000:1000"
_BACKGROUND_SHARES = 64  # of processor time that is short; others have 1024
_PERIOD = 100_000  # microseconds, the scheduler's usual period


def container_name(installation: str, sandbox_id: str) -> str:
    """Return the name of a sandbox's container, unique on its engine."""
    return f"platform-{installation}-{sandbox_id}"


def container_config(
    spec: ContainerSpec, *, installation: str, seccomp: str, runtime: str = "", largest: int = 0
) -> dict[str, Any]:
    """Return the body of the engine's create call (Docker Engine API 1.41, ContainerCreate).

    Everything is refused that a learner does not need: no network, no capability, no privilege to
    gain, a read-only root, the platform's own system call filter, no log that could grow.
    ``runtime`` is one that the engine knows by that name; empty: the engine's default. ``largest``
    is how many bytes one file may have that is written inside; 0: as many as it likes.
    """
    return {
        "Image": spec.image,
        "Hostname": spec.hostname,
        "User": USER,
        "WorkingDir": WORKSPACE,
        "Env": ["LANG=C.UTF-8", f"HOME={HOME}"],
        "Labels": {
            LABEL_INSTALLATION: installation,
            LABEL_SANDBOX: spec.sandbox_id,
            LABEL_PROJECT: spec.project_id or "",
        },
        "NetworkDisabled": True,
        "AttachStdout": False,
        "AttachStderr": False,
        "StopSignal": "SIGKILL",  # the agent lets no other signal end it
        "HostConfig": _host_config(spec, seccomp, largest)
        | ({"Runtime": runtime} if runtime else {}),
    }


def resources(limits: Limits) -> dict[str, int]:
    """Return the limits that the engine can change while a container runs (ContainerUpdate)."""
    return {
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,  # the same: no swap
        "CpuPeriod": _PERIOD,
        "CpuQuota": int(limits.cpus * _PERIOD),
        "PidsLimit": limits.pids,
    }


def _host_config(spec: ContainerSpec, seccomp: str, largest: int) -> dict[str, Any]:
    limits = spec.limits
    return {
        "NetworkMode": "none",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={seccomp}"],
        "ReadonlyRootfs": True,
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "Privileged": False,
        "ShmSize": limits.tmp_bytes,
        "Tmpfs": {
            "/tmp": f"rw,nosuid,nodev,exec,size={limits.tmp_bytes},uid=1000,gid=1000,mode=1777"  # noqa: S108
        },
        "Binds": [
            f"{spec.workspace}:{WORKSPACE}:rw",
            f"{spec.home}:{HOME}:rw",
            f"{spec.control}:{CONTROL}:ro",
        ],
        "CpuShares": _BACKGROUND_SHARES if spec.is_background else 0,  # 0: the engine's default
        **resources(limits),
        "LogConfig": {"Type": "none", "Config": {}},
        "RestartPolicy": {"Name": "no"},
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": largest or -1, "Hard": largest or -1},
        ],
    }
