"""The calculation job that tests a committee on blocks of labelled frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec

from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks, job
from aiida_zif.plugins.deepmd.data.dataset import write_dataset
from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK
from aiida_zif.plugins.jobs.interruption_codes import define_exit_codes

EXIT_CODES = {
    300: ("ERROR_NO_OUTPUT", "No model was tested: {detail}. Check the code `dp` and the job's stderr."),
    302: ("ERROR_MODEL_UNREADABLE", "Model {model} cannot be read: {detail}. Train or import it again."),
    304: (
        "ERROR_TYPE_MAP_MISMATCH",
        "Model {model} and data do not agree: {detail}. Use one type_map for model and data.",
    ),
    310: (
        "ERROR_UNEXPECTED_PARSER_EXCEPTION",
        "The outputs could not be read: {detail}. Please report this with the retrieved files.",
    ),
    400: (
        "ERROR_OUTPUT_TRUNCATED",
        "The test of model {model} broke off: {detail}. Give it more time or memory and run it again.",
    ),
    411: (
        "ERROR_OUT_OF_MEMORY",
        "The test of model {model} ran out of memory: {detail}. Use fewer lanes or more memory.",
    ),
    510: (
        "ERROR_NAN_IN_PREDICTION",
        "Model {model} predicts forces that are not finite for block {block}. Train it again with another seed.",
    ),
}
"""Status: (name, message); 3xx cannot be fixed by running again, 4xx can, 5xx have no usable result."""


class DeepmdTestCalculation(TolerantJob):
    """Test every model on every block: one process a model, as many side by side as the job has processes."""

    DATA = "data"
    MODELS = "models"
    DETAILS = "details"
    SYSTEMS = "systems.txt"

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Inputs, outputs, and what may go wrong."""
        super().define(spec)
        spec.input_namespace("committee", valid_type=DeepPotentialData, help="The models by label.")
        spec.input_namespace("blocks", valid_type=LabelledFramesData, help="Blocks to test on, by label.")
        spec.input("metadata.options.resources", valid_type=dict, default=dict(job.ONE_PROCESS))
        spec.input("metadata.options.parser_name", valid_type=str, default="zif.deepmd.test")
        spec.inputs.validator = cls.validate_inputs

        spec.output("output_parameters", valid_type=orm.Dict, required=False, help="Errors by block and model.")
        spec.output("errors", valid_type=orm.ArrayData, required=False, help="Errors and deviations by frame.")
        spec.default_output_node = "output_parameters"

        for status, (name, message) in EXIT_CODES.items():
            spec.exit_code(status, name, message=message)
        define_exit_codes(spec)

    @classmethod
    def validate_inputs(cls, inputs: Any, _: object) -> str | None:
        """Refuse models and data that do not belong together."""
        if "committee" not in inputs or "blocks" not in inputs:
            return None  # the ports themselves say so
        return checks.testing_problem(inputs["committee"], inputs["blocks"])

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the data once; the first lane runs as the job's codes, the others in the background beside it."""
        path, committee = Path(folder.abspath), self.inputs.committee
        elements = sorted({symbol for block in self.inputs.blocks.values() for symbol in block.symbols})
        labels = write_dataset(path / self.DATA, self.inputs.blocks, elements)
        (path / self.SYSTEMS).write_text("".join(f"{self.DATA}/{label}\n" for label in labels))
        (path / self.DETAILS).mkdir()
        (path / self.DETAILS / ".keep").touch()  # empty folders are not copied

        first, *others = job.deal(sorted(committee), job.lanes(self.node.get_options()))
        calc_info = CalcInfo()
        calc_info.codes_info = [self._code_info(label) for label in first]
        calc_info.prepend_text = "\n\n".join(
            [job.environment(job.threads(self.node.get_options())), START_CLOCK, *map(self._background, others)]
        )
        calc_info.append_text = f"wait\n{STOP_CLOCK}"
        calc_info.local_copy_list = [
            (model.uuid, model.filename, self.model_file(label)) for label, model in sorted(committee.items())
        ]
        calc_info.provenance_exclude_list = [self.DATA, self.DETAILS]  # the blocks are nodes already
        calc_info.retrieve_list = [*(self.log_file(label) for label in sorted(committee)), CLOCK_FILE]
        calc_info.retrieve_temporary_list = [
            f"{self.DETAILS}/{label}.{kind}.out" for label in sorted(committee) for kind in "efv"
        ]
        return calc_info

    @classmethod
    def model_file(cls, label: str) -> str:
        """Path of a model in the job's folder."""
        return f"{cls.MODELS}/{label}.pb"

    @classmethod
    def log_file(cls, label: str) -> str:
        """Path of the log of a model's test in the job's folder."""
        return f"test_{label}.log"

    def _arguments(self, label: str) -> list[str]:
        details = f"{self.DETAILS}/{label}"
        return ["--tf", "test", "-m", self.model_file(label), "-f", self.SYSTEMS, "-n", "0", "-d", details]

    def _background(self, labels: list[str]) -> str:
        """A lane beside the job's own; it needs the user's prepended lines too, which AiiDA puts after these."""
        code = self.inputs.code
        lines = [
            (
                [*code.get_prepend_cmdline_params(), *code.get_executable_cmdline_params(self._arguments(label))],
                self.log_file(label),
            )
            for label in labels
        ]
        return job.background_lane(lines, self.node.get_option("prepend_text") or "")

    def _code_info(self, label: str) -> CodeInfo:
        info = CodeInfo()
        info.code_uuid = self.inputs.code.uuid
        info.cmdline_params = self._arguments(label)
        info.stdout_name = self.log_file(label)
        info.join_files = True
        return info
