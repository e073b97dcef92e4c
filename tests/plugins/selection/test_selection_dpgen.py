"""The rule of DP-GEN agrees frame by frame with the package itself on the same deviation file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiida_zif.plugins.selection import run_chain
from aiida_zif.plugins.selection.dpgen import classify

Factory = Callable[..., Any]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "selection"
LOWER, UPPER = 0.12, 0.25
NO_LEVEL = 1e10
"""DP-GEN's default of the levels on the virial deviation, which switches them off."""


def write_deviations(folder: Path, deviations: list[float]) -> None:
    """Write what DeePMD-kit's pair style writes: step, three numbers of the virial, three of the forces."""
    lines = ["#       step         max_devi_v         min_devi_v         avg_devi_v         max_devi_f"]
    for index, deviation in enumerate(deviations):
        lines.append(f"{10 * index:12d} " + " ".join(f"{x:18.6e}" for x in (0.01, 0.0, 0.005, deviation, 0.0, 0.01)))
    (folder / "model_devi.out").write_text("\n".join(lines) + "\n")


def classes_of_dpgen(folder: Path) -> dict[int, str]:
    """Return step → class as the installed DP-GEN sorts a task."""
    run = pytest.importorskip("dpgen.generator.run")
    accurate, candidate, failed, _ = run._select_by_model_devi_standard(
        [str(folder)], LOWER, UPPER, NO_LEVEL, NO_LEVEL, None, "lammps"
    )
    named = {"accurate": accurate, "candidate": candidate, "failed": failed}
    return {step: name for name, frames in named.items() for _, step in frames}


def classes_of_ours(folder: Path) -> dict[int, str]:
    """Return step → class as we sort the same file."""
    steps, deviations = np.loadtxt(folder / "model_devi.out", usecols=(0, 4), unpack=True)
    return dict(zip(steps.astype(int).tolist(), classify(deviations, LOWER, UPPER).tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_every_frame_is_sorted_as_by_dpgen(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ties = [LOWER, UPPER, np.nextafter(LOWER, 0), np.nextafter(UPPER, 1), 0.0, np.inf]
    write_deviations(tmp_path, [*rng.uniform(0.0, 0.4, 200), *ties])
    assert classes_of_ours(tmp_path) == classes_of_dpgen(tmp_path)


def test_where_dpgen_stops_at_a_frame_without_a_deviation_ours_says_so(tmp_path: Path) -> None:
    write_deviations(tmp_path, [0.2, np.nan])
    pytest.importorskip("dpgen.generator.run")
    with pytest.raises(RuntimeError, match="should not happen"):
        classes_of_dpgen(tmp_path)
    assert classes_of_ours(tmp_path) == {0: "candidate", 10: "undefined"}


def test_frames_are_sorted_as_dpgen_once_sorted_them() -> None:
    expected = json.loads((FIXTURES / "dpgen" / "classes.json").read_text())
    assert classes_of_ours(FIXTURES / "dpgen") == {int(step): name for step, name in expected["classes"].items()}


def test_candidates_are_drawn_by_chance_up_to_the_maximum(pool: Factory) -> None:
    frames = pool([0.05, LOWER, 0.2, 0.24, UPPER, np.nan])
    settings = {"lower": LOWER, "upper": UPPER, "per_cycle": 2}
    choices = [run_chain(["dpgen"], frames, settings, seed) for seed in range(30)]
    assert {index for choice in choices for index in choice.kept} == {1, 2, 3}
    for choice in choices:
        assert len(choice.kept) == 2
        assert choice.reasons == {"accurate": 1, "above_upper": 1, "no_deviation": 1, "not_drawn": 1}
