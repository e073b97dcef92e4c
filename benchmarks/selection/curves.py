"""Error against labels: how many labels one strategy needs where another needs so many."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

Curve = list[tuple[int, float]]
"""Labels and force RMSE in eV/Å, cycle by cycle."""

COLOURS = {"random": "#7f7f7f", "dpgen": "#d98032", "ours": "#1f5fa8"}


def labels_for(curve: Curve, error: float) -> float:
    """Return the labels with which a curve reaches an error, straight between its points in logarithms.

    :returns: the first label count of the curve if it is better from the start, infinity if it never gets there.
    """
    if curve[0][1] <= error:
        return float(curve[0][0])
    for (n_left, e_left), (n_right, e_right) in itertools.pairwise(curve):
        if e_right <= error:
            share = np.log(e_left / error) / np.log(e_left / e_right)
            return float(np.exp(np.log(n_left) + share * np.log(n_right / n_left)))
    return float("inf")


def ratio(curves: list[Curve], others: list[Curve], at: int = -1) -> dict[str, Any]:
    """Return the labels of a strategy over those of another at the error that the other has, seed by seed.

    A seed where ours never reaches that error counts with the labels it had, as a lower bound, and is counted.

    :param at: index of the other's cycle; the last one if left out.
    """
    each, short = [], 0
    for curve, other in zip(curves, others, strict=True):
        n_labels, error = other[at]
        needed = labels_for(curve, error)
        short += not np.isfinite(needed)
        each.append(min(needed, float(curve[-1][0])) / n_labels)
    return {"mean": float(np.mean(each)), "each": each, "n_not_reached": short}


def earlier_ratios(curves: list[Curve], others: list[Curve]) -> dict[str, float]:
    """Return the mean ratio at the errors that the other had before its last cycle, by its labels."""
    cycles = range(1, len(others[0]) - 1)
    return {str(others[0][at][0]): ratio(curves, others, at)["mean"] for at in cycles}


def compare(curves: dict[str, list[Curve]], full: float, n_pool: int) -> dict[str, Any]:
    """Return the figures that answer the question, and the curves."""
    ours = curves["ours"]
    ratios = {name: ratio(ours, curves[name]) for name in curves if name != "ours"}
    ends = [curve[-1][1] for curve in ours]
    return {
        **{f"labels_ratio_vs_{name}": found["mean"] for name, found in ratios.items()},
        "labels_ratios": ratios,
        "labels_ratios_before": {name: earlier_ratios(ours, curves[name]) for name in ratios},
        "n_seeds": len(ours),
        "full_pool": {"n_labels": n_pool, "force_rmse_eV_per_A": full},
        "ours_at_the_end": {
            "share_of_pool": ours[0][-1][0] / n_pool,
            "force_rmse_eV_per_A": float(np.mean(ends)),
            "over_full_pool": float(np.mean(ends)) / full,
        },
        "curves": {
            name: [
                {"n_labels": [point[0] for point in curve], "force_rmse_eV_per_A": [point[1] for point in curve]}
                for curve in of_strategy
            ]
            for name, of_strategy in curves.items()
        },
    }


def table(results: dict[str, Any]) -> str:
    """Return mean and spread of the error over the seeds, cycle by cycle."""
    lines = ["strategy  " + "labels: force RMSE in eV/Å, mean ± spread over seeds"]
    for name, of_strategy in results["curves"].items():
        errors = np.array([curve["force_rmse_eV_per_A"] for curve in of_strategy])
        labels = np.mean([curve["n_labels"] for curve in of_strategy], axis=0)
        cells = [
            f"{count:.0f}: {mean:.4f} ± {spread:.4f}"
            for count, mean, spread in zip(labels, errors.mean(axis=0), errors.std(axis=0), strict=True)
        ]
        lines.append(f"{name:9s} " + "   ".join(cells))
    full = results["full_pool"]
    lines.append(f"full pool {full['n_labels']}: {full['force_rmse_eV_per_A']:.4f}")
    for name, found in results["labels_ratios"].items():
        before = ", ".join(f"{mean:.2f} with {n}" for n, mean in results["labels_ratios_before"][name].items())
        lines.append(f"labels of ours over those of {name}: {found['mean']:.2f} at its last error; before: {before}")
    return "\n".join(lines)


def draw(curves: dict[str, list[Curve]], full: float, path: Path) -> None:
    """Draw mean and spread of every strategy."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), constrained_layout=True)
    for name, of_strategy in curves.items():
        labels = np.mean([[point[0] for point in curve] for curve in of_strategy], axis=0)
        errors = np.array([[point[1] for point in curve] for curve in of_strategy])
        mean, spread = errors.mean(axis=0), errors.std(axis=0)
        axes.fill_between(labels, mean - spread, mean + spread, color=COLOURS[name], alpha=0.15, lw=0)
        axes.plot(labels, mean, "o-", color=COLOURS[name], label=name)
    axes.axhline(full, color="black", lw=0.8, ls="--")
    axes.text(0.01, full, " whole pool", transform=axes.get_yaxis_transform(), ha="left", va="bottom", fontsize=9)
    axes.set_xscale("log", base=2)
    ticks = sorted({point[0] for of_strategy in curves.values() for curve in of_strategy for point in curve})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlabel("labels")
    axes.set_ylabel("force RMSE on frames held out (eV/Å)")
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)
