"""The calculation job that trains several members of a committee, as many at a time as it has processes."""

from __future__ import annotations

from typing import Any

from aiida import orm
from aiida.engine import CalcJobProcessSpec

from aiida_zif.plugins.data.dataset import blocks_in
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks, job
from aiida_zif.plugins.deepmd.training.job import Member, TrainingJob


def folder_of(label: str) -> str:
    """Return the folder of a member, relative to that of its job."""
    return f"{job.MEMBERS}/{label}"


class DeepmdTrainPackCalculation(TrainingJob):
    """Train several models on the same blocks, each in a process of its own; one that fails takes no other along."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Inputs, outputs, and what may go wrong."""
        super().define(spec)
        spec.input_namespace("seeds", valid_type=orm.Int, help="Seed of everything random, by member.")
        spec.input_namespace(
            "init_models", valid_type=DeepPotentialData, required=False, help="Models to start from, by member."
        )
        spec.input("metadata.options.parser_name", valid_type=str, default="zif.deepmd.train_pack")

        spec.output_namespace("potential", valid_type=DeepPotentialData, help="The frozen models, by member.")
        spec.output_namespace("learning_curve", valid_type=orm.ArrayData, help="Columns of lcurve.out, by member.")
        spec.output_namespace("output_parameters", valid_type=orm.Dict, help="Errors, times, versions, by member.")
        spec.output(
            "failures", valid_type=orm.Dict, required=False, help="Exit status and message of each member that failed."
        )
        spec.exit_code(420, "ERROR_MEMBERS_FAILED", message="{n} of {total} members failed: {causes}")

    @classmethod
    def validate_inputs(cls, inputs: Any, _: object) -> str | None:
        """Refuse what could only fail, or succeed with a wrong model, or share cores that are not there."""
        if any(name not in inputs for name in ("parameters", "dataset", "seeds", "code")):
            return None  # the ports themselves say so
        seeds, starts = inputs["seeds"], inputs.get("init_models", {})
        n_processes = job.lanes(inputs["metadata"]["options"])
        if len(seeds) < n_processes:
            return (
                f"seeds: {len(seeds)} members in a job of {n_processes} processes; "
                "give metadata.options.resources one process a member at most"
            )
        if unknown := sorted(set(starts) - set(seeds)):
            return f"init_models: {', '.join(unknown)} without a seed; allowed are {', '.join(sorted(seeds))}"
        if inputs["code"].with_mpi:
            return "code: it is started by mpirun, but each member is one process; take a code with `with_mpi: false`"
        parameters, validation = inputs["parameters"].get_dict(), inputs.get("validation")
        blocks = blocks_in(inputs["dataset"])
        problems = (checks.training_problem(blocks, parameters, starts.get(label), validation) for label in seeds)
        return next(filter(None, problems), None)

    def members(self) -> list[Member]:
        """One model a seed, each in a folder of its own."""
        starts = self.inputs.get("init_models", {})
        return [
            Member(folder_of(label), seed.value, starts.get(label)) for label, seed in sorted(self.inputs.seeds.items())
        ]
