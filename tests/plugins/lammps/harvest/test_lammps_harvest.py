"""The harvest as a whole: every frame counted once, memory bounded, the program next to the run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lammps_toy import PACKED, config, two_atoms, write_run

from aiida_zif.plugins.lammps.exploration.calculation import HARVEST
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport
from aiida_zif.plugins.lammps.harvest import harvest, harvesting


def without_time(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key not in ("wall_s", "steps_per_s", "schema")}


def test_stored_runs_give_the_stored_harvest() -> None:
    summary, arrays = harvest(PACKED, config())
    stored = json.loads((PACKED / "harvest_output.json").read_text())
    assert without_time(json.loads(json.dumps(summary))) == without_time(stored)
    with np.load(PACKED / "harvest.npz", allow_pickle=False) as kept:
        assert sorted(kept) == sorted(arrays)
        assert all(np.allclose(kept[name], arrays[name]) for name in kept)


def test_the_record_holds_all_that_the_harvest_writes() -> None:
    summary = json.loads(json.dumps(harvest(PACKED, config())[0]))
    assert summary["schema"] == ExplorationReport.schema_number
    assert ExplorationReport.from_dict(summary).as_dict() == summary


def test_the_record_reads_what_a_harvest_of_before_there_were_numbers_wrote() -> None:
    stored = json.loads((PACKED / "harvest_output.json").read_text())
    assert "schema" not in stored
    old = ExplorationReport.from_dict(stored)
    assert [run.ended for run in old.runs] == [run["ended"] for run in stored["runs"]]
    assert old.n_explored == sum(run.n_accurate + run.n_candidate + run.n_failed for run in old.runs)


def test_every_sampled_frame_is_counted_once() -> None:
    summary, _ = harvest(PACKED, config())
    for run in summary["runs"]:
        assert run["n_accurate"] + run["n_candidate"] + run["n_failed"] == run["n_explored"]
        assert sum(run["failed_reasons"].values()) == run["n_failed"]
        assert run["n_explored"] == run["n_steps"] // 10
    assert sum(summary["histogram"]["counts"]) == summary["n_explored"]
    assert len(summary["histogram"]["edges"]) == len(summary["histogram"]["counts"]) + 1


def test_levels_part_the_frames(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.09, 0.1, 0.99, 1.0, 50.0])
    summary, arrays = harvest(tmp_path, two_atoms(min_separation=0.0))
    assert [summary[f"n_{name}"] for name in ("accurate", "candidate", "failed")] == [1, 2, 2]
    assert summary["runs"][0]["failed_reasons"] == {"above_upper": 2}
    assert arrays["candidates_max_force_deviation"].tolist() == [0.1, 0.99]
    assert arrays["candidates_mean_force_deviation"].tolist() == [0.04, 0.396]
    assert summary["deviation"]["max"] == 50.0


def test_frames_come_back_with_their_numbers(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.0] * 9 + [0.5])
    _, arrays = harvest(tmp_path, two_atoms())
    assert arrays["candidates_step"].tolist() == [100]
    assert arrays["candidates_positions"][0].tolist() == [[1.01, 1.0, 1.0], [4.0, 1.0, 1.0]]
    assert arrays["candidates_forces_predicted"][0].tolist() == [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]
    assert arrays["candidates_temperature"].tolist() == [300.0]
    assert arrays["candidates_pressure"] == pytest.approx([1.0])


def test_frame_without_a_deviation_is_failed(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.5, 0.5, 0.5])
    lines = (tmp_path / "run_000.devi").read_text().splitlines(keepends=True)
    (tmp_path / "run_000.devi").write_text("".join(lines[:-1]) + "30 0 0 0 nan 0 0\n")
    summary, _ = harvest(tmp_path, two_atoms())
    assert summary["runs"][0]["failed_reasons"] == {"no_deviation": 1}


def test_single_model_has_no_window(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.0] * 5)
    (tmp_path / "run_000.devi").unlink()
    summary, arrays = harvest(tmp_path, two_atoms(n_models=1, n_control=3, lower=0.0))
    assert (summary["n_accurate"], summary["n_candidate"], summary["n_failed"]) == (5, 0, 0)
    assert summary["deviation"]["max"] == 0.0
    assert arrays["control_positions"].shape == (3, 2, 3)


def test_control_is_the_same_for_the_same_seed_and_uniform_below_the_upper_level(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.01] * 20 + [0.5] * 20 + [7.0] * 20)
    steps = [harvest(tmp_path, two_atoms(n_control=10, seed=seed))[1]["control_step"] for seed in [*range(40), 0]]
    assert np.array_equal(steps[0], steps[-1])
    thirds = np.histogram(np.concatenate(steps[:-1]), bins=[0, 201, 401, 601])[0]
    assert thirds.sum() == 400
    assert thirds[2] == 0
    assert np.abs(thirds[:2] - 200).max() < 40


def test_nothing_run_gives_empty_arrays(tmp_path: Path) -> None:
    summary, arrays = harvest(tmp_path, two_atoms(n_runs=2))
    assert [run["ended"] for run in summary["runs"]] == ["not_run", "not_run"]
    assert summary["n_explored"] == 0
    assert summary["deviation"]["q50"] is None
    assert arrays["candidates_positions"].shape == (0, 2, 3)


def test_what_was_sampled_before_a_crash_is_harvested(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.5] * 6)
    (tmp_path / "run_000.end").unlink()
    dump = tmp_path / "run_000.dump"
    dump.write_bytes(dump.read_bytes()[:-10])
    summary, arrays = harvest(tmp_path, two_atoms())
    assert (summary["runs"][0]["ended"], summary["runs"][0]["n_steps"]) == ("crashed", 50)
    assert summary["n_candidate"] == 5
    assert len(arrays["candidates_step"]) > 0


def streamed(n_frames: int) -> Any:
    """Stand in for a trajectory of so many frames, which nobody has on disk: hotter and hotter, with outliers."""

    def samples(folder: Path, run: dict[str, Any], config: dict[str, Any]) -> Any:
        rng, positions, cell = np.random.default_rng(0), np.array([[1.0, 1.0, 1.0], [4.0, 1.0, 1.0]]), 10 * np.eye(3)
        for step in range(10, 10 * n_frames + 1, 10):
            yield (
                step,
                step,
                positions,
                cell,
                (300.0, 0.0, -5.0, 1000.0),
                (rng.random() * 0.8 + 0.4 * step / n_frames / 10, 0.1),
            )

    return samples


def harvested(monkeypatch: pytest.MonkeyPatch, n_frames: int, **settings: Any) -> tuple[Any, Any, int]:
    """Summary and rows of the chosen frames of such a trajectory, and the largest memory in bytes."""

    def rows(folder: Path, config: dict[str, Any], chosen: np.ndarray, prefix: str) -> dict[str, np.ndarray]:
        return {prefix: chosen}

    monkeypatch.setattr(harvesting, "samples", streamed(n_frames))
    monkeypatch.setattr(harvesting, "collect", rows)
    tracemalloc.start()
    summary, arrays = harvest(Path(), two_atoms(max_candidates=20, n_control=10, **settings))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return summary, arrays, peak


def test_memory_does_not_grow_with_the_number_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    short, long = harvested(monkeypatch, 1000), harvested(monkeypatch, 6000)
    assert long[0]["n_explored"] == 6000
    assert len(long[1]["candidates"]) == 20
    assert long[2] < 1.1 * short[2] + 5e4


def test_the_same_seed_gives_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, other = (harvested(monkeypatch, 500, seed=seed)[1] for seed in (3, 3, 4))
    assert np.array_equal(first["candidates"], again["candidates"])
    assert np.array_equal(first["control"], again["control"])
    assert not np.array_equal(first["control"], other["control"])


def test_the_most_uncertain_frame_of_a_long_run_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    _, arrays, _ = harvested(monkeypatch, 5000)
    drawn = [sample[-1][0] for sample in streamed(5000)(Path(), {}, {})]
    best = max(deviation for deviation in drawn if deviation < 1.0)
    steps = np.sort(arrays["candidates"][:, 0])
    assert best in arrays["candidates"][:, 1]
    assert np.diff(steps).min() >= 5000 * 10 / 40 / 4  # spread over the run


@pytest.mark.parametrize(("keep", "shares"), [("window", (0, 1, 0)), ("any", (0.5, 0.5, 0))])
def test_a_choice_by_chance_is_offered_what_chance_would_draw(
    tmp_path: Path, keep: str, shares: tuple[float, ...]
) -> None:
    write_run(tmp_path, "run_000", [0.01] * 30 + [0.5] * 10)  # 30 accurate and 10 candidate, then
    write_run(tmp_path, "run_001", [0.5] * 20 + [7.0] * 20)  # 20 candidate and 20 above the upper level
    drawn = [harvest(tmp_path, two_atoms(n_runs=2, keep=keep, max_candidates=10, seed=seed))[1] for seed in range(40)]
    deviations = np.concatenate([arrays["candidates_max_force_deviation"] for arrays in drawn])
    found = np.histogram(deviations, bins=[0, 0.1, 1.0, 10.0])[0] / 400
    assert found == pytest.approx(shares, abs=0.06)
    candidates = np.concatenate([arrays["candidates_run"] for arrays in drawn])[deviations >= 0.1]
    assert np.mean(candidates == 1) == pytest.approx(2 / 3, abs=0.08)
    assert {len(arrays["candidates_step"]) for arrays in drawn} == {10}


@pytest.mark.slow
@pytest.mark.parametrize("keep", ["window", "any"])
def test_what_chance_keeps_is_the_same_for_the_same_seed_and_is_not_the_control(
    monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    summary, arrays, short = harvested(monkeypatch, 1000, keep=keep, seed=3)
    again, other = (harvested(monkeypatch, 1000, keep=keep, seed=seed)[1] for seed in (3, 4))
    assert np.array_equal(arrays["candidates"], again["candidates"])
    assert not np.array_equal(arrays["candidates"], other["candidates"])
    assert len({*arrays["candidates"][:, 0]} & {*arrays["control"][:, 0]}) < 5
    assert summary["n_explored"] == 1000
    assert summary["keep"] == keep
    assert harvested(monkeypatch, 6000, keep=keep)[2] < 1.1 * short + 5e4


def test_quantiles_are_those_of_all_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    summary, _, _ = harvested(monkeypatch, 5000)
    drawn = [sample[-1][0] for sample in streamed(5000)(Path(), {}, {})]
    for name, share in (("q50", 0.5), ("q90", 0.9), ("q99", 0.99)):
        assert summary["deviation"][name] == pytest.approx(np.quantile(drawn, share), rel=0.012)
    assert summary["deviation"]["max"] == max(drawn)


def test_a_broken_linker_is_counted_and_never_comes_back(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.5] * 4)
    bonded = {"bonds": [[0, 1]], "cell": (10 * np.eye(3)).tolist(), "metals": [], "hydrogens": []}
    config = two_atoms(min_separation=0.0) | {"topology": bonded}
    summary, arrays = harvest(tmp_path, config)
    assert summary["runs"][0]["failed_reasons"] == {"broken_linker": 4}
    assert len(arrays["candidates_step"]) == len(arrays["control_step"]) == 0
    config["settings"]["chemistry"] = config["settings"]["chemistry"] | {"intact": False}
    assert harvest(tmp_path, config)[0]["n_candidate"] == 4


def test_frames_say_which_model_drove_them(tmp_path: Path) -> None:
    for stem in ("run_000", "run_001", "run_002"):
        write_run(tmp_path, stem, [0.5] * 3)
    summary, arrays = harvest(tmp_path, two_atoms(n_runs=3))
    assert [run["driver"] for run in summary["runs"]] == [0, 1, 0]
    assert (arrays["candidates_driver"] == arrays["candidates_run"] % 2).all()


def test_preflight_is_counted_by_itself(tmp_path: Path) -> None:
    write_run(tmp_path, "preflight_0", [0.5] * 3)
    (tmp_path / "preflight_0.end").write_text("temperature_runaway 30\n")
    config = two_atoms()
    config["preflights"] = [{**config["runs"][0], "stem": "preflight_0", "label": "preflight"}]
    summary, arrays = harvest(tmp_path, config)
    assert summary["n_explored"] == len(arrays["control_step"]) == 0
    assert [(run["ended"], run["n_explored"]) for run in summary["preflight"]] == [("temperature_runaway", 3)]


def test_program_runs_alone_with_nothing_but_numpy(tmp_path: Path) -> None:
    for path in PACKED.glob("run_*"):
        shutil.copy(path, tmp_path)
    shutil.copy(PACKED / "harvest.json", tmp_path)
    shutil.copytree(HARVEST, tmp_path / "harvest", ignore=shutil.ignore_patterns("__pycache__"))
    forbidden = "import sys; sys.modules.update(aiida=None, aiida_zif=None, ase=None); import runpy; "
    program = forbidden + "sys.argv = ['harvest', 'harvest.json']; runpy.run_module('harvest', run_name='__main__')"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    summary = json.loads((tmp_path / "harvest_output.json").read_text())
    assert without_time(summary) == without_time(json.loads((PACKED / "harvest_output.json").read_text()))
    with np.load(tmp_path / "harvest.npz", allow_pickle=False) as arrays:
        assert arrays["candidates_positions"].shape[1:] == (24, 3)


def equilibrated(n_models: int = 2, steps: int = 20, **settings: Any) -> dict[str, Any]:
    """The configuration of a run that is equilibrated for so many steps before it is sampled."""
    config = two_atoms(n_models=n_models, min_separation=0.0, **settings)
    targets = [{"first": steps, "last": 100, "temperature": [300.0, 300.0], "pressure": None}]
    config["runs"][0] |= {"equilibration": steps, "targets": targets}
    return config


def test_frames_of_the_equilibration_are_no_part_of_what_was_explored(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.9, 0.8, *[0.5] * 4, 0.05])
    summary, arrays = harvest(tmp_path, equilibrated(n_control=100))
    run = summary["runs"][0]
    assert (run["n_explored"], run["n_candidate"], run["n_accurate"]) == (5, 4, 1)
    assert run["equilibration"] == {"n_steps": 20, "n_frames": 2, "failed_reasons": {}}
    assert sum(summary["histogram"]["counts"]) == 5
    assert summary["deviation"]["max"] == 0.5
    assert arrays["candidates_step"].tolist() == [30, 40, 50, 60]
    assert arrays["control_step"].tolist() == [30, 40, 50, 60, 70]
    assert run["averages"]["temperature"] == run["reached"]["temperature"]["mean"] == 300.0
    assert run["detail"] is None


@pytest.mark.parametrize("ended", ["temperature_runaway", "deviation_hopeless", "lost_atoms"])
def test_a_run_that_breaks_in_its_equilibration_says_so(tmp_path: Path, ended: str) -> None:
    write_run(tmp_path, "run_000", [0.9, 0.8])
    (tmp_path / "run_000.end").write_text(f"{ended} 20\n")
    (run,) = harvest(tmp_path, equilibrated())[0]["runs"]
    assert (run["ended"], run["n_explored"]) == (ended, 0)
    assert run["detail"] == "in its equilibration of 20 steps"
    (tmp_path / "run_000.end").write_text(f"{ended} 30\n")
    assert harvest(tmp_path, equilibrated())[0]["runs"][0]["detail"] is None


def test_a_substance_that_breaks_in_the_equilibration_is_named(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.5] * 4)
    bonded = {"bonds": [[0, 1]], "cell": (10 * np.eye(3)).tolist(), "metals": [], "hydrogens": []}
    (run,) = harvest(tmp_path, equilibrated() | {"topology": bonded})[0]["runs"]
    assert run["equilibration"]["failed_reasons"] == {"broken_linker": 2}
    assert run["detail"] == "left its equilibration with broken linker"
    assert (run["n_explored"], run["failed_reasons"]) == (2, {"broken_linker": 2})


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("30 0 0 0 nan nan nan\n", {"no_deviation": 1}),
        ("30 0 0 0 -nan 0 -nan\n", {"no_deviation": 1}),
        ("30 0 0 0 inf 0 inf\n", {"no_deviation": 1}),
        ("30 0 0 0 0.5 0 nan\n", {"no_deviation": 1}),  # no numbers on some atoms, which the worst one leaves out
        ("30 0 0 0 0.5 0 0.2", {"no_deviation": 1}),  # cut off
        ("", {"no_deviation": 1}),  # the file is shorter than the dump
        ("30 0 0 0 0.5 0 0.2\n", {}),
    ],
)
def test_a_deviation_that_is_no_number_has_its_reason(tmp_path: Path, line: str, reasons: dict[str, int]) -> None:
    write_run(tmp_path, "run_000", [0.5, 0.5, 0.5])
    lines = (tmp_path / "run_000.devi").read_text().splitlines(keepends=True)
    (tmp_path / "run_000.devi").write_text("".join(lines[:-1]) + line)
    summary, _ = harvest(tmp_path, two_atoms())
    assert summary["runs"][0]["failed_reasons"] == reasons
    assert summary["n_explored"] == 3


def test_a_frame_without_thermodynamics_is_not_taken_for_a_hot_one(tmp_path: Path) -> None:
    write_run(tmp_path, "run_000", [0.5, 0.5, 0.5])
    lines = (tmp_path / "run_000.thermo").read_text().splitlines(keepends=True)
    (tmp_path / "run_000.thermo").write_text("".join(lines[:-1]))
    (run,) = harvest(tmp_path, two_atoms())[0]["runs"]
    assert run["failed_reasons"] == {"no_temperature": 1}
    assert run["reached"]["temperature"]["mean"] == 300.0


def test_a_preflight_is_asked_for_no_averages(tmp_path: Path) -> None:
    write_run(tmp_path, "preflight_0", [0.5] * 3)
    config = two_atoms()
    config["preflights"] = [{**config["runs"][0], "stem": "preflight_0", "label": "preflight"}]
    (trial,) = harvest(tmp_path, config)[0]["preflight"]
    assert {"reached", "missed", "equilibration", "averages", "observables"}.isdisjoint(trial)
