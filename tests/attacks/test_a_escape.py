"""A. Escape and host surface: each number is one of the attacks the platform must survive."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.testing.sandbox_fixtures import Inside

PYTHON = "/opt/sandbox/bin/python"
REFUSED = {1, 13, 38}  # EPERM, EACCES, ENOSYS


async def call(inside: Inside, number: int, *arguments: str) -> int:
    """Return the errno with which a system call is refused, 0 when it is let through."""
    code = dedent(f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall({", ".join([str(number), *arguments])})
        print(ctypes.get_errno() if result == -1 else 0)
    """)
    result = await inside(f"{PYTHON} - <<'EOF'\n{code}\nEOF")
    return int(result.stdout)


async def status_of(inside: Inside) -> dict[str, str]:
    lines = (await inside("cat /proc/self/status")).stdout.decode().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_001_nothing_runs_as_root_or_can_become_it(inside: Inside) -> None:
    status = await status_of(inside)
    setuid = await inside("find / -xdev -perm /6000 -type f 2>/dev/null")
    assert status["Uid"].split() == ["1000"] * 4
    assert status["NoNewPrivs"] == "1"
    assert setuid.stdout == b""


async def test_002_no_capability_is_left(inside: Inside) -> None:
    status = await status_of(inside)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
        "0000000000000000"
    }


@pytest.mark.parametrize(
    ("name", "number", "arguments"),
    [
        ("mount", 165, ["b'none'", "b'/tmp'", "b'tmpfs'", "0", "0"]),
        ("unshare(CLONE_NEWUSER)", 272, ["0x10000000"]),
        ("clone(CLONE_NEWUSER)", 56, ["0x10000011", "0", "0", "0", "0"]),
        ("pivot_root", 155, ["b'/'", "b'/'"]),
        ("setns", 308, ["0", "0"]),
        ("chroot", 161, ["b'/'"]),
    ],
)
async def test_003_no_mount_and_no_namespace(
    inside: Inside, name: str, number: int, arguments: list[str]
) -> None:
    assert await call(inside, number, *arguments) in REFUSED, name


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("bpf", 321),
        ("perf_event_open", 298),
        ("userfaultfd", 323),
        ("keyctl", 250),
        ("add_key", 248),
        ("request_key", 249),
        ("io_uring_setup", 425),
        ("ptrace", 101),
        ("process_vm_readv", 310),
        ("kexec_load", 246),
        ("init_module", 175),
        ("finit_module", 313),
        ("open_by_handle_at", 304),
    ],
)
async def test_004_no_dangerous_system_call(inside: Inside, name: str, number: int) -> None:
    assert await call(inside, number, "0", "0", "0", "0", "0") in REFUSED, name


@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/drop_caches",
        "/proc/sysrq-trigger",
        "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/memory/release_agent",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ],
)
async def test_005_the_kernel_cannot_be_configured(inside: Inside, path: str) -> None:
    assert (await inside(f"echo 1 > {path}")).exit_code != 0


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/1/mem"])
async def test_006_what_the_host_keeps_to_itself_reads_as_nothing(
    inside: Inside, path: str
) -> None:
    assert (await inside(f"head -c 64 {path}")).stdout == b""


async def test_006_kernel_addresses_and_messages_are_hidden(inside: Inside) -> None:
    addresses = await inside("cut -d' ' -f1 /proc/kallsyms | sort -u | head -2")
    assert addresses.stdout.strip() in {b"", b"0000000000000000"}
    assert (await inside("dmesg")).exit_code != 0


async def test_007_no_raw_device_and_none_to_be_made(inside: Inside) -> None:
    present = await inside("ls /dev/kmsg /dev/mem /dev/kvm /dev/fuse /dev/net /dev/sd* /dev/vd*")
    made = await inside("mknod /tmp/disk b 8 0")
    assert present.stdout == b""
    assert made.exit_code != 0


async def test_008_no_engine_socket_is_within_reach(inside: Inside) -> None:
    sockets = await inside("find / -xdev -type s 2>/dev/null; find /run /var/run -type s")
    found = {Path(line).name for line in sockets.stdout.decode().split()}
    assert found <= {"agent.sock", "stream.sock"}


async def test_009_no_descriptor_of_the_runtime_leaks(inside: Inside) -> None:
    links = await inside("ls -l /proc/self/fd /proc/$$/fd")
    assert b"cgroup" not in links.stdout
    assert b"/var/lib/docker" not in links.stdout


async def test_011_no_namespace_is_shared_with_the_host(inside: Inside) -> None:
    kinds = ("ipc", "mnt", "net", "pid", "uts")
    lines = await inside("for kind in {ipc,mnt,net,pid,uts}; do readlink /proc/self/ns/$kind; done")
    ours = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    assert set(lines.stdout.decode().split()).isdisjoint(ours)


@pytest.mark.parametrize("folder", ["/", "/etc", "/opt/agent", "/opt/sandbox", "/usr/bin", "/var"])
async def test_012_the_root_is_read_only(inside: Inside, folder: str) -> None:
    result = await inside(f"touch {folder}/planted")
    assert b"Read-only file system" in result.stderr or b"Permission denied" in result.stderr


async def test_012_the_root_is_mounted_read_only(inside: Inside) -> None:
    mounts = (await inside("cat /proc/self/mounts")).stdout.decode().splitlines()
    root = next(line.split() for line in mounts if line.split()[1] == "/")
    assert "ro" in root[3].split(",")


async def test_013_a_command_has_no_say_in_its_user(sandbox: AgentRuntime) -> None:
    result = await sandbox.execute(
        ["id", "-u"], cwd="../../root", timeout=10, stdin=b"", output_limit=100
    )
    assert result.stdout == b"1000\n"
