"""The kernels there are, over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from platform_server.testing.kernel_bench import Person


async def test_python_is_the_first_and_the_default_kernel(alice: Person) -> None:
    model = (await alice.api.get("/api/kernelspecs")).json()
    assert model["default"] == "python3"
    assert next(iter(model["kernelspecs"])) == "python3"
    spec = model["kernelspecs"]["python3"]
    assert spec["spec"]["language"] == "python"
    assert spec["spec"]["metadata"]["debugger"] is True
    assert (await alice.api.get("/api/kernelspecs/python3")).json() == spec


async def test_logos_are_served(alice: Person) -> None:
    resources = (await alice.api.get("/api/kernelspecs/python3")).json()["resources"]
    assert resources
    for address in resources.values():
        logo = await alice.api.get(address)
        assert logo.status_code == 200
        assert logo.headers["Content-Type"].startswith("image/")
        assert (await alice.api.head(address)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/kernelspecs/nonesuch",
        "/api/kernelspecs/..",
        "/kernelspecs/python3/kernel.json",
        "/kernelspecs/python3/..%2fpython3%2flogo-svg.svg",
        "/kernelspecs/python3/..%2f..%2f..%2fpyproject.toml",
        "/kernelspecs/%2e%2e/logo-svg.svg",
        "/kernelspecs/python3/logo-nonesuch.png",
    ],
)
async def test_nothing_else_is(alice: Person, path: str) -> None:
    assert (await alice.api.get(path)).status_code == 404
