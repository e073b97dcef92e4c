"""A trajectory as averages over blocks of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aiida.orm import ArrayData

UNITS = {
    "temperature": "K",
    "pressure": "GPa",
    "density": "g/cm³",
    "volume": "Å³",
    "potential_energy": "eV",
    "enthalpy": "eV",
    "deviation_max": "eV/Å",
    "deviation_mean": "eV/Å",
    "coordination": "",
    "four_fold": "",
    "a": "Å",
    "b": "Å",
    "c": "Å",
    "alpha": "°",
    "beta": "°",
    "gamma": "°",
}
"""Unit of every quantity. Energies are those of the cell; the enthalpy is potential + kinetic energy + volume times the
pressure that was asked for (at constant cell: zero). ``deviation_max`` is the largest max force deviation of the block,
``deviation_mean`` its mean over the evaluations. ``coordination`` is the mean number of N around a metal, ``four_fold``
the share of metals with exactly four."""

QUANTITIES = tuple(UNITS)
STEPS = ("first_step", "last_step", "stage", "n")
TIMES = ("time_ps", "end_ps")
_ENDING = "_std"


@dataclass(frozen=True)
class Series:
    """Blocks of a trajectory, in the order of time; all arrays have the shape (B,).

    :param first_step: step after which a block begins; blocks do not cross stages.
    :param last_step: its last step.
    :param time_ps: ps, of the middle of the block.
    :param end_ps: ps, of its end.
    :param stage: index of its stage.
    :param n: looks in the block.
    :param means: of every quantity of :data:`QUANTITIES`, in its unit; NaN where there is none (one model, no metal).
    :param stds: standard deviations over the looks of a block; of looks that follow each other, so that they say how
        much a quantity fluctuates and not how well its mean is known.
    """

    first_step: np.ndarray
    last_step: np.ndarray
    time_ps: np.ndarray
    end_ps: np.ndarray
    stage: np.ndarray
    n: np.ndarray
    means: Mapping[str, np.ndarray]
    stds: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.n)

    def __getitem__(self, name: str) -> np.ndarray:
        """The means of a quantity by its name; with ``_std`` behind it the standard deviations."""
        return self.stds[name.removesuffix(_ENDING)] if name.endswith(_ENDING) else self.means[name]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Series:
        """Return the series of named arrays; quantities that are not there are NaN.

        :raises ValueError: if arrays are missing or of different lengths.
        """
        missing = [name for name in (*STEPS, *TIMES) if name not in arrays]
        if missing:
            raise ValueError(f"series: found no {', '.join(missing)}")
        length = len(arrays["n"])
        unknown = np.full(length, np.nan)
        own = {name: np.asarray(arrays[name], dtype=int) for name in STEPS}
        own |= {name: np.asarray(arrays[name], dtype=float) for name in TIMES}
        means = {name: np.asarray(arrays.get(name, unknown), dtype=float) for name in QUANTITIES}
        stds = {name: np.asarray(arrays.get(name + _ENDING, unknown), dtype=float) for name in QUANTITIES}
        wrong = [name for some in (own, means, stds) for name, array in some.items() if array.shape != (length,)]
        if wrong:
            raise ValueError(f"series: found {', '.join(wrong)} not of shape ({length},)")
        return cls(**own, means=means, stds=stds)

    @classmethod
    def empty(cls) -> Series:
        """A series without a block."""
        return cls.from_arrays({name: np.empty(0) for name in (*STEPS, *TIMES)})

    def arrays(self) -> dict[str, np.ndarray]:
        """Return named arrays, as :meth:`from_arrays` takes them."""
        own: dict[str, np.ndarray] = {name: getattr(self, name) for name in (*STEPS, *TIMES)}
        return {**own, **self.means, **{name + _ENDING: array for name, array in self.stds.items()}}

    @classmethod
    def from_node(cls, node: ArrayData) -> Series:
        """Read a node that :meth:`to_node` made."""
        return cls.from_arrays({name: node.get_array(name) for name in node.get_arraynames()})

    def to_node(self) -> ArrayData:
        """Return an unstored node with all arrays."""
        from aiida.orm import ArrayData

        node = ArrayData()
        for name, array in self.arrays().items():
            node.set_array(name, array)
        return node

    def of_stage(self, index: int) -> Series:
        """Return the blocks of one stage."""
        return self.take(np.flatnonzero(self.stage == index))

    def take(self, rows: np.ndarray) -> Series:
        """Return some of the blocks."""
        return Series.from_arrays({name: array[rows] for name, array in self.arrays().items()})


def concatenate(legs: Sequence[Series]) -> Series:
    """Join trajectories that go on from each other: steps, times and stages of each begin where those before it end.

    :param legs: at least one; of a leg without a block nothing is known.
    """
    joined: list[dict[str, np.ndarray]] = []
    step, time, stage = 0, 0.0, 0
    for leg in legs:
        arrays = leg.arrays()
        shifts = {"first_step": step, "last_step": step, "time_ps": time, "end_ps": time, "stage": stage}
        joined.append({name: array + shifts.get(name, 0) for name, array in arrays.items()})
        if len(leg):
            step, time, stage = step + leg.last_step[-1], time + leg.end_ps[-1], stage + leg.stage[-1] + 1
    return Series.from_arrays({name: np.concatenate([arrays[name] for arrays in joined]) for name in joined[0]})
