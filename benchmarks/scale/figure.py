"""The curves of a long campaign: what a cycle adds, over the cycles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PANELS = (
    ("time a cycle / s", "wall_s", 1.0, True),
    ("processes a cycle", "n_processes", 1.0, True),
    ("links a cycle", "n_links", 1.0, True),
    ("database / MB", "database_bytes", 1e-6, False),
    ("repository / MB", "repository_bytes", 1e-6, False),
    ("memory of a worker / MB", "worker_peak_MB", 1.0, False),
)
"""Title, key, factor, and whether the difference to the cycle before is drawn."""


def draw(results: dict[str, Any], file: Path) -> None:
    """Write the figure.

    :param results: content of ``scale.json``.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = results["cycles"]
    figure, axes = plt.subplots(2, 3, figsize=(10, 5), layout="constrained")
    for axis, (title, key, factor, per_cycle) in zip(axes.flat, PANELS, strict=True):
        values = [factor * row[key] for row in rows]
        cycles = [row["cycle"] for row in rows]
        if per_cycle:
            values = [(b - a) / (d - c) for a, b, c, d in zip(values, values[1:], cycles, cycles[1:], strict=False)]
            cycles = cycles[1:]
        axis.plot(cycles, values, ".-", markersize=3, linewidth=0.8)
        axis.set(title=title, xlabel="cycle", ylim=(0, None))
    figure.suptitle(f"{results['systems']} frameworks × {results['models']} models, codes that take no time")
    figure.savefig(file, dpi=110)
    plt.close(figure)
