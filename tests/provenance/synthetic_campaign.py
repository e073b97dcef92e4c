"""A campaign's graph as the work chains would make it, stored by hand: no code runs, seconds not minutes."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from aiida import orm
from synthetic_graph import SyntheticGraph
from synthetic_numbers import (
    BOX,
    REFERENCE,
    SYMBOLS,
    configurations,
    exploration_report,
    explored,
    frame_errors,
    runs,
    selection_report,
    test_report,
)

from aiida_zif.plugins.data.dataset import DatasetData
from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.selection.calibration import calibrate_frames
from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.active_learning.judging.calibration import known_errors
from aiida_zif.workflows.campaign.loading import Campaign, campaign_from_structures
from aiida_zif.workflows.campaign.settings import Settings

LEVEL = {"hash": "0123456789abcdef", "line": "GFN1-xTB (CP2K), EPS_SCF 1e-6"}
CAMPAIGN: Campaign = campaign_from_structures(
    {"zif4": load_system("zif-4")},
    "demo",
    {
        "name": "zif4-test",
        "seed": 4,
        "systems": {"zif4": {"structure": "zif-4"}},
        "seed_data": {
            "aimd": [{"temperature": "300 K", "timestep": "0.5 fs", "steps": 12, "stride": 2}],
            "perturbed": {"frames": 4, "displacement": "0.08 Å", "strain": 0.02},
        },
        "held_out": {"aimd": [{"temperature": "500 K", "timestep": "0.5 fs", "steps": 10, "stride": 2}]},
        "training": {"models": 3, "steps": 500, "warm_start": True},
        "exploration": {"steps": 400, "timestep": "0.5 fs", "sample_every": 10},
        "selection": {"strategy": "window", "upper": "5 eV/Å", "per_cycle": 4, "control": 2},
        "resources": {"train": {"lanes": 1, "members": 1, "concurrent": 2}},
    },
)
SETTINGS = CAMPAIGN.settings()


@dataclass
class SyntheticCampaign(SyntheticGraph):
    """Builds the graph step by step.

    :param stored: settings as an earlier version has stored them, in place of ``settings`` as they are stored today.
    """

    settings: Settings = SETTINGS
    stored: dict[str, Any] = field(default_factory=dict)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))
    dataset: dict[str, LabelledFramesData] = field(default_factory=dict)
    learnt: dict[str, DatasetData] = field(default_factory=dict)
    held_out: dict[str, LabelledFramesData] = field(default_factory=dict)
    reports: dict[str, orm.Dict] = field(default_factory=dict)
    evidence: dict[str, orm.Dict] = field(default_factory=dict)
    cycle: int = 0

    # -- the campaign ------------------------------------------------------------------------------------------

    def run(self, cycles: int = 2) -> orm.WorkChainNode:
        """Store a campaign that ended well."""
        self.open()
        for _ in range(cycles):
            self.explore()
            self.label_choice()
            self.train_and_test()
        return self.close()

    def open(self) -> None:
        """Store the campaign up to the test of the first committee."""
        self.begin()
        for name in [key for key in self.plan if key.startswith("task_")]:
            self.label_seed(name.removeprefix("task_"))
        self.state = self.calcfunction(
            "open_campaign", "judge", self.reports, {"result": self.state_dict(finished=False)}, label=None
        )["result"]
        self.train_and_test()

    def begin(self) -> None:
        """Store the campaign's node and its plan."""
        self.make_codes()
        structure = orm.StructureData(cell=np.eye(3) * BOX)
        for symbol, position in zip(SYMBOLS, REFERENCE, strict=True):
            structure.append_atom(position=position, symbols=symbol)
        self.structure = structure.store()
        self.settings_node = orm.Dict(self.stored or self.settings.as_dict()).store()
        self.campaign = self.process(
            orm.WorkChainNode,
            "ActiveLearningWorkChain",
            "aiida.workflows:zif.active_learning",
            {
                "settings": self.settings_node,
                "resources": orm.Dict(CAMPAIGN.resources.as_dict()).store(),
                "systems__zif4": self.structure,
                **{f"codes__{name}": code for name, code in self.codes.items()},
            },
        )
        self.campaign.label = self.settings.name
        seed_run, held_out_run = (
            part.aimd[0].model_dump() for part in (self.settings.seed_data, self.settings.held_out)
        )
        perturbed = self.settings.seed_data.perturbed
        assert perturbed is not None
        crystal = {"system": "zif4", "perturbed": None}
        self.plan = self.calcfunction(
            "plan_campaign",
            "plan",
            {"settings": self.settings_node},
            {
                "level": orm.Dict({"name": "gfn1-xtb", "hash": LEVEL["hash"], "line": LEVEL["line"]}),
                "training": orm.Dict({"training": {"numb_steps": 500}}),
                "start_zif4_seed_aimd_0": orm.Dict(crystal),
                "task_zif4_seed_aimd_0": orm.Dict({"mode": "aimd", "seed": 1, **seed_run}),
                "start_zif4_seed_perturbed": orm.Dict({**crystal, "perturbed": perturbed.model_dump(), "seed": 2}),
                "task_zif4_seed_perturbed": orm.Dict({"mode": "batch"}),
                "start_zif4_held_out_0": orm.Dict(crystal),
                "task_zif4_held_out_0": orm.Dict({"mode": "aimd", "seed": 3, **held_out_run}),
            },
            label=None,
        )

    def fail(self, exit_status: int, message: str) -> None:
        """End the campaign without success."""
        self.campaign.set_process_state("finished")
        self.campaign.set_exit_status(exit_status)
        self.campaign.set_exit_message(message)
        self.campaign.seal()

    def close(self) -> orm.WorkChainNode:
        """End the campaign well."""
        outputs: dict[str, orm.Data] = {f"committee__{k}": v for k, v in self.committee.items()}
        outputs |= {f"dataset__{k}": v for k, v in self.learnt.items()}
        outputs |= {f"held_out__{k}": v for k, v in self.held_out.items()}
        self.end(self.campaign, outputs | {"verdict": self.state})
        self.settle()
        return self.campaign

    # -- stages ------------------------------------------------------------------------------------------------

    def label_seed(self, name: str) -> None:
        """Store one labelling task of the start."""
        task, recipe = self.plan[f"task_{name}"], self.plan[f"start_{name}"]
        count = 1 if recipe["perturbed"] is None else recipe["perturbed"]["frames"]
        start = FramesData(SYMBOLS, *configurations(self.rng, count), system="zif4")
        frames = self.calcfunction(
            "frames_from_structure",
            "frame_steps",
            {"structure": self.structure, "start": recipe},
            {"result": start},
            label=None,
        )["result"]
        self.label(name, frames, task)

    def explore(self) -> None:
        """Store an exploration and the choice from it."""
        plan = self.calcfunction(
            "plan_exploration",
            "plan",
            {"settings": self.settings_node, "state": self.state, "errors": self.errors},
            {
                "runs_zif4": orm.List(runs()),
                "parameters_zif4": orm.Dict({"lower": 0.1, "upper": 5.0, "timestep": 0.5}),
                "selection_zif4": orm.Dict(self.settings.selection.model_dump(mode="json")),
                "task_zif4": orm.Dict({"mode": "batch"}),
                "starts_zif4": orm.Dict({"count": 4, "seed": 3}),
            },
            label=None,
        )
        self.cycle += 1
        starts = self.calcfunction(
            "draw_starts",
            "frame_steps",
            {"starts": plan["starts_zif4"], **self.learnt},
            {"result": FramesData(SYMBOLS, *configurations(self.rng, 4), system="zif4")},
            label=None,
        )["result"]
        committee = {f"committee__{name}": model for name, model in self.committee.items()}
        self.acquisition = self.process(
            orm.WorkChainNode,
            "AcquireWorkChain",
            "aiida.workflows:zif.acquire",
            {**committee, **{f"plan__{name}": plan[f"{name}_zif4"] for name in ("runs", "selection", "task")}},
            caller=self.campaign,
            label=f"c{self.cycle:02d}_acquire_zif4",
        )
        chain = self.process(
            orm.WorkChainNode,
            "ExploreWorkChain",
            "aiida.workflows:zif.explore",
            {**committee, "starts__zif4": starts, "runs__zif4": plan["runs_zif4"]},
            caller=self.acquisition,
            label="explore",
        )
        job = self.process(
            orm.CalcJobNode,
            "LammpsExploreCalculation",
            "aiida.calculations:zif.lammps",
            {
                **committee,
                "frames": starts,
                "runs": plan["runs_zif4"],
                "parameters": plan["parameters_zif4"],
                "code": self.codes["lmp"],
            },
            caller=chain,
            label="zif4",
        )
        self.clock += timedelta(seconds=60)
        results = self.end(
            job,
            {
                "candidates": explored(self.rng, 10, low=0.1),
                "control": explored(self.rng, 2, low=0.02),
                "output_parameters": orm.Dict(exploration_report(self.rng, self.cycle)),
            },
        )
        self.end(chain, {f"{name}__zif4": node for name, node in results.items()})
        chosen, control = results["candidates"], results["control"]
        frames = FramesData(
            SYMBOLS,
            np.concatenate([chosen.positions[:4], control.positions]),
            np.concatenate([chosen.cells[:4], control.cells]),
            system="zif4",
            per_frame={
                "role": np.repeat([0, 1], [4, 2]),
                **{
                    name: np.concatenate([chosen.get_array(name)[:4], control.get_array(name)])
                    for name in chosen.per_frame
                },
            },
        )
        selected = self.calcfunction(
            "select_frames",
            "frame_steps",
            {
                "candidates": chosen,
                "control": control,
                "exploration": results["output_parameters"],
                "selection": plan["selection_zif4"],
            },
            {"frames": frames, "report": orm.Dict(selection_report(self.last_exploration()))},
            label="select",
            caller=self.acquisition,
        )
        self.choice, self.choice_task, self.selection = selected["frames"], plan["task_zif4"], selected["report"]

    def label_choice(self, rejected: int = 1) -> None:
        """Store the labelling of a choice, one frame of it without success, and what came of it."""
        self.reports = {}
        self.label("zif4", self.choice, self.choice_task, rejected=rejected)
        block = self.dataset[f"c{self.cycle:02d}_zif4_attempt_0"]
        roles, deviations = (self.choice.get_array(name)[: block.n_frames] for name in ("role", "max_force_deviation"))
        rows = [
            {"role": int(role), "force_rmse": 0.8 * float(value), "max_force_deviation": float(value)}
            for role, value in zip(roles, deviations, strict=True)
        ]
        self.evidence[f"compare_c{self.cycle:02d}_zif4"] = self.calcfunction(
            "compare_choice",
            "frame_steps",
            {"frames": self.choice, "attempt_0": block},
            {"result": orm.Dict({"system": "zif4", "chosen": 0.4, "control": 0.1, "frames": rows})},
            label="compare",
            caller=self.acquisition,
        )["result"]
        self.end(self.acquisition, {"selection": self.selection, "frames": self.choice})
        calibration = calibrate_frames(known_errors(self.evidence), seed=1, cycle=self.cycle)
        self.calcfunction(
            "calibrate",
            "calibration_steps",
            {"settings": self.settings_node, "state": self.state, **self.evidence},
            {"result": orm.Dict(calibration.as_dict())},
            label=f"c{self.cycle:02d}_calibrate",
        )
        self.state = self.calcfunction(
            "judge",
            "judge",
            {"settings": self.settings_node, "state": self.state, "selection_zif4": self.selection},
            {"result": self.state_dict(finished=self.cycle >= self.settings.limits.cycles)},
            label=f"c{self.cycle:02d}_judge",
        )["result"]

    def label(self, name: str, frames: FramesData, task: orm.Dict, rejected: int = 0) -> None:
        """Store one labelling with one CP2K job."""
        chain, job = self.start_label(name, frames, task)
        batch = task["mode"] == "batch"
        n_frames = frames.n_frames - rejected if batch else task["steps"] // task["stride"]
        keep = range(n_frames)
        self.clock += timedelta(seconds=4 * n_frames)
        block = LabelledFramesData(
            SYMBOLS,
            *((frames.positions[keep], frames.cells[keep]) if batch else configurations(self.rng, n_frames)),
            system="zif4",
            energies=-1000 + self.rng.normal(size=n_frames),
            forces=self.rng.normal(size=(n_frames, len(SYMBOLS), 3)),
            virials=np.tile(np.diag([1.0, 2.0, 3.0]), (n_frames, 1, 1)),
            level_of_theory=LEVEL,
            per_frame=(
                {"index": np.arange(n_frames), "scf_steps": np.full(n_frames, 8)}
                if batch
                else {"step": np.arange(1, n_frames + 1) * task["stride"], "temperature": np.full(n_frames, 310.0)}
            ),
        )
        causes = {"scf_not_converged": rejected} if rejected else {}
        entries = [
            {"index": n_frames + i, "frame_id": "0" * 16, "reason": "scf_not_converged", "detail": ""}
            for i in range(rejected)
        ]
        results = self.end(
            job,
            {
                "labelled": block,
                "output_parameters": orm.Dict(
                    {"n_labelled": n_frames, "rejected": entries, "cp2k_version": "2023.1", "wall_s": 4.0 * n_frames}
                ),
            },
        )
        report = self.calcfunction(
            "account_for_batch",
            "label",
            {"task": task, "attempt_0": results["output_parameters"]},
            {
                "result": orm.Dict(
                    {"mode": task["mode"], "n_labelled": n_frames, "n_rejected": causes, "rejected": entries}
                    | ({"recovered": {"small_steps": 1}, "n_flagged": 0} if self.cycle else {})
                )
            },
            label=None,
            caller=chain,
        )["result"]
        self.end(chain, {"blocks__attempt_0": results["labelled"], "report": report})
        new = {f"c{self.cycle:02d}_{name}_attempt_0": results["labelled"]}
        if "_held_out_" in name:
            self.held_out |= new
        else:
            self.dataset |= new
            self.extend(name, new)
        self.reports[name] = report

    def extend(self, name: str, new: dict[str, LabelledFramesData]) -> None:
        """Store the data set with new blocks."""
        before = {"previous": self.learnt["zif4"]} if self.learnt else {}
        result = self.calcfunction(
            "extend_dataset",
            "dataset_steps",
            {**before, **new},
            {"result": DatasetData(self.dataset)},
            label=f"c{self.cycle:02d}_extend_{name}",
        )
        self.learnt = {"zif4": result["result"]}

    def start_label(self, name: str, frames: FramesData, task: orm.Dict) -> tuple[orm.WorkChainNode, orm.CalcJobNode]:
        """Store a labelling that has only begun."""
        inputs = {"frames": frames, "task": task}
        chain = self.process(
            orm.WorkChainNode,
            "LabelWorkChain",
            "aiida.workflows:zif.label",
            {**inputs, "cp2k__code": self.codes["cp2k"], "cp2k__level": self.plan["level"]},
            caller=self.acquisition if self.cycle else self.campaign,
            label="label" if self.cycle else f"c00_label_{name}",
        )
        if self.cycle:  # the energies of what was labelled before show which are unusual
            planned = {"frames": frames, "task": task, **self.learnt}
            plan = {"references": orm.Dict({"level_hash": LEVEL["hash"], "energies_per_atom": [-1.0]})}
            inputs |= self.calcfunction("begin_batch", "batch_steps", planned, plan, label=None, caller=chain)
        job = self.process(
            orm.CalcJobNode,
            "Cp2kLabelCalculation",
            "aiida.calculations:zif.cp2k",
            {**inputs, "code": self.codes["cp2k"], "level": self.plan["level"]},
            caller=chain,
            label="attempt_0",
        )
        return chain, job

    def train_and_test(self) -> None:
        """Store a committee and its test."""
        chain, names = self.start_committee()
        committee = {}
        for name in names:
            job = self.start_member(chain, name)
            self.clock += timedelta(seconds=30)
            model = DeepPotentialData(
                io.BytesIO(f"{self.cycle} {name}".encode()),
                filename="model.pb",
                type_map=self.settings.type_map or [],
                rcut=5.0,
                model_backend="tensorflow",
                deepmd_version="3.2.0",
            )
            committee[name] = self.end(
                job, {"potential": model, "output_parameters": orm.Dict({"steps": 500, "deepmd_version": "3.2.0"})}
            )["potential"]
        self.end(chain, {f"committee__{name}": model for name, model in committee.items()})
        self.committee = committee
        test = self.process(
            orm.CalcJobNode,
            "DeepmdTestCalculation",
            "aiida.calculations:zif.deepmd.test",
            {
                **{f"committee__{name}": model for name, model in committee.items()},
                **{f"blocks__{name}": block for name, block in self.held_out.items()},
                "code": self.codes["dp"],
            },
            caller=self.campaign,
            label=f"c{self.cycle:02d}_test",
        )
        self.clock += timedelta(seconds=20)
        n_frames = {name: block.n_frames for name, block in self.held_out.items()}
        report = test_report(names, n_frames, self.cycle)
        results = {"output_parameters": orm.Dict(report), "errors": frame_errors(self.rng, report)}
        self.errors = self.end(test, results)["errors"]

    def start_committee(self) -> tuple[orm.WorkChainNode, list[str]]:
        """Store the training of a committee that has only begun."""
        names = [f"model_{index}" for index in range(self.settings.training.models)]
        self.seeds = self.calcfunction(
            "plan_training",
            "plan",
            {"settings": self.settings_node, "state": self.state},
            {name: orm.Int(100 * self.cycle + index) for index, name in enumerate(names)},
            label=None,
        )
        chain = self.process(
            orm.WorkChainNode,
            "TrainCommitteeWorkChain",
            "aiida.workflows:zif.train_committee",
            {
                **{f"dataset__{name}": node for name, node in self.learnt.items()},
                **{f"seeds__{name}": seed for name, seed in self.seeds.items()},
                "train__parameters": self.plan["training"],
                "train__code": self.codes["dp"],
            },
            caller=self.campaign,
            label=f"c{self.cycle:02d}_train",
        )
        return chain, names

    def start_member(self, chain: orm.WorkChainNode, name: str) -> orm.CalcJobNode:
        """Store the training of one member that has only begun."""
        return self.process(
            orm.CalcJobNode,
            "DeepmdTrainCalculation",
            "aiida.calculations:zif.deepmd.train",
            {
                **{f"dataset__{label}": node for label, node in self.learnt.items()},
                "seed": self.seeds[name],
                "parameters": self.plan["training"],
                "code": self.codes["dp"],
                **({"init_model": self.committee[name]} if self.cycle else {}),
            },
            caller=chain,
            label=name,
        )

    # -- reports -----------------------------------------------------------------------------------------------

    def last_exploration(self) -> dict[str, Any]:
        """Return the report of the newest exploration."""
        query = orm.QueryBuilder().append(
            orm.CalcJobNode, filters={"process_type": "aiida.calculations:zif.lammps"}, tag="job"
        )
        query.append(orm.Dict, with_incoming="job", edge_filters={"label": "output_parameters"}, tag="out")
        return query.order_by({"out": {"id": "desc"}}).first(flat=True).get_dict()

    def state_dict(self, finished: bool) -> orm.Dict:
        """Return a verdict."""
        return orm.Dict(
            {
                "cycle": self.cycle,
                "n_labels": sum(report["n_labelled"] for report in self.reports.values()),
                "finished": finished,
                "stop_reason": "max_cycles" if finished else None,
                "criteria": [{"name": "max_cycles", "met": finished, "found": self.cycle, "limit": 2}],
            }
        )
