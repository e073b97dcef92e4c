"""A framework of two zinc atoms and four hydrogens, and everything a work chain on it can be given."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FIXTURES = Path(__file__).parents[1] / "plugins" / "fixtures"
SYMBOLS = ["Zn", "Zn", "H", "H", "H", "H"]
CRYSTAL = np.array([[2, 2, 2], [7, 7, 7], [3.6, 2, 2], [0.4, 2, 2], [8.6, 7, 7], [5.4, 7, 7]], dtype=float)
BOX = 11.0
LEVEL = {"hash": "0123456789abcdef", "line": "GFN1-xTB of a test"}

Factory = Callable[..., Any]


def rattled(n_frames: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (N, 6, 3) and cells (N, 3, 3) in Å; other seeds give other frames."""
    noise = np.random.default_rng(seed).normal(scale=0.05, size=(n_frames, *CRYSTAL.shape))
    return CRYSTAL + noise, np.tile(np.eye(3) * BOX, (n_frames, 1, 1))


@pytest.fixture(scope="session")
def codes(aiida_profile: object, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The four codes on this machine; none of them can run."""
    from aiida import orm

    computer = orm.Computer(
        label="workflow-tests",
        hostname="localhost",
        transport_type="core.local",
        scheduler_type="core.direct",
        workdir=str(tmp_path_factory.mktemp("work")),
    ).store()
    return {
        name: orm.InstalledCode(label=name, computer=computer, filepath_executable=f"/bin/{name}").store()
        for name in ("cp2k", "dp", "lmp", "python")
    }


@pytest.fixture(scope="session")
def options() -> dict[str, Any]:
    """Options of a job on one core."""
    return {"resources": {"num_machines": 1, "num_mpiprocs_per_machine": 1}, "max_wallclock_seconds": 600}


@pytest.fixture(scope="session")
def frames(aiida_profile: object) -> Factory:
    """Factory of FramesData."""

    def generate(n_frames: int = 3, seed: int = 0, **kwargs: Any) -> Any:
        from aiida_zif.plugins.data.frames import FramesData

        return FramesData(SYMBOLS, *rattled(n_frames, seed), **{"system": "zinc", **kwargs})

    return generate


@pytest.fixture(scope="session")
def explored(frames: Factory) -> Factory:
    """Factory of frames as an exploration brings them back, with the deviations given in eV/Å."""

    def generate(deviations: list[float], seed: int = 0, **kwargs: Any) -> Any:
        n_frames = len(deviations)
        arrays = {
            "max_force_deviation": np.array(deviations, dtype=float),
            "forces_predicted": np.zeros((n_frames, len(SYMBOLS), 3)),
            "step": np.arange(n_frames) * 100,
            "run": np.zeros(n_frames, dtype=int),
        }
        return frames(n_frames, seed, per_frame=arrays, **kwargs)

    return generate


@pytest.fixture(scope="session")
def block(aiida_profile: object) -> Factory:
    """Factory of LabelledFramesData; ``of`` are frames to label as they are, or some of them by index."""

    def generate(n_frames: int = 3, seed: int = 0, of: Any = None, only: Any = slice(None), **kwargs: Any) -> Any:
        from aiida_zif.plugins.data.frames import LabelledFramesData

        positions, cells = rattled(n_frames, seed) if of is None else (of.positions[only], of.cells[only])
        labels = {"energies": np.full(len(positions), -5.0), "forces": np.full(positions.shape, 0.1)}
        return LabelledFramesData(
            SYMBOLS, positions, cells, **{"system": "zinc", "level_of_theory": LEVEL, **labels, **kwargs}
        )

    return generate


@pytest.fixture(scope="session")
def potential(aiida_profile: object) -> Factory:
    """Factory of DeepPotentialData: a real frozen model, small, of H and Zn."""

    def generate() -> Any:
        from aiida_zif.plugins.data.potential import DeepPotentialData

        return DeepPotentialData(
            BytesIO((FIXTURES / "deepmd" / "train_ok" / "model.pb").read_bytes()),
            filename="model.pb",
            type_map=["H", "Zn"],
            rcut=5.0,
            model_backend="tensorflow",
            deepmd_version="3.2.0",
        )

    return generate


@pytest.fixture(scope="session")
def atoms() -> Any:
    """The framework as ASE atoms."""
    from ase import Atoms

    return Atoms(SYMBOLS, positions=CRYSTAL, cell=np.eye(3) * BOX, pbc=True)


@pytest.fixture(scope="session")
def campaign(atoms: Any) -> Factory:
    """Factory of checked campaigns: small, and of the architecture of the stored model."""
    base: dict[str, Any] = {
        "name": "zinc-test",
        "seed": 7,
        "type_map": ["H", "Zn"],
        "seed_data": {
            "aimd": [{"temperature": "300 K", "timestep": "0.5 fs", "steps": 12, "stride": 4}],
            "perturbed": {"frames": 4, "displacement": "0.05 Å", "strain": 0.01},
        },
        "held_out": {"aimd": [{"temperature": "500 K", "timestep": "0.5 fs", "steps": 12, "stride": 4}]},
        "training": {
            "models": 2,
            "rcut": "5 Å",
            "steps": 40,
            "warm_start": True,
            "deepmd": {"model": {"descriptor": {"neuron": [3], "axis_neuron": 2}}},
        },
        "exploration": {"temperatures": ["300 K", "600 K"], "pressures": ["0 GPa", "0.5 GPa"], "timestep": "0.5 fs"},
        "selection": {"lower": "0.1 eV/Å", "upper": "5 eV/Å", "per_cycle": 3, "control": 2, "min_separation": 20},
        "limits": {"cycles": 2, "labels": 100},
        "failure_budget": {"label": 0.3, "train": 0.5, "explore": 0.5},
        "resources": {"label": {"concurrent": 1}},
    }

    def generate(labels: tuple[str, ...] = ("zinc",), /, **overrides: Any) -> Any:
        from aiida_zif.workflows.campaign.loading import campaign_from_structures
        from aiida_zif.workflows.user_input.merging import merged

        return campaign_from_structures(dict.fromkeys(labels, atoms), "demo", merged(base, overrides))

    return generate


@pytest.fixture
def load(tmp_path: Path) -> Factory:
    """Write a campaign file and load it."""
    from aiida_zif.workflows.campaign.loading import load_campaign

    def write_and_load(text: str) -> Any:
        path = tmp_path / "campaign.yaml"
        path.write_text(text, "utf-8")
        return load_campaign(path)

    return write_and_load


@pytest.fixture
def refused(tmp_path: Path) -> Factory:
    """Write a campaign file that must be refused and return its problems."""
    from aiida_zif.workflows.campaign.loading import CampaignError, load_campaign

    def load(text: str | bytes) -> list[Any]:
        path = tmp_path / "campaign.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(CampaignError) as caught:
            load_campaign(path)
        for problem in caught.value.problems:
            assert problem.found
            assert problem.allowed
            assert problem.fix
        return caught.value.problems

    return load
