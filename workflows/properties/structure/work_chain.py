"""The work chain of a structure: measure every replica step by step, then make one table with errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import while_
from aiida.plugins import DataFactory

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.engine.naming import as_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.properties.structure.settings import StructureSettings
from aiida_zif.workflows.properties.structure.steps import ALL_ATOMS, STEPS, report_structure, step_key

FramesData = DataFactory("zif.frames")


class StructureWorkChain(ResumableWorkChain):
    """Structure of the frames of one state. Every step takes seconds, so that a worker can do other things between."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input_namespace("frames", valid_type=FramesData, dynamic=True, help="A replica each.")
        spec.input(
            "topology", valid_type=orm.StructureData, required=False, help="The crystal in which linkers are found."
        )
        spec.input("settings", valid_type=orm.Dict, help="A `StructureSettings`.")
        spec.inputs.validator = _check_inputs
        spec.output("report", valid_type=orm.Dict, help="A `StructureReport`: every number with its error.")
        spec.output("curves", valid_type=orm.ArrayData, help="`Curves`, with their errors.")
        spec.outline(
            cls.plan,
            while_(cls.has_steps_left)(
                cls.measure,
            ),
            cls.results,
        )

    def plan(self) -> None:
        """Queue what each replica is measured by."""
        wanted = set(StructureSettings.from_node(self.inputs.settings).observables)
        steps = [step for step, (_, groups) in STEPS.items() if wanted & set(groups)]
        self.ctx.queue = [[step, member] for member in sorted(self.inputs.frames) for step in steps]
        self.ctx.measured = AttributeDict()

    def has_steps_left(self) -> bool:
        """Whether something is left to be measured."""
        return bool(self.ctx.queue)

    def measure(self) -> None:
        """Take the next step for one replica."""
        (step, member), *self.ctx.queue = self.ctx.queue
        function, _ = STEPS[step]
        inputs = {"frames": self.inputs.frames[member], "settings": self.inputs.settings}
        if "topology" in self.inputs and step not in ALL_ATOMS:
            inputs["topology"] = self.inputs.topology
        key = step_key(step, member)
        self.ctx.measured[key] = function(**inputs, metadata={"call_link_label": key})

    def results(self) -> None:
        """Make the table."""
        frames = as_kind("frames", self.inputs.frames)
        made = report_structure(settings=self.inputs.settings, **frames, **self.ctx.measured)
        self.out("report", made["report"])
        self.out("curves", made["curves"])


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    if "settings" not in values or not values.get("frames"):
        return "frames: found none, allowed is at least one replica; fix: add frames"
    try:
        StructureSettings.from_node(values["settings"])
    except RecordError as error:
        return str(error)
    first, *others = sorted(values["frames"])
    symbols = values["frames"][first].symbols
    if empty := [name for name in (first, *others) if values["frames"][name].n_frames == 0]:
        return f"frames.{empty[0]}: found no frame, allowed is at least one; fix: leave it out"
    if other := [name for name in others if values["frames"][name].symbols != symbols]:
        return f"frames.{other[0]}: found other atoms than in {first}, allowed is one order of atoms; fix: split them"
    if "topology" in values and values["topology"].get_ase().get_chemical_symbols() != symbols:
        return "topology: found other atoms than in the frames, allowed is the crystal of these atoms; fix: repeat it"
    return None
