"""A study's graph as the work chains would make it, on top of a campaign's, stored by hand: no code runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import synthetic_study_numbers as numbers
from aiida import orm
from synthetic_campaign import SyntheticCampaign
from synthetic_graph import Inputs, SyntheticGraph
from synthetic_numbers import SYMBOLS, configurations

from aiida_zif.plugins.data.frames import FramesData
from aiida_zif.plugins.lammps.production.series import Series
from aiida_zif.plugins.systems import load_system
from aiida_zif.workflows.properties.melt_quench.curves import LegCurves
from aiida_zif.workflows.properties.melt_quench.naming import Leg
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.study.file.loading import study_from_structures
from aiida_zif.workflows.study.names import ChildName
from aiida_zif.workflows.study.verdict import StudyVerdict

STUDY = study_from_structures(
    {"zif4": load_system("zif-4")},
    {
        "name": "zif4-glass",
        "protocol": "fast",
        "seed": 11,
        "force_field": {"campaign": "zif4-test"},
        "melt_quench": {"rates": ["20 K/ps", "50 K/ps", "100 K/ps"], "replicas": numbers.REPLICAS},
        "structure": {"of": ["crystal", "glass"]},
        "states": {"temperatures": ["300 K", "600 K"], "pressures": ["0 GPa", "0.5 GPa"]},
        "validate": {},
    },
    None,
)
SETTINGS = STUDY.settings()


OUTPUTS = ("series", "output_parameters", "snapshots", "untrusted", "final")


@dataclass
class SyntheticStudy(SyntheticGraph):
    """Builds the graph step by step.

    :param made: the campaign whose committee drives.
    """

    made: Any = None
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))
    name: str = SETTINGS.name
    jobs: dict[str, Any] = field(default_factory=dict)
    chains: dict[str, Any] = field(default_factory=dict)
    glasses: dict[str, FramesData] = field(default_factory=dict)

    # -- the study ---------------------------------------------------------------------------------------------

    def run(self) -> orm.WorkChainNode:
        """Store a study that ended well."""
        self.begin()
        self.melt_and_quench()
        self.analyse()
        return self.close()

    def begin(self, settings: dict[str, Any] | None = None) -> None:
        """Store the study's node."""
        made: SyntheticCampaign = self.made
        self.codes, self.structure = made.codes, made.structure
        self.committee = {f"committee__{name}": model for name, model in made.committee.items()}
        self.campaign = self.process(
            orm.WorkChainNode,
            "StudyWorkChain",
            "aiida.workflows:zif.study",
            {
                "settings": orm.Dict(settings or SETTINGS.as_dict()).store(),
                "systems__zif4": self.structure,
                **self.committee,
                "codes__lmp": self.codes["lmp"],
                "codes__python": self.codes["python"],
            },
        )
        self.campaign.label = self.name

    def close(self) -> orm.WorkChainNode:
        """End the study well."""
        report = self.melt.outputs.report
        verdict = StudyVerdict(
            name=self.name,
            protocol="fast",
            force_field="committee of 3 deep potentials",
            sections=[],
            limits=["Relaxation at 0 K closes the pores of ZIF-4."],
            n_untrusted=4,
            verdict=GlassReport.from_node(report).verdict,
        )
        made = self.calcfunction(
            "judge_study", "study", {"report": report}, {"result": orm.Dict(verdict.as_dict())}, None
        )
        self.end(self.campaign, {"verdict": made["result"], "melt_quench__zif4__report": report})
        self.settle()
        return self.campaign

    def fail(self, exit_status: int, message: str) -> None:
        """End the study without success."""
        self.campaign.set_process_state("finished")
        self.campaign.set_exit_status(exit_status)
        self.campaign.set_exit_message(message)
        self.campaign.seal()
        self.settle()

    def child(self, section: str, name: str, inputs: Inputs) -> Any:
        """Store a section of the study that has only begun."""
        entry = {"validation": "validate"}.get(section, section)
        return self.process(
            orm.WorkChainNode,
            f"{section.title().replace('_', '')}WorkChain",
            f"aiida.workflows:zif.{entry}",
            inputs,
            caller=self.campaign,
            label=ChildName(section, name).label(),  # type: ignore[arg-type]
        )

    # -- melt and quench ---------------------------------------------------------------------------------------

    def melt_and_quench(self) -> None:
        """Store a melt and quench that ended well."""
        self.begin_melt()
        for replica in range(numbers.REPLICAS):
            self.leg(Leg(replica), self.start)
        for rate in numbers.RATES:
            for replica in range(numbers.REPLICAS):
                self.leg(Leg(replica, rate), self.jobs[Leg(replica).label()].outputs.final)
        self.close_melt()

    def begin_melt(self) -> None:
        """Store a melt and quench that has only begun."""
        settings = orm.Dict(SETTINGS.melt_quench.model_dump(mode="json")).store()  # type: ignore[union-attr]
        self.melt = self.child(
            "melt_quench", "zif4", {"structure": self.structure, "settings": settings, **self.committee}
        )
        self.start = self.calcfunction(
            "make_cell",
            "properties.melt_quench.steps",
            {"structure": self.structure, "settings": settings},
            {"start": FramesData(SYMBOLS, *configurations(self.rng, 1), system="zif4")},
            None,
            caller=self.melt,
        )["start"]

    def leg(self, leg: Leg, start: FramesData, **changes: Any) -> None:
        """Store a trajectory that came to its end."""
        job = self.start_leg(leg, start)
        self.clock += timedelta(seconds=40)
        outputs: dict[str, orm.Data] = {
            "series": numbers.series_of(leg, self.rng).to_node(),
            "output_parameters": orm.Dict(numbers.production_report(leg, **changes).as_dict()),
            "snapshots": self.frames(6, leg),
            "untrusted": self.frames(4 if leg == Leg(0) else 0, leg, deviation=True),
            "final": self.frames(1, leg, velocities=True),
        }
        made = self.end(job, outputs)
        self.end(self.chains[leg.label()], made)
        if leg.rate is not None:
            self.glasses[leg.output()] = made["snapshots"]

    def start_leg(self, leg: Leg, start: FramesData) -> Any:
        """Store a trajectory that has only begun."""
        planned = numbers.MELT_STAGES if leg.is_melt else numbers.QUENCH_STAGES
        stages = orm.List(
            [
                {"kind": kind, "name": name, "steps": 2400, "temperature": [first, last]}
                for name, kind, first, last in planned
            ]
        )
        inputs = {"frames": start, "stages": stages.store(), **self.committee}
        chain = self.process(
            orm.WorkChainNode, "MdWorkChain", "aiida.workflows:zif.md", inputs, caller=self.melt, label=leg.label()
        )
        inputs |= {"parameters": orm.Dict({"timestep": 0.5, "seed": 5}).store(), "topology": self.structure}
        self.chains[leg.label()] = chain
        return self.start_job(leg, inputs, "attempt_0")

    def start_job(self, leg: Leg, inputs: Inputs, label: str) -> Any:
        """Store a job of a trajectory that has only begun."""
        job = self.process(
            orm.CalcJobNode,
            "LammpsMdCalculation",
            "aiida.calculations:zif.lammps.md",
            {**inputs, "code": self.codes["lmp"], "python": self.codes["python"]},
            caller=self.chains[leg.label()],
            label=label,
        )
        self.jobs[leg.label()] = job
        return job

    def continue_leg(self, leg: Leg, start: FramesData, folder: orm.RemoteData) -> Any:
        """Store a second job of a trajectory, which goes on from the folder of the first."""
        inputs = {name: self.jobs[leg.label()].inputs[name] for name in ("stages", "parameters", "topology")}
        return self.start_job(leg, {**inputs, "frames": start, **self.committee, "restart": folder}, "attempt_1")

    def frames(self, count: int, leg: Leg, deviation: bool = False, velocities: bool = False) -> FramesData:
        """Return frames of a trajectory."""
        own: dict[str, Any] = {
            "step": np.arange(count) * 100,
            "temperature": np.full(count, 300.0),
            "pressure": np.zeros(count),
            "stage": np.full(count, 2),
        }
        own |= {"max_force_deviation": np.full(count, 0.7)} if deviation else {}
        own |= {"velocities": self.rng.normal(0, 1e-3, (count, len(SYMBOLS), 3))} if velocities else {}
        return FramesData(SYMBOLS, *configurations(self.rng, count), system="zif4", per_frame=own)

    def close_melt(self, **changes: Any) -> None:
        """Store the outputs of the melt and quench."""
        ended = {name: job for name, job in self.jobs.items() if job.is_finished_ok}
        made = {name: {key: job.outputs[key] for key in OUTPUTS} for name, job in ended.items()}
        melts = [name for name in made if Leg.parse(name).is_melt]
        states = {name: self.states_of(name, made[name]["snapshots"]) for name in melts}
        untrusted = {name: one["untrusted"] for name, one in made.items()}
        merged = {"result": self.frames(4, Leg(0), deviation=True)}
        merged = self.step("merge_untrusted", untrusted, merged)
        series = {name: one["series"] for name, one in made.items()}
        joined = LegCurves({Leg.parse(name): Series.from_node(node) for name, node in series.items()}).to_node()
        curves = self.step("join_curves", series, {"result": joined})["result"]
        process = {name: chain.uuid for name, chain in self.chains.items()}
        report = self.step(
            "evaluate",
            {
                "settings": self.melt.inputs.settings,
                "structure": self.structure,
                "crystal": self.start,
                **{f"model_{name.partition('__')[2]}": model for name, model in self.committee.items()},
                **{f"account_{name}": one["output_parameters"] for name, one in made.items()},
                **{f"curve_{name}": node for name, node in series.items()},
                **{f"melt_{name}": own["melt"] for name, own in states.items()},
                **{f"glass_{name}": one["snapshots"] for name, one in made.items() if name not in melts},
                "untrusted_all": merged["result"],
            },
            {"result": orm.Dict(numbers.glass_report(process, **changes).as_dict())},
        )["result"]
        outputs = {"report": report, "untrusted": merged["result"], "curves": curves}
        outputs |= {f"glass__{name}": frames for name, frames in self.glasses.items()}
        for name, own in states.items():
            outputs |= {f"{state}__{Leg.parse(name).output()}": frames for state, frames in own.items()}
        self.end(self.melt, outputs)

    def states_of(self, name: str, snapshots: FramesData) -> dict[str, Any]:
        """Store crystal and melt of the snapshots of a melt."""
        found = {state: self.frames(3, Leg.parse(name)) for state in ("crystal", "melt")}
        return self.step("frames_of_stages", {"snapshots": snapshots}, found)

    def step(self, name: str, inputs: Inputs, outputs: Inputs) -> dict[str, Any]:
        """Store a calcfunction of the melt and quench."""
        return self.calcfunction(name, "properties.melt_quench.steps", inputs, outputs, None, caller=self.melt)

    # -- what follows ------------------------------------------------------------------------------------------

    def analyse(self) -> None:
        """Store structure, states and validation."""
        for name in ("crystal", "glass_20", "glass_100"):
            self.structure_of(name)
        grid = self.child("states", "zif4", {"structure": self.structure, **self.committee})
        made = self.calcfunction(
            "report_states", "properties.states.steps", {"settings": self.campaign.inputs.settings},
            {"report": orm.Dict(numbers.states_report().as_dict())}, None, caller=grid,
        )  # fmt: skip
        self.end(grid, made)
        table = self.child("validation", "zif4", {"settings": self.campaign.inputs.settings})
        made = self.calcfunction(
            "compare", "properties.validation.steps", {"structure": self.analysed["glass_20"]},
            {"report": orm.Dict(numbers.validation_report().as_dict())}, None, caller=table,
        )  # fmt: skip
        self.end(table, made)

    analysed: dict[str, Any] = field(default_factory=dict)

    def structure_of(self, name: str) -> None:
        """Store the structure of one state."""
        rate = name.partition("_")[2]
        frames = {
            label: node for label, node in (self.glasses or {}).items() if not rate or label.endswith(f"_at_{rate}")
        }
        inputs = {f"frames__{label}": node for label, node in frames.items()}
        chain = self.child("structure", f"zif4_{name}", inputs)
        made = self.calcfunction(
            "report_structure",
            "properties.structure.steps",
            {f"frames_{label}": node for label, node in frames.items()},
            {
                "report": orm.Dict(numbers.structure_report(name).as_dict()),
                "curves": numbers.structure_curves(name).to_node(),
            },
            None,
            caller=chain,
        )
        self.analysed[name] = made["report"]
        self.end(chain, made)
