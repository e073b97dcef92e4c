"""The structure of exact crystals and of replicas of known spread, through the whole work chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from aiida.common.links import LinkType
from fake_children import Ending, Run, run_chain

from aiida_zif.plugins.systems import load_system

Frames = Callable[..., Any]


@pytest.fixture(scope="module")
def crystal(aiida_profile: object) -> Frames:
    """Factory of frames of a shipped framework; others than the first are rattled, and cells scaled."""

    def generate(
        name: str, n_frames: int = 1, seed: int = 0, rattle: float = 0.0, scale: float = 1.0, **arrays: Any
    ) -> Any:
        from aiida_zif.plugins.data.frames import FramesData

        atoms = load_system(name)
        noise = np.random.default_rng(seed).normal(scale=rattle, size=(n_frames, len(atoms), 3))
        cells = np.tile(np.asarray(atoms.cell[:]) * scale, (n_frames, 1, 1))
        positions = atoms.get_positions() * scale + noise
        return FramesData(atoms.get_chemical_symbols(), positions, cells, system=name, per_frame=arrays).store()

    return generate


def structure(frames: dict[str, Any], checkpoints: bool = False, topology: Any = None, **settings: Any) -> Run:
    from aiida_zif.workflows.properties.structure.settings import StructureSettings

    chosen = StructureSettings.model_validate({"system": "zif4", "state": "crystal", **settings})
    inputs = {"frames": frames, "settings": orm.Dict(chosen.as_dict())}
    if topology is not None:
        inputs["topology"] = topology
    return run_chain("zif.structure", inputs, lambda child: Ending(), checkpoints)


def report_of(run: Run) -> Any:
    from aiida_zif.workflows.properties.structure.report import StructureReport

    assert run.exit_code is None
    return StructureReport.from_node(run.outputs["report"])


def value(report: Any, quantity: str, of: str = "") -> float:
    found = report.measured(quantity, of)
    assert found is not None, f"{quantity} {of} missing"
    return float(found.value)


def test_zif_4_gives_its_exact_coordination_rings_and_linkers(crystal: Frames) -> None:
    report = report_of(structure({"only": crystal("zif-4")}, observables=["pairs", "angles", "linkers", "rings"]))
    assert value(report, "coordination", "Zn-N") == 4.0
    assert value(report, "coordination", "C-H") == 1.0
    assert value(report, "coordination", "Zn-Zn") == 4.0
    assert value(report, "four_fold", "Zn") == 1.0
    assert value(report, "bridging_exactly") == 1.0
    rings = {row.of: row.value.value for row in report.rows if row.quantity == "rings_per_metal" and row.of}
    assert rings == {"4": 0.25, "6": 1.0, "8": 2.0}
    assert value(report, "angle", "N-Zn-N") == pytest.approx(109.43, abs=0.01)
    assert value(report, "density") == pytest.approx(1.2121, abs=1e-3)


def test_zif_8_has_the_rings_of_sodalite(crystal: Frames) -> None:
    report = report_of(structure({"only": crystal("zif-8")}, observables=["rings"]))
    assert value(report, "rings_per_metal", "4") == pytest.approx(0.5)
    assert value(report, "rings_per_metal", "6") == pytest.approx(2 / 3)
    assert value(report, "rings_per_metal", "12") == pytest.approx(8 / 3)


def test_one_frame_has_values_without_errors(crystal: Frames) -> None:
    report = report_of(structure({"only": crystal("zif-4")}, observables=["angles"]))
    assert {row.value.error for row in report.rows} == {None}
    assert all("one frame" in row.value.remark for row in report.rows)
    assert any("One replica" in sentence for sentence in report.limits)


def test_the_error_over_replicas_is_that_of_their_known_spread(crystal: Frames) -> None:
    scales = (1.0, 1.01, 0.99)
    frames = {f"replica_{index}": crystal("zif-4", scale=scale) for index, scale in enumerate(scales)}
    density = report_of(structure(frames, observables=["rings"])).measured("density")
    expected = 1.2121 / np.array(scales) ** 3
    assert density.value == pytest.approx(expected.mean(), abs=1e-4)
    assert density.error == pytest.approx(expected.std(ddof=1) / 3**0.5, rel=1e-3)
    assert (density.error_from, density.n) == ("replicas", 3)


def test_parts_of_one_run_are_no_replicas(crystal: Frames) -> None:
    frames = {f"part_{seed}": crystal("zif-4", 8, seed, rattle=0.05) for seed in range(2)}
    report = report_of(structure(frames, observables=["angles"], independent=False))
    angle = report.measured("angle_width", "N-Zn-N")
    assert angle.error_from == "blocks"
    assert "lower bound" in angle.remark
    assert report.n_replicas == 1


def test_scattering_begins_where_the_cell_has_wave_vectors_and_places_no_first_peak_in_a_small_box(
    crystal: Frames,
) -> None:
    from aiida_zif.workflows.properties.structure.curves import Curves

    chosen = {"pairs": {"r_max": 7.0}, "scattering": {"r_max": 12.0, "q_max": 15.0}}
    run = structure({"only": crystal("zif-4", 4, 1, rattle=0.05)}, observables=["pairs", "scattering"], **chosen)
    report, curves = report_of(run), Curves.from_node(run.outputs["curves"])
    lowest = 2 * np.pi / min(np.asarray(load_system("zif-4").cell[:]).diagonal())
    assert curves["F/x-ray"].x[0] >= lowest
    assert curves["F/x-ray"].x[0] < lowest + 0.05
    assert report.measured("scattering_peak", "x-ray") is None
    assert any("too small to place the first sharp diffraction peak" in sentence for sentence in report.limits)
    assert "Keen" in report.conventions["F(Q) neutron"]
    assert curves["F/neutron"].y.shape == curves["F/neutron"].error.shape
    assert report.measured("distance_peak", "Zn-N").value == pytest.approx(2.0, abs=0.05)
    assert curves["g/Zn-N"].x[-1] <= 7.0


def test_frames_with_times_have_dynamics_and_others_say_why_not(crystal: Frames) -> None:
    moving = crystal("zif-4", 8, 2, rattle=0.05, time_fs=np.arange(8) * 100.0)
    report = report_of(structure({"only": moving}, observables=["dynamics"]))
    displacement = value(report, "mean_square_displacement", "Zn")
    assert displacement == pytest.approx(6 * 0.05**2, rel=0.3)
    assert value(report, "exchange_rate", "N") == 0.0
    assert report.measured("bond_lifetime", "Zn-N").value is None
    assert "at least" in report.measured("bond_lifetime", "Zn-N").remark
    still = report_of(structure({"only": crystal("zif-4", 8)}, observables=["dynamics"]))
    assert any("no times" in sentence for sentence in still.limits)


def test_linkers_are_found_in_the_crystal_where_a_frame_has_broken_ones(crystal: Frames) -> None:
    from aiida_zif.plugins.data.frames import FramesData

    atoms = load_system("zif-4")
    broken = atoms.get_positions()
    carbon = int(np.flatnonzero(np.array(atoms.get_chemical_symbols()) == "C")[0])
    broken[carbon] += [0.0, 2.5, 0.0]
    frames = FramesData(atoms.get_chemical_symbols(), broken[None], np.asarray(atoms.cell[:])[None], system="zif4")
    without = report_of(structure({"only": frames.store()}, observables=["linkers"]))
    assert without.measured("bridging_exactly") is None
    assert any("No linkers were found" in sentence for sentence in without.limits)
    found = report_of(structure({"only": frames}, observables=["linkers"], topology=orm.StructureData(ase=atoms)))
    assert found.measured("bridging_exactly") is not None


def test_every_node_has_a_creator_and_a_step_that_is_taken_again_changes_nothing(crystal: Frames) -> None:
    frames = {"only": crystal("zif-4", 3, 5, rattle=0.05)}
    once = structure(frames, observables=["angles", "rings"])
    again = structure(frames, checkpoints=True, observables=["angles", "rings"])
    assert report_of(once) == report_of(again)
    for node in once.chain.node.base.links.get_outgoing(link_type=LinkType.CALL_CALC).all_nodes():
        for made in node.base.links.get_outgoing(link_type=LinkType.CREATE).all_nodes():
            assert made.creator is not None
    labels = {link.link_label for link in once.chain.node.base.links.get_outgoing(link_type=LinkType.CALL_CALC).all()}
    assert {"measure_network__only", "search_rings__only"} <= labels
    assert all(node.creator is not None for node in (once.outputs["report"], once.outputs["curves"]))


def test_wrong_inputs_are_refused_before_anything_runs(crystal: Frames) -> None:
    with pytest.raises(ValueError, match="other atoms than in a"):
        structure({"a": crystal("zif-4"), "b": crystal("zif-8")})
    with pytest.raises(ValueError, match="found no frame"):
        structure({"a": crystal("zif-4", 0)})
    with pytest.raises(ValueError, match="topology: found other atoms"):
        structure({"a": crystal("zif-4")}, topology=orm.StructureData(ase=load_system("zif-8")))
