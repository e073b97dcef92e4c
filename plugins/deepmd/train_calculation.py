"""Calculation job that trains and freezes one deep potential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks, job
from aiida_zif.plugins.deepmd.dataset import write_dataset
from aiida_zif.plugins.deepmd.frozen import read_frozen
from aiida_zif.plugins.deepmd.inputs import complete_input

EXIT_CODES = {
    300: (
        "ERROR_NO_OUTPUT",
        "The training wrote nothing: {detail}. Check the code `dp` and the job's stderr.",
    ),
    301: (
        "ERROR_NO_MODEL",
        "The training ended but left no usable frozen model: {detail}. Look into freeze.log.",
    ),
    302: (
        "ERROR_MODEL_UNREADABLE",
        "The model to start from cannot be read: {detail}. Leave init_model out, or give a "
        "model frozen by the same back end.",
    ),
    303: ("ERROR_PARAMETERS_REFUSED", "DeePMD-kit refused the parameters: {detail}. Correct that key."),
    304: (
        "ERROR_TYPE_MAP_MISMATCH",
        "The elements of model and data do not agree: {detail}. Use one type_map, in one order, for all.",
    ),
    305: (
        "ERROR_SEL_TOO_SMALL",
        "`sel` is smaller than the neighbours in the data: {detail}. Use 'auto' or larger numbers.",
    ),
    310: (
        "ERROR_UNEXPECTED_PARSER_EXCEPTION",
        "The outputs could not be read: {detail}. Please report this with the retrieved files.",
    ),
    400: (
        "ERROR_OUTPUT_TRUNCATED",
        "The training stopped at step {step} of {steps}: {detail}. Give it more time or memory and run it again.",
    ),
    410: (
        "ERROR_NAN_IN_LEARNING_CURVE",
        "The loss was not finite from step {step} on. Train again with another seed or a "
        "lower start_lr, and look for frames with huge forces.",
    ),
    411: (
        "ERROR_OUT_OF_MEMORY",
        "The training ran out of memory: {detail}. Lower batch_size or ask for more memory.",
    ),
}
"""Status: (name, message); 3xx cannot be mended by running again, 4xx can, 5xx is the science."""


class DeepmdTrainCalculation(CalcJob):
    """Train one model on blocks of labelled frames and freeze it in the same job."""

    INPUT = "input.json"
    DATA = "data"
    START_MODEL = "start.pb"
    MODEL = "model.pb"
    CURVE = "lcurve.out"
    TRAIN_LOG = "train.log"
    FREEZE_LOG = "freeze.log"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Inputs, outputs, and what may go wrong."""
        super().define(spec)
        spec.input_namespace("dataset", valid_type=LabelledFramesData, help="Blocks of labelled frames.")
        spec.input(
            "parameters",
            valid_type=orm.Dict,
            serializer=orm.to_aiida_type,
            help="DeePMD-kit's input.json without data paths and seeds; `sel` may be 'auto'.",
        )
        spec.input("seed", valid_type=orm.Int, serializer=orm.to_aiida_type, help="Seed of everything random.")
        spec.input("init_model", valid_type=DeepPotentialData, required=False, help="Model to start from.")
        spec.input("metadata.options.resources", valid_type=dict, default=dict(job.ONE_PROCESS))
        spec.input("metadata.options.parser_name", valid_type=str, default="zif.deepmd.train")
        spec.inputs.validator = cls.validate_inputs

        spec.output("potential", valid_type=DeepPotentialData, required=False, help="The frozen model.")
        spec.output("learning_curve", valid_type=orm.ArrayData, required=False, help="Columns of lcurve.out.")
        spec.output("output_parameters", valid_type=orm.Dict, required=False, help="Errors, times, versions.")
        spec.default_output_node = "output_parameters"

        for status, (name, message) in EXIT_CODES.items():
            spec.exit_code(status, name, message=message)

    @classmethod
    def validate_inputs(cls, inputs: Any, _: object) -> str | None:
        """Refuse what could only fail, or succeed with a wrong model."""
        if "parameters" not in inputs or "dataset" not in inputs:
            return None  # the ports themselves say so
        return checks.training_problem(inputs["dataset"], inputs["parameters"].get_dict(), inputs.get("init_model"))

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write input.json and the data; train, then freeze, in one job."""
        parameters = self.inputs.parameters.get_dict()
        start = self.inputs.get("init_model")
        frozen = None
        if start is not None:
            with start.open(mode="rb") as handle:
                frozen = read_frozen(handle.read())
        path = Path(folder.abspath)
        labels = write_dataset(path / self.DATA, self.inputs.dataset, parameters["model"]["type_map"])
        complete = complete_input(
            parameters,
            [f"{self.DATA}/{label}" for label in labels],
            self.inputs.seed.value,
            checks.resolve_sel(self.inputs.dataset, parameters, frozen),
        )
        (path / self.INPUT).write_text(json.dumps(complete, indent=2) + "\n")

        train = ["--tf", "train", "--skip-neighbor-stat"]
        train += ["--init-frz-model", self.START_MODEL] if start is not None else []
        calc_info = CalcInfo()
        calc_info.codes_info = [
            self._code_info([*train, self.INPUT], self.TRAIN_LOG),
            self._code_info(["--tf", "freeze", "-o", self.MODEL], self.FREEZE_LOG),
        ]
        calc_info.prepend_text = job.environment(job.threads(self.node.get_options()))
        calc_info.local_copy_list = [(start.uuid, start.filename, self.START_MODEL)] if start is not None else []
        calc_info.provenance_exclude_list = [self.DATA]  # the blocks are nodes already
        calc_info.retrieve_list = [self.CURVE, self.TRAIN_LOG, self.FREEZE_LOG]
        calc_info.retrieve_temporary_list = [self.MODEL]
        return calc_info

    def _code_info(self, arguments: list[str], log: str) -> CodeInfo:
        info = CodeInfo()
        info.code_uuid = self.inputs.code.uuid
        info.cmdline_params = arguments
        info.stdout_name = log
        info.join_files = True
        return info
