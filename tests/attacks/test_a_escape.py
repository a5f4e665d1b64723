"""A. Escape and host surface: each number is one of the attacks the platform must survive."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing, suppress
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.errors import SandboxStartFailed
from platform_server.sandboxes.docker_engine import Demands, DockerEngine, connect
from platform_server.sandboxes.engine import ContainerSpec
from platform_server.sandboxes.model import Limits, SandboxId
from platform_server.sandboxes.vulnerabilities import versions_from, vulnerabilities_of

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.testing.attacks import Say
    from platform_server.testing.sandbox_fixtures import Inside

PYTHON = "/opt/sandbox/bin/python"
REFUSED = {1, 13, 38}  # EPERM, EACCES, ENOSYS
UNSEEN = {1, 38}  # the second for what is newer than the filter
# What a learner's programs never call: numbers of x86-64.
# fmt: off
DANGEROUS = {
    "acct": 163, "add_key": 248, "adjtimex": 159, "bpf": 321, "capset": 126, "clock_adjtime": 305,
    "clock_settime": 227, "delete_module": 176, "fanotify_init": 300, "fanotify_mark": 301,
    "finit_module": 313, "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433,
    "get_mempolicy": 239, "init_module": 175, "io_cancel": 210, "io_destroy": 207,
    "io_getevents": 208, "io_pgetevents": 333, "io_setup": 206, "io_submit": 209,
    "io_uring_enter": 426, "io_uring_register": 427, "io_uring_setup": 425, "ioperm": 173,
    "iopl": 172, "kcmp": 312, "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250,
    "listmount": 458, "lsm_set_self_attr": 460, "mbind": 237, "memfd_secret": 447,
    "migrate_pages": 256, "modify_ldt": 154, "mount_setattr": 442, "move_mount": 429,
    "move_pages": 279, "mq_open": 240, "mq_unlink": 241, "msgctl": 71, "msgget": 68, "msgrcv": 70,
    "msgsnd": 69, "name_to_handle_at": 303, "open_by_handle_at": 304, "open_tree": 428,
    "perf_event_open": 298, "pidfd_getfd": 438, "process_madvise": 440, "process_mrelease": 448,
    "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "quotactl": 179,
    "quotactl_fd": 443, "reboot": 169, "request_key": 249, "set_mempolicy": 238, "setfsgid": 123,
    "setfsuid": 122, "setgroups": 116, "setdomainname": 171, "sethostname": 170,
    "settimeofday": 164, "statmount": 457, "swapoff": 168, "swapon": 167, "sync": 162,
    "syncfs": 306, "sysfs": 139, "syslog": 103, "tee": 276, "umount2": 166, "userfaultfd": 323,
    "ustat": 136, "vhangup": 153, "vmsplice": 278,
}
# fmt: on


def script(code: str) -> str:
    return f"{PYTHON} - <<'EOF'\n{dedent(code)}\nEOF"


async def call(inside: Inside, number: int, *arguments: str) -> int:
    """Return the errno with which a system call is refused, 0 when it is let through."""
    code = f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall({", ".join([str(number), *arguments])})
        print(ctypes.get_errno() if result == -1 else 0)
    """
    result = await inside(script(code))
    return int(result.stdout)


async def refusals(inside: Inside, numbers: dict[str, int]) -> dict[str, int]:
    """Return the errno of each system call, made with zeros; 0 for one that was let through."""
    code = f"""
        import ctypes, json
        libc = ctypes.CDLL(None, use_errno=True)
        def called(number):
            return ctypes.get_errno() if libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1 else 0
        print(json.dumps({{name: called(number) for name, number in {numbers!r}.items()}}))
    """
    found: dict[str, int] = json.loads((await inside(script(code))).stdout)
    return found


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


async def test_004_no_dangerous_system_call(inside: Inside) -> None:
    """Each is refused before the kernel looks at what it was given."""
    refused = await refusals(inside, DANGEROUS)
    assert {name: number for name, number in refused.items() if number not in UNSEEN} == {}


async def test_004_no_system_calls_of_another_architecture(inside: Inside) -> None:
    code = """
        import ctypes, mmap
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes.fromhex("b814000000cd80c3"))  # getpid of the 32-bit kernel, and return
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        print("went through", ctypes.CFUNCTYPE(ctypes.c_int)(address)())
    """
    result = await inside(script(code))
    assert b"went through" not in result.stdout
    assert result.exit_code in {128 + signal.SIGSYS, 128 + signal.SIGSEGV}


async def test_004_no_socket_of_a_kind_that_nobody_needs(inside: Inside) -> None:
    code = """
        import socket
        def made(family, kind, protocol):
            try:
                socket.socket(family, kind, protocol).close()
            except OSError:
                return False
            return True
        kinds = (1, 2, 3, 5)
        families = {one for one in range(46) for kind in kinds if made(one, kind, 0)}
        netlinks = {one for one in range(32) if made(16, 3, one)}
        protocols = {one for one in range(300) for kind in kinds if made(2, kind, one)}
        print(sorted(families), sorted(netlinks), sorted(protocols))
    """
    result = await inside(script(code))
    assert result.stdout == b"[1, 2, 10, 16] [0] [0, 6, 17]\n"


async def test_004_a_pipe_has_a_name_and_a_device_has_none(inside: Inside) -> None:
    assert (await inside("mkfifo /tmp/pipe && rm /tmp/pipe")).exit_code == 0
    made = await inside("mknod /tmp/one c 1 3; mknod /tmp/two b 8 0; ls /tmp/one /tmp/two")
    assert made.stdout == b""


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


OLD = "Docker 20.10.0, runc 1.1.0"


def test_009_known_holes_are_told_apart_from_repaired_ones() -> None:
    def holes(description: str, **changelogs: str) -> set[str]:
        return {one.id for one in vulnerabilities_of(versions_from(description), changelogs)}

    assert "CVE-2024-21626" in holes(OLD)
    assert "CVE-2024-21626" not in holes(OLD, runc="* Fix CVE-2024-21626")
    assert holes("Docker 29.3.1, runc 1.3.3") == set()


async def test_009_an_engine_with_known_holes_runs_nothing_if_that_is_forbidden(
    engine: DockerEngine, tmp_path: Path
) -> None:
    strict = DockerEngine(
        installation="strict",
        seccomp=engine.seccomp,
        demands=Demands(patched=True, holes=lambda _: vulnerabilities_of(versions_from(OLD), {})),
    )
    with pytest.raises(SandboxStartFailed, match="known holes"):
        await strict.start(spec(tmp_path, "x"))
    assert await strict.containers() == []
    await strict.aclose()


async def test_014_another_runtime_runs_what_is_hardened_the_same(
    engine: DockerEngine, image: str, tmp_path: Path, not_on_this_machine: Say
) -> None:
    installation = f"runtime-{new_id()[:8]}"
    demands = Demands(runtime="runc")
    other = DockerEngine(installation=installation, seccomp=engine.seccomp, demands=demands)
    with closing(connect()) as client, suppress(SandboxStartFailed):
        await other.start(spec(tmp_path, image))
        settings = client.api.inspect_container(f"platform-{installation}-s")["HostConfig"]
        runtimes = client.info()["Runtimes"]
    await other.remove(SandboxId("s"))
    await other.aclose()
    assert settings["Runtime"] == "runc"
    assert settings["ReadonlyRootfs"] is True
    if "runsc" not in runtimes:
        not_on_this_machine("its engine has no gVisor runtime (runsc)")


async def test_014_a_runtime_that_is_missing_starts_nothing(
    engine: DockerEngine, image: str, tmp_path: Path
) -> None:
    """Nobody is put into a weaker sandbox than the admin asked for."""
    missing = DockerEngine(
        installation="missing", seccomp=engine.seccomp, demands=Demands(runtime="no-such-runtime")
    )
    with pytest.raises(SandboxStartFailed):
        await missing.start(spec(tmp_path, image))
    assert await missing.containers() == []
    await missing.aclose()


def spec(folder: Path, image: str) -> ContainerSpec:
    return ContainerSpec(
        sandbox_id=SandboxId("s"),
        project_id=None,
        image=image,
        hostname="sandbox",
        limits=Limits(),
        workspace=folder,
        home=folder,
        control=folder,
    )
