"""The only way to start a kernel."""

from __future__ import annotations

import asyncio
import signal
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

from platform_kernels.hostless import HostlessManager
from platform_kernels.launch import LaunchContext
from platform_kernels.provisioner import SandboxProvisioner
from platform_kernels.specs import PROVISIONER, PlatformKernelSpecs
from platform_server.errors import SandboxGone, UnknownKernel
from platform_server.identity.model import UserId
from platform_server.sandboxes.model import EndCause

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_client.manager import AsyncKernelManager

    from platform_server.testing.runtime import LocalRuntime


@pytest.fixture
def manager() -> HostlessManager:
    return HostlessManager(kernel_spec_manager=PlatformKernelSpecs(), kernel_id="one")


@pytest.fixture
def provisioner(manager: AsyncKernelManager) -> SandboxProvisioner:
    return SandboxProvisioner(kernel_id="one", kernel_spec=manager.kernel_spec, parent=manager)


def context(runtime: LocalRuntime) -> LaunchContext:
    return LaunchContext(runtime=runtime, owner_id=UserId("alice"), cwd="")


async def launched(
    provisioner: SandboxProvisioner, runtime: LocalRuntime, **options: Any
) -> dict[str, Any]:
    arguments = await provisioner.pre_launch(launch=context(runtime), **options)
    return dict(await provisioner.launch_kernel(arguments.pop("cmd"), **arguments))


async def test_it_is_what_the_kernelspecs_name() -> None:
    (entry,) = entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER)
    assert entry.load() is SandboxProvisioner


async def test_it_says_where_the_kernel_is_and_knows_its_life(
    provisioner: SandboxProvisioner, runtime: LocalRuntime
) -> None:
    assert not provisioner.has_process
    assert await provisioner.poll() == 0
    info = await launched(provisioner, runtime)
    assert info["transport"] == "ipc"
    assert provisioner.has_process
    assert await provisioner.poll() is None
    await provisioner.kill()
    assert await provisioner.wait() == -signal.SIGKILL
    assert await provisioner.poll() == -signal.SIGKILL
    await provisioner.cleanup()
    assert not provisioner.has_process


async def test_the_kernel_can_be_asked_to_end(
    provisioner: SandboxProvisioner, runtime: LocalRuntime
) -> None:
    await launched(provisioner, runtime)
    await provisioner.terminate()
    assert await provisioner.wait() == -signal.SIGTERM


async def test_what_others_put_into_the_environment_does_not_reach_the_kernel(
    provisioner: SandboxProvisioner, runtime: LocalRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_SERVICE_KEY", "secret")
    wanted = {"KERNEL_USERNAME": "$(id)", "LD_PRELOAD": "x.so", "JPY_SESSION_NAME": "a.ipynb"}
    arguments = await provisioner.pre_launch(launch=context(runtime), env=wanted)
    assert arguments["env"] == {"JPY_SESSION_NAME": "a.ipynb"}
    assert arguments["cmd"] == []


async def test_no_kernel_starts_without_a_sandbox(provisioner: SandboxProvisioner) -> None:
    with pytest.raises(TypeError):
        await provisioner.pre_launch(env={})


async def test_no_kernel_starts_in_a_sandbox_that_has_ended(
    provisioner: SandboxProvisioner, runtime: LocalRuntime
) -> None:
    await runtime.stop(EndCause.IDLE)
    with pytest.raises(SandboxGone):
        await launched(provisioner, runtime)


async def test_it_resolves_no_path_of_the_host(provisioner: SandboxProvisioner) -> None:
    assert provisioner.resolve_path("/etc/passwd") is None


async def test_another_process_can_take_the_kernel_over(
    provisioner: SandboxProvisioner, manager: AsyncKernelManager, runtime: LocalRuntime
) -> None:
    await launched(provisioner, runtime)
    info = await provisioner.get_provisioner_info()
    heir = SandboxProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
    await heir.load_provisioner_info(info)
    assert (heir.kernel_id, heir.endpoints) == ("one", provisioner.endpoints)
    assert provisioner.process is not None
    heir.adopt(context(runtime), provisioner.process)
    assert await heir.poll() is None
    assert manager.session.key.decode() not in str(info)


async def test_a_kernels_key_is_written_nowhere(
    manager: HostlessManager,
    provisioner: SandboxProvisioner,
    runtime: LocalRuntime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    manager.connection_file = str(tmp_path / "kernel-one.json")
    manager.provisioner = provisioner
    await manager.start_kernel(launch=context(runtime))
    client = manager.client()
    assert client.transport == "ipc"
    await manager.shutdown_kernel(now=True)
    assert list(tmp_path.iterdir()) == []
    await asyncio.sleep(0)


def test_the_kernels_are_those_of_the_installation_python_first() -> None:
    assert next(iter(PlatformKernelSpecs().find_kernel_specs())) == "python3"


@pytest.mark.parametrize(
    "name", ["python", "Python3", "sh", "../python3", "python3/", "", ".", "x" * 100, "p\u0443"]
)
def test_no_other_kernel_exists(name: str) -> None:
    with pytest.raises(UnknownKernel):
        PlatformKernelSpecs().get_kernel_spec(name)


def test_a_kernel_in_somebodys_home_does_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kernels" / "evil"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text('{"argv": ["id"], "display_name": "E", "language": "x"}')
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    specs = PlatformKernelSpecs()
    assert "evil" not in specs.get_all_specs()
    with pytest.raises(UnknownKernel):
        specs.get_kernel_spec("evil")


def test_each_kernel_is_started_by_our_provisioner() -> None:
    for spec in PlatformKernelSpecs().get_all_specs().values():
        started_by = spec["spec"]["metadata"]["kernel_provisioner"]
        assert started_by == {"provisioner_name": PROVISIONER, "config": {}}
