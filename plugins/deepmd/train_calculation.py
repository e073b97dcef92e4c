"""Calculation job that trains and freezes one deep potential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec

from aiida_zif.plugins.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks, early_stop, job
from aiida_zif.plugins.deepmd.bias import read_bias, refitted_bias, with_bias
from aiida_zif.plugins.deepmd.dataset import write_dataset
from aiida_zif.plugins.deepmd.frozen import FrozenModel, read_frozen
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
    VALIDATION = "validation"
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
        spec.input_namespace(
            "validation",
            valid_type=LabelledFramesData,
            required=False,
            help="Blocks that are not learned; a long training ends when the error on them is flat.",
        )
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
        return checks.training_problem(
            inputs["dataset"], inputs["parameters"].get_dict(), inputs.get("init_model"), inputs.get("validation")
        )

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write input.json and the data; train, then freeze, in one job."""
        parameters = self.inputs.parameters.get_dict()
        start, validation = self.inputs.get("init_model"), self.inputs.get("validation", {})
        path, type_map = Path(folder.abspath), parameters["model"]["type_map"]
        frozen = self._write_start(path, start, type_map) if start is not None else None
        labels = write_dataset(path / self.DATA, self.inputs.dataset, type_map)
        watched = write_dataset(path / self.VALIDATION, validation, type_map) if validation else []
        complete = complete_input(
            parameters,
            [f"{self.DATA}/{label}" for label in labels],
            self.inputs.seed.value,
            checks.resolve_sel(self.inputs.dataset, parameters, frozen),
            [f"{self.VALIDATION}/{label}" for label in watched],
            sum(block.n_frames for block in validation.values()),
        )
        (path / self.INPUT).write_text(json.dumps(complete, indent=2) + "\n")

        train = ["--tf", "train", "--skip-neighbor-stat"]
        train += ["--init-frz-model", self.START_MODEL] if start is not None else []
        calc_info = CalcInfo()
        calc_info.codes_info = [
            self._code_info([*train, self.INPUT], self.TRAIN_LOG),
            self._code_info(["--tf", "freeze", "-o", self.MODEL], self.FREEZE_LOG),
        ]
        lines = [job.environment(job.threads(self.node.get_options())), START_CLOCK]
        if watched and early_stop.applies(parameters):
            (path / early_stop.SCRIPT).write_text(early_stop.watch_script())
            lines.append(early_stop.start_line())
        calc_info.prepend_text = "\n".join(lines)
        calc_info.append_text = STOP_CLOCK
        # blocks and model are nodes already
        calc_info.provenance_exclude_list = [self.DATA, self.VALIDATION, self.START_MODEL]
        calc_info.retrieve_list = [self.CURVE, self.TRAIN_LOG, self.FREEZE_LOG, CLOCK_FILE, early_stop.STOPPED]
        calc_info.retrieve_temporary_list = [self.MODEL]
        return calc_info

    def _write_start(self, path: Path, start: DeepPotentialData, type_map: list[str]) -> FrozenModel:
        """Write the model to start from, its energy bias refitted to the data; return what it says of itself."""
        with start.open(mode="rb") as handle:
            content = handle.read()
        bias = read_bias(content)
        if bias is not None and len(bias) == len(type_map):
            blocks = [block for block in self.inputs.dataset.values() if block.n_frames]
            content = with_bias(content, refitted_bias(bias, type_map, blocks))
        (path / self.START_MODEL).write_bytes(content)
        return read_frozen(content)

    def _code_info(self, arguments: list[str], log: str) -> CodeInfo:
        info = CodeInfo()
        info.code_uuid = self.inputs.code.uuid
        info.cmdline_params = arguments
        info.stdout_name = log
        info.join_files = True
        return info
