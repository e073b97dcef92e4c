"""A grid of states: one trajectory a state and replica, structures, and shares of causes that are known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from aiida import orm
from fake_children import Child, Ending, Run, run_chain

from aiida_zif.plugins.systems import load_system

pytestmark = pytest.mark.slow

ATOMS = load_system("zif-4")
SETTINGS = {
    "system": "zif4",
    "seed": 5,
    "temperatures": [300.0, 600.0],
    "pressures": [0.0, 0.5],
    "replicas": 2,
    "snapshots": 2,
    "decomposition": {"r_max": 5.0, "frames": 2},
}


@pytest.fixture(scope="module")
def turned() -> Callable[[float, int], np.ndarray]:
    """The crystal with each linker turned about its axis by an angle."""
    from scipy.spatial.transform import Rotation

    from aiida_zif.plugins.analysis.attribution.bodies import bodies_of, layout_of
    from aiida_zif.plugins.analysis.network.linkers import find_linkers

    positions, cell = ATOMS.get_positions(), np.asarray(ATOMS.cell[:])
    layout = layout_of(find_linkers(ATOMS.get_chemical_symbols(), positions, cell))
    frame = bodies_of(layout, positions, cell)

    def generate(degrees: float, seed: int) -> np.ndarray:
        shapes = frame.shapes.copy()
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], len(layout.linkers))
        for number, atoms in enumerate(layout.linkers.atoms):
            first, second = frame.shapes[layout.linkers.nitrogens[layout.linkers.owners == number]][:2]
            axis = (second - first) / np.linalg.norm(second - first)
            shapes[atoms] = Rotation.from_rotvec(np.radians(degrees) * signs[number] * axis).apply(shapes[atoms])
        return np.asarray((frame.centres @ cell)[layout.owner] + shapes)

    return generate


@pytest.fixture
def states(
    codes: dict[str, Any], options: dict[str, Any], potential: Callable[..., Any], turned: Callable[..., np.ndarray]
) -> Callable[..., Run]:
    """Take the chain through its outline; hot states have turned rings, pressed ones a smaller cell."""
    from aiida_zif.plugins.data.frames import FramesData
    from aiida_zif.workflows.properties.states.plan import StateName
    from aiida_zif.workflows.properties.structure.report import Row, StructureReport
    from aiida_zif.workflows.properties.structure.settings import StructureSettings

    symbols, cell = ATOMS.get_chemical_symbols(), np.asarray(ATOMS.cell[:])

    def frames_of(link: str) -> Any:
        name, _, replica = link.partition("_replica_")
        state = StateName.parse(name)
        positions = turned(30.0, int(replica)) if state.temperature > 300 else ATOMS.get_positions()
        strain = -0.02 if state.pressure > 0 else 0.0
        noise = np.random.default_rng(sum(link.encode())).normal(scale=0.02, size=(4, len(ATOMS), 3))
        own = cell * (1 + strain)
        moved = positions + (ATOMS.get_positions() @ np.linalg.inv(cell)) @ (own - cell)
        return FramesData(symbols, moved + noise, np.tile(own, (4, 1, 1)), system="zif4")

    def structure_of(child: Child) -> Any:
        chosen = StructureSettings.from_node(child.inputs.settings)
        row = Row.model_validate({"group": "cell", "quantity": "density", "value": {"value": 1.2, "unit": "g/cm³"}})
        report = StructureReport(system=chosen.system, state=chosen.state, n_replicas=2, rows=[row])
        return orm.Dict(report.as_dict())

    def take(lost: tuple[str, ...] = (), checkpoints: bool = False, **overrides: Any) -> Run:
        def answer(child: Child) -> Ending:
            if child.name == "StructureWorkChain":
                return Ending({"report": structure_of(child), "curves": orm.ArrayData(np.zeros(1))})
            if child.link in lost:
                return Ending({}, 350, "no job of the trajectory came back with a step")
            return Ending({"snapshots": frames_of(child.link)})

        from aiida_zif.workflows.properties.states.settings import StatesSettings

        start = FramesData(symbols, ATOMS.get_positions()[None], cell[None], system="zif4")
        inputs = {
            "md": {"code": codes["lmp"], "python": codes["python"], "metadata": {"options": options}},
            "committee": {"model_0": potential()},
            "start": {"crystal": start},
            "topology": orm.StructureData(ase=ATOMS),
            "settings": orm.Dict(StatesSettings.model_validate({**SETTINGS, **overrides}).as_dict()),
            "structure": orm.Dict(StructureSettings(observables=["angles"]).as_dict()),
            "concurrent": 3,
        }
        return run_chain("zif.states", inputs, answer, checkpoints)

    return take


def report_of(run: Run) -> Any:
    from aiida_zif.workflows.properties.states.report import StatesReport

    return StatesReport.from_node(run.outputs["report"])


def test_every_state_and_replica_has_a_trajectory_with_a_seed_of_its_own(states: Callable[..., Run]) -> None:
    run = states()
    trajectories = run.named("MdWorkChain")
    assert len(trajectories) == 8
    assert len({child.inputs.parameters["seed"] for child in trajectories}) == 8
    assert {len(wave) for wave in run.waves} == {3, 2, 4}
    stages = {child.link: child.inputs.stages.get_list() for child in trajectories}
    last = stages["at_600K_0p5GPa_replica_1"][-1]
    assert (last["temperature"], last["pressure"], last["snapshots"]) == ([600.0, 600.0], [0.5, 0.5], 2)
    assert all(stage["kind"] in ("equilibrate", "npt") for stage in stages["at_300K_0GPa_replica_0"])


def test_turned_rings_and_smaller_cells_are_found_as_causes(states: Callable[..., Run]) -> None:
    run = states()
    assert run.exit_code is None
    report = report_of(run)
    assert report.reference == "at_300K_0GPa"
    hot, pressed = report.decomposition("at_600K_0GPa", "neutron"), report.decomposition("at_300K_0p5GPa", "neutron")
    assert hot.share("ring reorientation").value == pytest.approx(1.0, abs=0.05)
    assert hot.share("ring reorientation").error is not None
    assert hot.rotation.value == pytest.approx(30.0, abs=1.0)
    assert hot.volume.value == pytest.approx(1.0)
    assert pressed.share("volume").value > 0.8
    assert pressed.volume.value == pytest.approx(0.98**3)
    both = report.decomposition("at_600K_0p5GPa", "neutron")
    assert sum(share.share.value for share in both.shares) == pytest.approx(1.0)
    assert {one.measure for one in report.decompositions} == {"neutron", "x-ray"}
    assert "Shapley" in report.method
    over_all = {one.measure: one for one in report.regressions}["neutron"]
    assert sum(share.value for share in over_all.shares.values()) == pytest.approx(1.0)
    assert over_all.shares["ring reorientation"].value + over_all.shares["volume"].value > 0.8
    assert over_all.n_points == 16


def test_a_state_that_does_not_change_has_no_shares(states: Callable[..., Run]) -> None:
    report = report_of(states(temperatures=[300.0, 299.0], pressures=[0.0]))
    same = report.decomposition("at_299K_0GPa", "neutron")
    assert not same.significant
    assert same.shares == []
    assert any("no shares are stated" in sentence for sentence in report.limits)


def test_a_trajectory_that_is_lost_costs_its_state_one_replica(states: Callable[..., Run]) -> None:
    run = states(lost=("at_600K_0GPa_replica_1",))
    assert run.exit_code.status == 440
    assert "1 of 8" in run.exit_code.message
    report = report_of(run)
    assert report.failed == {"at_600K_0GPa_replica_1": "no frame was returned"}
    assert report.decomposition("at_600K_0GPa", "neutron") is not None


def test_frames_without_linkers_say_why_nothing_was_divided(states: Callable[..., Run]) -> None:
    from aiida_zif.plugins.data.frames import FramesData
    from aiida_zif.workflows.properties.states.exchanged import why_not
    from aiida_zif.workflows.properties.states.settings import StatesSettings
    from aiida_zif.workflows.properties.states.steps import exchange_parts

    positions = np.tile([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]], (2, 1, 1))
    bare = FramesData(["Zn", "C"], positions, np.tile(np.eye(3) * 9, (2, 1, 1))).store()
    settings = orm.Dict(StatesSettings.model_validate(SETTINGS).as_dict())
    assert "linker" in why_not(exchange_parts(frames=bare, reference=bare, settings=settings))


def test_nothing_but_losses_ends_with_a_cause(states: Callable[..., Run]) -> None:
    names = [f"at_{t}K_0GPa_replica_{k}" for t in (300, 600) for k in range(2)]
    run = states(lost=tuple(names), pressures=[0.0])
    assert run.exit_code.status == 340
    assert "no job of the trajectory" in run.exit_code.message


def test_a_worker_that_dies_after_every_step_changes_nothing(states: Callable[..., Run]) -> None:
    once, again = states(pressures=[0.0]), states(pressures=[0.0], checkpoints=True)
    left, right = report_of(once), report_of(again)
    assert [one.model_copy(update={"structure": ""}) for one in left.states] == [
        one.model_copy(update={"structure": ""}) for one in right.states
    ]
    assert left.decompositions == right.decompositions
    assert len(once.named("MdWorkChain")) == len(again.named("MdWorkChain")) == 4


def test_every_node_that_the_chain_made_has_a_creator(states: Callable[..., Run]) -> None:
    run = states(pressures=[0.0])
    given = {node.pk for node in run.chain.node.base.links.get_incoming().all_nodes()}
    for child in [*run.named("MdWorkChain"), *run.named("StructureWorkChain")]:
        for node in child.node.base.links.get_incoming().all_nodes():
            assert node.pk in given or isinstance(node, orm.ProcessNode) or node.creator or returned(node), node


def returned(node: orm.Data) -> bool:
    """Whether a stand-in of a child made it."""
    from aiida.common.links import LinkType

    return bool(node.base.links.get_incoming(link_type=LinkType.RETURN).all())
