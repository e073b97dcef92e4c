"""ZIF-4, a committee of two files that nobody reads, and a computer of its own."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

Factory = Callable[..., Any]


@pytest.fixture(scope="session")
def zif4() -> Any:
    """The unit cell of ZIF-4 as ASE atoms: 272 of them."""
    from aiida_zif.plugins.systems import load_system

    return load_system("zif-4")


@pytest.fixture(scope="session")
def committee(aiida_profile: object) -> Factory:
    """Factory of a committee for ZIF-4, by label."""

    def generate(n_models: int = 2, type_map: tuple[str, ...] = ("C", "H", "N", "Zn"), rcut: float = 6.0) -> Any:
        from aiida_zif.plugins.data.potential import DeepPotentialData

        return {
            f"model_{index}": DeepPotentialData(
                BytesIO(b"no model" + bytes(index)), filename="model.pb", type_map=list(type_map), rcut=rcut,
                model_backend="tensorflow", deepmd_version="3.2.0",
            )
            for index in range(n_models)
        }  # fmt: skip

    return generate


@pytest.fixture(scope="module")
def md(aiida_profile: object, tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """Factory of the namespace ``md``: codes on a computer of these tests' own, options of a job."""
    from aiida import orm

    folder = tmp_path_factory.mktemp("md")
    computer = orm.Computer(f"md-{folder.name}", "localhost", "", "core.local", "core.direct", str(folder)).store()
    codes = {
        name: orm.InstalledCode(label=name, computer=computer, filepath_executable=f"/bin/{name}").store()
        for name in ("lmp", "python")
    }

    def generate(ranks: int = 1, threads: int = 1) -> dict[str, Any]:
        resources = {"num_machines": 1, "num_mpiprocs_per_machine": ranks, "num_cores_per_mpiproc": threads}
        options = {"resources": resources, "max_wallclock_seconds": 600}
        return {"code": codes["lmp"], "python": codes["python"], "metadata": {"options": options}}

    return generate
