"""A study: what a force field gives of some frameworks, section by section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import ExitCode, ProcessBuilder, if_, while_
from aiida.plugins import DataFactory, WorkflowFactory

from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import as_kind
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.engine.turns import take_turn
from aiida_zif.workflows.study.child_inputs import (
    melt_inputs,
    nested_outputs,
    states_inputs,
    structure_inputs,
    structures_made,
    validation_inputs,
)
from aiida_zif.workflows.study.names import ChildName, parts_of
from aiida_zif.workflows.study.schema.resources import StudyResources
from aiida_zif.workflows.study.settings import StudySettings
from aiida_zif.workflows.study.steps import (
    analysis_of_states,
    crystal_frame,
    judge_study,
    melted_cell,
    plan_parts,
    plan_validations,
)
from aiida_zif.workflows.study.verdict import StudyVerdict

DeepPotentialData = DataFactory("zif.potential")
FramesData = DataFactory("zif.frames")

AGAIN = "After fixing it, `aiida-zif run STUDY` starts again."

CHAINS: dict[str, tuple[str, Callable[..., dict[str, Any] | None]]] = {
    "melt_quench": ("zif.melt_quench", melt_inputs),
    "states": ("zif.states", states_inputs),
    "structure": ("zif.structure", structure_inputs),
    "validation": ("zif.validate", validation_inputs),
}
"""Section → its work chain, and what it is given; None where there is nothing to start it with."""


class StudyWorkChain(ResumableWorkChain):
    """Run the sections of a study in their order, what can run side by side at once; a part that fails stops no other.

    What the parts of a system share are the cores: trajectories of all systems together are as many as the resources
    allow.
    """

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input_namespace("codes", required=False, help="The codes, on one computer.")
        for name in ("lmp", "python"):
            spec.input(f"codes.{name}", valid_type=orm.AbstractCode, required=False)
        compresses = "Compresses models where that pays."
        spec.input("codes.dp", valid_type=orm.AbstractCode, required=False, help=compresses)
        models = "The first model drives; without models nothing moves."
        spec.input_namespace("committee", valid_type=DeepPotentialData, dynamic=True, required=False, help=models)
        spec.input_namespace("systems", valid_type=orm.StructureData, dynamic=True, required=False, help="Crystals.")
        spec.input_namespace("frames", valid_type=FramesData, dynamic=True, required=False, help="By system, replica.")
        spec.input("settings", valid_type=orm.Dict, help="The study in canonical units, see docs/study.md.")
        spec.input("resources", valid_type=orm.Dict, help="Ranks, threads and wall time by stage.")
        spec.input_namespace("references", required=False, help="Frames and curves of others, by name.")
        spec.input_namespace("references.frames", valid_type=FramesData, dynamic=True, required=False)
        spec.input_namespace("references.curves", valid_type=orm.ArrayData, dynamic=True, required=False)
        spec.input(
            "facts", valid_type=orm.Dict, required=False, help="Published numbers that results are compared with."
        )
        for section in CHAINS:
            spec.output_namespace(section, dynamic=True, required=False, help="By system, or by state.")
        spec.inputs.validator = _check_inputs
        spec.output("verdict", valid_type=orm.Dict, help="`StudyVerdict`: the numbers that matter, and words.")
        spec.outline(
            cls.plan,
            while_(cls.has_parts_left)(
                cls.submit_parts,
                cls.inspect_parts,
            ),
            cls.plan_states_of_glasses,
            while_(cls.has_parts_left)(
                cls.submit_parts,
                cls.inspect_parts,
            ),
            cls.submit_structures,
            cls.inspect_structures,
            if_(cls.must_validate)(
                cls.plan_validations,
                cls.submit_validations,
                cls.inspect_validations,
            ),
            cls.judge,
            cls.results,
        )
        spec.exit_code(
            310,
            "ERROR_PARTS_FAILED",
            message="{failed} of {total} parts failed: {names}. First cause: {cause}. What the others found "
            "is in the outputs; see `aiida-zif status {pk}`. " + AGAIN,
        )
        spec.exit_code(
            510,
            "ERROR_NO_RESULT",
            message="no part of the study gave a result. First cause: {cause}. See `aiida-zif status {pk}`. " + AGAIN,
        )

    @classmethod
    def get_builder_from_protocol(
        cls,
        codes: dict[str, orm.AbstractCode],
        structures: dict[str, orm.StructureData],
        force_field: dict[str, Any],
        protocol: str = "fast",
        sections: dict[str, Any] | None = None,
    ) -> ProcessBuilder:
        """Return a builder with everything filled in.

        :param codes: ``lmp`` and ``python``, and ``dp`` if models may be compressed.
        :param structures: crystal structures by system label.
        :param force_field: such as ``{"campaign": "zif4-demo"}``.
        :param protocol: ``demo``, ``fast`` or ``literature``.
        :param sections: what is computed, in the form of the study file; a melt-quench and its structure if left out.
        :raises CampaignError: if a key, a value, a structure or the force field does not do.
        """
        from aiida_zif.workflows.study.builder import builder_from_protocol

        asked = sections if sections is not None else {"melt_quench": {}, "structure": {}}
        return builder_from_protocol(codes, structures, force_field, protocol, asked)

    def plan(self) -> None:
        """Derive the settings of every part; queue the melts, and the states that start from crystals."""
        models = as_kind("model", self.models)
        self.ctx.plan = AttributeDict(plan_parts(self.inputs.settings, **models))
        self.ctx.cells = AttributeDict()
        for part in self.parts("melt_quench"):
            cell = melted_cell(self.inputs.systems[part.system], self.ctx.plan[part.label()], **models)
            self.ctx.cells[part.system] = cell
        self.ctx.crystals = AttributeDict(self.crystals_as_they_are())
        from_crystal = self.plan_states_of_crystals()
        queue = [*self.parts("melt_quench"), *(self.parts("states") if from_crystal else [])]
        self.ctx.queue, self.ctx.running = [part.label() for part in queue], []
        self.ctx.failed, self.ctx.cause = [], ""

    def plan_states_of_crystals(self) -> bool:
        """Say what states are analysed by; return whether they start from crystals."""
        states = self.settings.states
        if states is not None:
            self.ctx.analysis = analysis_of_states(self.inputs.settings)
        return states is not None and states.start == "crystal"

    def crystals_as_they_are(self) -> dict[str, Any]:
        """Return a frame of every crystal that states start from, or that is analysed as it is."""
        settings = self.settings
        from_crystal = settings.states is not None and settings.states.start == "crystal"
        if settings.moves and not from_crystal:
            return {}
        return {name: crystal_frame(node) for name, node in self.inputs.get("systems", {}).items()}

    def has_parts_left(self) -> bool:
        """Whether a part that runs trajectories still waits."""
        return bool(self.ctx.queue)

    def submit_parts(self) -> None:
        """Run as many parts side by side as there may be jobs; they share these."""
        self.submit_children(take_turn(self.ctx, StudyResources.from_node(self.inputs.resources).md.concurrent))

    def inspect_parts(self) -> None:
        """Note which parts did not end well."""
        self.inspect_children(self.ctx.running)

    def plan_states_of_glasses(self) -> None:
        """Queue the states that start from glasses, which are made now."""
        from_glass = self.settings.states is not None and self.settings.states.start == "glass"
        self.ctx.queue = [part.label() for part in self.parts("states")] if from_glass else []

    def submit_structures(self) -> None:
        """Analyse the structure of everything that was made."""
        self.ctx.running = [part.label() for part in self.parts("structure")]
        self.submit_children(self.ctx.running)

    def inspect_structures(self) -> None:
        """Note which analyses did not end well."""
        self.inspect_children(self.ctx.running)

    def must_validate(self) -> bool:
        """Whether results are to stand beside references."""
        return self.settings.validation is not None

    def plan_validations(self) -> None:
        """Say for every system what is compared with what."""
        nodes = as_kind("model", self.models)
        nodes |= {label: found["report"] for label, found in structures_made(self.ctx).items()}
        self.ctx.comparisons = AttributeDict(plan_validations(self.inputs.settings, **nodes))

    def submit_validations(self) -> None:
        """Compare every system."""
        self.ctx.running = [part.label() for part in self.parts("validation")]
        self.submit_children(self.ctx.running)

    def inspect_validations(self) -> None:
        """Note which comparisons did not end well."""
        self.inspect_children(self.ctx.running)

    def judge(self) -> None:
        """Put the numbers that matter and the words together."""
        reports = {label: outputs["report"] for label, outputs in self.brought().items() if "report" in outputs}
        self.ctx.verdict = judge_study(self.inputs.settings, **reports)

    def results(self) -> ExitCode | None:
        """Pass on what every part brought, and say which brought nothing."""
        outputs: dict[str, dict[str, Any]] = {}
        for label, found in self.brought().items():
            part = ChildName.parse(label)
            outputs.setdefault(part.section, {})[part.name] = found
        for section, found in outputs.items():
            self.out(section, found)
        self.out("verdict", self.ctx.verdict)
        self.report(StudyVerdict.from_node(self.ctx.verdict).verdict)
        if not self.ctx.failed:
            return None
        numbers = {"pk": self.node.pk, "cause": self.ctx.cause}
        if not outputs:
            return self.exit_codes.ERROR_NO_RESULT.format(**numbers)
        numbers |= {"failed": len(self.ctx.failed), "total": len(list(parts_of(self.settings)))}
        return self.exit_codes.ERROR_PARTS_FAILED.format(names=", ".join(self.ctx.failed), **numbers)

    # -- helpers -----------------------------------------------------------------------------------------------

    @property
    def settings(self) -> StudySettings:
        """What the study is to compute."""
        return StudySettings.from_node(self.inputs.settings)

    @property
    def models(self) -> dict[str, Any]:
        """The committee; none where nothing moves."""
        return dict(self.inputs.get("committee", {}))

    def parts(self, section: str) -> list[ChildName]:
        """Return the parts of a section."""
        return [part for part in parts_of(self.settings) if part.section == section]

    def submit_children(self, labels: list[str]) -> None:
        """Submit parts; one that has nothing to start from has failed."""
        children = {}
        for label in labels:
            part = ChildName.parse(label)
            entry_point, inputs_of = CHAINS[part.section]
            inputs = inputs_of(self.inputs, self.ctx, part)
            if inputs is None:
                self.note_failure(label, f"{label}: nothing was made that it could start from")
            else:
                children[label] = self.submit(WorkflowFactory(entry_point), **inputs)
        self.to_context(**children)

    def inspect_children(self, labels: list[str]) -> None:
        """Note which of the parts that were submitted did not end well."""
        for label in labels:
            child = self.ctx.get(label)
            if child is not None and not child.is_finished_ok:
                self.note_failure(label, f"{label}: {why_it_ended(child)}")

    def note_failure(self, label: str, cause: str) -> None:
        """Remember that a part failed, and why the first one did."""
        self.ctx.failed, self.ctx.cause = [*self.ctx.failed, label], self.ctx.cause or cause
        self.report(cause)

    def brought(self) -> dict[str, dict[str, Any]]:
        """Return the outputs of every part that brought some, by the name of its call."""
        labels = [part.label() for part in parts_of(self.settings) if part.label() in self.ctx]
        found = {label: nested_outputs(self.ctx[label]) for label in labels}
        return {label: outputs for label, outputs in found.items() if outputs}


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    """What moves has models and codes; every system has a crystal or frames."""
    if "settings" not in values:
        return None  # said by its own port
    settings = StudySettings.from_node(values["settings"])
    codes, models = values.get("codes", {}), values.get("committee", {})
    if settings.moves and not (models and {"lmp", "python"} <= set(codes)):
        return "committee, codes: found none, allowed are models with the codes lmp and python; fix: add them"
    given = {*values.get("systems", {}), *values.get("frames", {})}
    if missing := [name for name in settings.systems if name not in given]:
        return f"systems.{missing[0]}: found nothing, allowed is a crystal or frames; fix: add one"
    return None
