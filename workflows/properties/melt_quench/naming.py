"""Names of the legs of a melt-quench and of their outputs: made and read here (no AiiDA).

Stored graphs hold these names: they must never change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEG = re.compile(r"melt_(\d+)|quench_(\d+)_at_([0-9pem]+)")


@dataclass(frozen=True, order=True)
class Leg:
    """One trajectory: the melt of a replica, or its quench at a rate in K/ps."""

    replica: int
    rate: float | None = None

    @property
    def is_melt(self) -> bool:
        """Whether it is a melt."""
        return self.rate is None

    @property
    def melt(self) -> Leg:
        """The melt that it starts from, or is."""
        return Leg(self.replica)

    def label(self) -> str:
        """Return the name of its process: ``melt_0``, ``quench_0_at_2p5``."""
        return f"melt_{self.replica}" if self.rate is None else f"quench_{self.replica}_at_{in_name(self.rate)}"

    def output(self) -> str:
        """Return the name of its snapshots among the outputs: ``replica_0``, ``replica_0_at_20``."""
        return f"replica_{self.replica}" + ("" if self.rate is None else f"_at_{in_name(self.rate)}")

    @classmethod
    def parse(cls, label: str) -> Leg:
        """Read a name of a process.

        :raises ValueError: if it is that of no leg.
        """
        match = _LEG.fullmatch(label)
        if match is None:
            raise ValueError(f"{label} found, a trajectory such as melt_0 or quench_0_at_20 needed")
        return cls(int(match[1])) if match[1] else cls(int(match[2]), from_name(match[3]))


def in_name(rate: float) -> str:
    """Return a rate as a part of a name: ``20``, ``2p5``, ``1em05``."""
    return f"{rate:.12g}".replace(".", "p").replace("-", "m").replace("+", "")


def from_name(text: str) -> float:
    """Return the rate that :func:`in_name` wrote."""
    return float(text.replace("p", ".").replace("m", "-"))
