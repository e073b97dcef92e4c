"""From the campaign's settings to the inputs of each step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.cp2k.task import read_task
from aiida_zif.plugins.deepmd.inputs import training_input
from aiida_zif.plugins.lammps.exploration.settings import Settings as LammpsSettings
from aiida_zif.plugins.lammps.exploration.settings import check_runs
from aiida_zif.workflows.active_learning.planning.cycle import (
    exploration_parameters,
    exploration_runs,
    plan_exploration,
)
from aiida_zif.workflows.active_learning.planning.first_labels import label_tasks, plan_campaign
from aiida_zif.workflows.active_learning.planning.training import plan_training
from aiida_zif.workflows.campaign.loading import campaign_from_structures, load_campaign
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.protocols.loading import available_protocols
from aiida_zif.workflows.structures.recipe import Perturbation

Factory = Callable[..., Any]
Values = dict[str, Any]
ROOT = Path(__file__).parents[4]

pytestmark = pytest.mark.usefixtures("aiida_profile")


def body(function: Any) -> Callable[..., Any]:
    """Return the function inside a calcfunction, without AiiDA around it."""
    inside: Callable[..., Any] = function.__wrapped__
    return inside


@pytest.fixture(scope="module")
def settings(campaign: Factory) -> Settings:
    """Two systems, of which the second one is explored hotter, chosen from less, and not perturbed."""
    own = {
        "seed_data": {"perturbed": {"frames": 0}},
        "exploration": {"temperatures": ["900 K"]},
        "selection": {"per_cycle": 1},
    }
    systems = {"zinc": {"structure": "given"}, "hot": {"structure": "given", **own}}
    whole: Settings = campaign(("zinc", "hot"), systems=systems).settings()
    return whole


def node_of(settings: Settings) -> orm.Dict:
    """Return settings as a campaign stores them."""
    return orm.Dict(settings.as_dict())


def parameters_of(settings: Settings, system: str) -> Values:
    """Return what LAMMPS needs for the first cycle of a system."""
    selection = settings.for_system(system).selection.model_dump(mode="json")
    return exploration_parameters(settings, selection, system, 1)


def explore(settings: Settings, cycle: int) -> Values:
    """Return the plan of one cycle's exploration as plain values."""
    plan = body(plan_exploration)(node_of(settings), orm.Dict({"cycle": cycle - 1, "n_labels": 0}))
    return {name: node.get_list() if isinstance(node, orm.List) else node.get_dict() for name, node in plan.items()}


def test_every_run_and_batch_of_the_file_becomes_a_task(settings: Settings) -> None:
    assert list(label_tasks(settings, "zinc")) == ["seed_aimd_0", "held_out_0", "seed_perturbed"]
    assert list(label_tasks(settings, "hot")) == ["seed_aimd_0", "held_out_0"]


def test_a_task_of_dynamics_says_all_that_cp2k_needs(settings: Settings) -> None:
    _, task = label_tasks(settings, "zinc")["held_out_0"]
    checked: Any = read_task(task)
    assert (checked.temperature, checked.steps, checked.stride, checked.ensemble) == (500.0, 12, 4, "nvt")


def test_the_recipe_of_perturbed_frames_says_how_many_and_how_far(settings: Settings) -> None:
    start, task = label_tasks(settings, "zinc")["seed_perturbed"]
    labelling = settings.labelling
    assert task == {"mode": "batch", "batch_time": labelling.batch_time, "gates": labelling.gates.model_dump()}
    assert start.system == "zinc"
    assert start.perturbed == Perturbation(frames=4, displacement=0.05, strain=0.01)


def test_no_two_tasks_share_a_seed(settings: Settings) -> None:
    pairs = [pair for system in ("zinc", "hot") for pair in label_tasks(settings, system).values()]
    seeds = [seed for start, task in pairs for seed in (start.seed, task.get("seed")) if seed is not None]
    assert len(set(seeds)) == len(seeds) == 5


def test_another_campaign_seed_changes_every_seed(campaign: Factory) -> None:
    first, second = (label_tasks(campaign(seed=seed).settings(), "zinc") for seed in (1, 2))
    for name in first:
        assert first[name] != second[name]


def test_seeds_of_a_committee_differ_by_member_and_by_cycle(settings: Settings) -> None:
    plans = [body(plan_training)(node_of(settings), orm.Dict({"cycle": cycle, "n_labels": 0})) for cycle in (0, 1)]
    assert [sorted(plan) for plan in plans] == [["model_0", "model_1", "parameters"]] * 2
    assert len({plan[name].value for plan in plans for name in ("model_0", "model_1")}) == 4


def test_runs_are_every_temperature_at_every_pressure_each_from_its_own_start(settings: Settings) -> None:
    runs = exploration_runs(settings, "zinc", 1)
    conditions = [(run["stages"][0]["temperature"], run["stages"][0]["pressure"]) for run in runs]
    assert conditions == [(300.0, 0.0), (300.0, 0.5), (600.0, 0.0), (600.0, 0.5)]
    assert [run["start"] for run in runs] == [0, 1, 2, 3]
    assert [run["label"] for run in runs] == ["300K_0GPa", "300K_0.5GPa", "600K_0GPa", "600K_0.5GPa"]


def test_a_run_at_constant_volume_has_no_pressure(campaign: Factory) -> None:
    values = campaign(exploration={"ensemble": "nvt", "pressures": ["0 GPa"]}).settings()
    stages = [stage for run in exploration_runs(values, "zinc", 1) for stage in run["stages"]]
    assert [stage["kind"] for stage in stages] == ["equilibrate", "nvt"] * 2
    assert all("pressure" not in stage for stage in stages)


def test_a_run_is_equilibrated_where_its_ramp_begins_and_not_at_all_if_so_asked(campaign: Factory) -> None:
    ramp = {"temperatures": [["300 K", "900 K"]], "pressures": [["0 GPa", "1 GPa"]], "equilibration": 48}
    values = campaign(exploration=ramp).settings()
    before, sampled = exploration_runs(values, "zinc", 1)[0]["stages"]
    assert before == {**sampled, "kind": "equilibrate", "steps": 48, "temperature": 300.0, "pressure": 0.0}
    assert (sampled["kind"], sampled["temperature"], sampled["pressure"]) == ("npt", (300.0, 900.0), (0.0, 1.0))
    stored = values.as_dict()
    earlier = {name: value for name, value in stored["exploration"].items() if name != "equilibration"}
    for none in ({**earlier, "equilibration": 0}, earlier):
        without = Settings.from_dict({**stored, "exploration": none})
        assert exploration_runs(without, "zinc", 1)[0]["stages"] == [sampled]


def test_seeds_of_an_exploration_differ_by_cycle_system_run_and_purpose(settings: Settings) -> None:
    plans = [explore(settings, cycle) for cycle in (1, 2)]
    seeds = [run["seed"] for plan in plans for name in plan if name.startswith("runs_") for run in plan[name]]
    seeds += [plan[name]["seed"] for plan in plans for name in plan if name.startswith(("starts_", "parameters_"))]
    assert len(set(seeds)) == len(seeds) == 2 * (4 + 2 + 2 * 2)


def test_the_plan_of_a_cycle_depends_on_nothing_but_settings_and_cycle(settings: Settings) -> None:
    assert explore(settings, 2) == explore(settings, 2)


def test_a_system_of_its_own_conditions_is_explored_at_these(settings: Settings) -> None:
    plan = explore(settings, 1)
    assert {run["stages"][0]["temperature"] for run in plan["runs_hot"]} == {900.0}
    assert plan["starts_hot"]["count"] == 2
    assert (plan["selection_hot"]["per_cycle"], plan["selection_zinc"]["per_cycle"]) == (1, 3)
    assert plan["selection_hot"]["control"] == 2


def test_there_is_a_starting_point_for_every_run(settings: Settings) -> None:
    plan = explore(settings, 1)
    assert plan["starts_zinc"]["count"] == len(plan["runs_zinc"])


def test_the_harvest_separates_candidates_by_time_where_the_choice_counts_steps(settings: Settings) -> None:
    assert settings.exploration.timestep == 0.5
    assert settings.selection.min_separation == 20
    assert parameters_of(settings, "zinc")["min_separation"] == 10.0


def test_the_harvest_keeps_more_candidates_than_are_chosen(settings: Settings) -> None:
    parameters = parameters_of(settings, "zinc")
    assert parameters["max_candidates"] > settings.selection.per_cycle
    assert parameters["n_control"] == settings.selection.control


@pytest.mark.parametrize(("strategy", "keep"), [("random", "any"), ("dpgen", "window"), ("window", "uncertain")])
def test_the_harvest_keeps_what_the_strategy_draws_from(campaign: Factory, strategy: str, keep: str) -> None:
    values = campaign(selection={"strategy": strategy}).settings()
    assert parameters_of(values, "zinc")["keep"] == keep


def check_plan(values: Settings) -> None:
    """Refuse, as the jobs themselves would, what is planned for them."""
    for system in values.systems:
        runs = exploration_runs(values, system, 1)
        check_runs(runs, LammpsSettings.from_dict(parameters_of(values, system)), len(runs))
        for _, task in label_tasks(values, system).values():
            read_task(task)


@pytest.mark.parametrize("protocol", available_protocols())
def test_what_a_protocol_plans_is_accepted_by_the_jobs(protocol: str, atoms: Any) -> None:
    overrides = {"training": {"rcut": "5 Å"}}
    check_plan(campaign_from_structures({"zinc": atoms}, protocol, overrides).settings())


@pytest.mark.parametrize("file", ["examples/zif4-demo.yaml", "tests/workflows/small-campaign.yaml"])
def test_what_a_campaign_of_ours_plans_is_accepted_by_the_jobs(file: str) -> None:
    check_plan(load_campaign(ROOT / file).settings())


def test_the_parameters_of_deepmd_are_merged_into_those_of_the_package(settings: Settings) -> None:
    learning = body(plan_training)(node_of(settings), orm.Dict({"cycle": 0, "n_labels": 0}))["parameters"].get_dict()
    descriptor = training_input(["H", "Zn"], 5.0, 40)["model"]["descriptor"]
    assert learning["model"]["descriptor"] == {**descriptor, "neuron": [3], "axis_neuron": 2}
    assert learning["training"]["numb_steps"] == 40


def test_the_plan_holds_the_level_with_everything_that_changes_an_energy(settings: Settings) -> None:
    from aiida_zif.plugins.cp2k.levels import Level, load_level

    plan = body(plan_campaign)(node_of(settings))
    assert Level.from_dict(plan["level"].get_dict()).hash == load_level("gfn1-xtb").hash


def test_a_system_with_charge_or_spin_has_a_level_of_its_own(settings: Settings) -> None:
    from aiida_zif.plugins.cp2k.levels import Level, load_level

    hot = settings.systems["hot"].model_copy(update={"multiplicity": 3})
    changed = settings.model_copy(update={"systems": {**settings.systems, "hot": hot}})
    plan = body(plan_campaign)(node_of(changed))
    assert "level_zinc" not in plan
    assert Level.from_dict(plan["level_hot"].get_dict()) == load_level("gfn1-xtb").in_state(0, 3)


def test_what_is_planned_has_the_settings_as_its_origin(settings: Settings) -> None:
    plan = plan_campaign(node_of(settings))
    assert {node.creator.process_label for node in plan.values()} == {"plan_campaign"}
    tasks = {f"{system}_{name}" for system in ("zinc", "hot") for name in label_tasks(settings, system)}
    assert {name for name in plan if name.startswith("task_")} == {f"task_{task}" for task in tasks}
    assert {name for name in plan if name.startswith("start_")} == {f"start_{task}" for task in tasks}


def test_labels_that_are_left_are_for_all_systems_together(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"labels": 12})
    plan = explore(settings.model_copy(update={"limits": limits}), 1)
    controls = [plan[f"selection_{system}"]["control"] for system in ("zinc", "hot")]
    assert controls == [2, 2]
    assert [plan[f"selection_{system}"]["labels_left"] for system in ("zinc", "hot")] == [8, 8]


def test_seeds_of_a_choice_differ_by_cycle_and_system(settings: Settings) -> None:
    plans = [explore(settings, cycle) for cycle in (1, 2)]
    assert len({plan[f"selection_{system}"]["seed"] for plan in plans for system in ("zinc", "hot")}) == 4


@pytest.mark.parametrize("name", ["c00_zinc_held_out_0_attempt_0", "imported_0a1b2c3d"])
def test_the_harvest_uses_the_trust_levels_that_the_choice_will_use(
    campaign: Factory, block: Factory, name: str
) -> None:
    values = campaign(selection={"window": {"adaptive": 2.0}}).settings()
    errors = orm.ArrayData()
    errors.set_array(f"{name}__force_rmse", np.full((2, 5), 0.3))
    errors.set_array("other__force_rmse", np.full((2, 5), 0.9))
    held_out = {f"block_{name}": block(5, 1, system="zinc"), "block_other": block(5, 2, system="else")}
    state = orm.Dict({"cycle": 0, "n_labels": 0})
    plan = body(plan_exploration)(node_of(values), state, errors=errors, **held_out)
    levels = [(plan[name]["lower"], plan[name]["upper"]) for name in ("selection_zinc", "parameters_zinc")]
    assert levels == [(pytest.approx(0.6), 5.0)] * 2


def test_settings_of_an_earlier_version_are_planned_with_what_it_knew(settings: Settings) -> None:
    later = {
        "exploration": ("equilibration", "uncertain_starts", "preflight", "chemistry"),
        "selection": ("window", "options", "per_condition"),
        "training": ("warm_start", "early_stop"),
    }
    content = settings.as_dict()
    for section, keys in later.items():
        content[section] = {key: value for key, value in content[section].items() if key not in keys}
    del content["schema"], content["labelling"], content["systems"]["hot"]
    earlier = Settings.from_dict(content)
    check_plan(earlier)
    now, then = explore(settings, 1), explore(earlier, 1)
    assert [run["seed"] for run in then["runs_zinc"]] == [run["seed"] for run in now["runs_zinc"]]
    assert [len(run["stages"]) for run in then["runs_zinc"]] == [1] * 4
    assert (then["starts_zinc"]["uncertain"], then["parameters_zinc"]["preflight"]) == (0, 0)
    plans = [
        body(plan_training)(orm.Dict(of), orm.Dict({"cycle": 0, "n_labels": 0})) for of in (content, settings.as_dict())
    ]
    assert len({plan["model_1"].value for plan in plans}) == 1
