"""The calculation job that trains and freezes one model."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import CalcJobProcessSpec

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks
from aiida_zif.plugins.deepmd.training.job import Member, TrainingJob


class DeepmdTrainCalculation(TrainingJob):
    """Train one model on blocks of labelled frames and freeze it in the same job."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Inputs, outputs, and what may go wrong."""
        super().define(spec)
        spec.input("seed", valid_type=orm.Int, serializer=orm.to_aiida_type, help="Seed of everything random.")
        spec.input("init_model", valid_type=DeepPotentialData, required=False, help="Model to start from.")
        spec.input("metadata.options.parser_name", valid_type=str, default="zif.deepmd.train")

        spec.output("potential", valid_type=DeepPotentialData, required=False, help="The frozen model.")
        spec.output("learning_curve", valid_type=orm.ArrayData, required=False, help="Columns of lcurve.out.")
        spec.output("output_parameters", valid_type=orm.Dict, required=False, help="Errors, times, versions.")
        spec.default_output_node = "output_parameters"

    @classmethod
    def validate_inputs(cls, inputs: Any, _: object) -> str | None:
        """Refuse what could only fail, or succeed with a wrong model."""
        if "parameters" not in inputs or "dataset" not in inputs:
            return None  # the ports themselves say so
        blocks, parameters = blocks_in(inputs["dataset"]), inputs["parameters"].get_dict()
        return checks.training_problem(blocks, parameters, inputs.get("init_model"), inputs.get("validation"))

    def members(self) -> list[Member]:
        """The one model, in the job's own folder."""
        return [Member("", self.inputs.seed.value, self.inputs.get("init_model"))]
