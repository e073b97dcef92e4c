"""The work chain of a validation: analyse the frames of references as those of the study, then make one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.common import AttributeDict
from aiida.plugins import DataFactory, WorkflowFactory

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.engine.naming import as_kind, key_of
from aiida_zif.workflows.engine.resumable import ResumableWorkChain
from aiida_zif.workflows.properties.validation.facts import literature
from aiida_zif.workflows.properties.validation.settings import ValidationSettings
from aiida_zif.workflows.properties.validation.steps import compare_with_references, plan_references

FramesData = DataFactory("zif.frames")


class ValidateWorkChain(ResumableWorkChain):
    """Results of a study beside AIMD at the same level, frames of others, measured curves and literature."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input("settings", valid_type=orm.Dict, help="A `ValidationSettings`.")
        spec.input_namespace("reports", valid_type=orm.Dict, dynamic=True, help="`StructureReport` by name.")
        spec.input_namespace("curves", valid_type=orm.ArrayData, dynamic=True, help="`Curves` of the same names.")
        spec.input_namespace("frames", valid_type=FramesData, dynamic=True, required=False, help="References.")
        spec.input_namespace("measured", valid_type=orm.ArrayData, dynamic=True, required=False, help="References.")
        spec.input("facts", valid_type=orm.Dict, default=lambda: orm.Dict(literature().as_dict()), help="`Facts`.")
        spec.inputs.validator = _check_inputs
        spec.output("report", valid_type=orm.Dict, help="A `ValidationReport`.")
        spec.output("curves", valid_type=orm.ArrayData, help="Measured curves in the normalisation of ours.")
        spec.output_namespace("references", dynamic=True, help="Structure of the frames of references.")
        spec.outline(
            cls.plan,
            cls.submit_structures,
            cls.inspect_structures,
            cls.results,
        )

    def plan(self) -> None:
        """Derive how the references are analysed."""
        has_frames = bool(ValidationSettings.from_node(self.inputs.settings).frames)
        self.ctx.plan = AttributeDict(plan_references(self.inputs.settings) if has_frames else {})

    def submit_structures(self) -> None:
        """Analyse the frames of every reference."""
        children = {}
        for name, frames in sorted(self.inputs.get("frames", {}).items()):
            inputs = {
                "frames": {name: frames},
                "settings": self.ctx.plan[f"settings_{name}"],
                "metadata": {"call_link_label": key_of("known", name)},
            }
            children[name] = self.submit(WorkflowFactory("zif.structure"), **inputs)
        self.to_context(**as_kind("known", children))

    def inspect_structures(self) -> None:
        """Say which references could not be analysed."""
        for name in self.inputs.get("frames", {}):
            child = self.ctx[key_of("known", name)]
            if not child.is_finished_ok:
                self.report(f"{name}: {child.process_label}<{child.pk}> ended with {why_it_ended(child)}")

    def results(self) -> None:
        """Make the table."""
        children = {name: self.ctx[key_of("known", name)] for name in sorted(self.inputs.get("frames", {}))}
        usable = {name: child for name, child in children.items() if child.is_finished_ok}
        nodes = as_kind("report", dict(self.inputs.reports)) | as_kind("curve", dict(self.inputs.curves))
        nodes |= as_kind("source", dict(self.inputs.get("measured", {})))
        nodes |= as_kind("known", {name: child.outputs.report for name, child in usable.items()})
        nodes |= as_kind("level", {name: child.outputs.curves for name, child in usable.items()})
        made = compare_with_references(self.inputs.settings, self.inputs.facts, **nodes)
        self.out("report", made["report"])
        self.out("curves", made["curves"])
        for name, child in usable.items():
            for output in ("report", "curves"):
                self.out(f"references.{name}.{output}", child.outputs[output])


def _check_inputs(values: Mapping[str, Any], _: Any) -> str | None:
    if "settings" not in values:
        return None  # AiiDA itself names the missing port
    try:
        settings = ValidationSettings.from_node(values["settings"])
    except RecordError as error:
        return str(error)
    for port, named in (("reports", settings.computed), ("curves", settings.computed), ("frames", settings.frames),
                        ("measured", settings.curves)):  # fmt: skip
        given, asked = set(values.get(port) or {}), set(named)
        if apart := sorted(given ^ asked):
            allowed = "nodes and settings of the same names"
            return f"{port}: found {', '.join(apart)} in one of the two only, allowed are {allowed}; fix: give both"
    return None
