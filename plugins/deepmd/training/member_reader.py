"""Common parts of the parsers of training jobs: nodes and exit code from the files of one member."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.engine import ExitCode
from aiida.parsers import Parser

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import outputs
from aiida_zif.plugins.deepmd.models.frozen import FrozenModel, read_frozen
from aiida_zif.plugins.deepmd.training import early_stop
from aiida_zif.plugins.deepmd.training.job import TrainingJob
from aiida_zif.plugins.deepmd.training.report import TrainingReport
from aiida_zif.plugins.jobs.interruption_codes import ending_of, exit_code_of
from aiida_zif.plugins.jobs.retrieved_files import readable

EXIT_CODE_OF = {
    "sel_too_small": "ERROR_SEL_TOO_SMALL",
    "model_unreadable": "ERROR_MODEL_UNREADABLE",
    "type_map_mismatch": "ERROR_TYPE_MAP_MISMATCH",
    "parameters_refused": "ERROR_PARAMETERS_REFUSED",
    "out_of_memory": "ERROR_OUT_OF_MEMORY",
}


class TrainingParser(Parser):
    """Turn learning curve, logs and frozen model of each member into nodes; whatever is whole is kept."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Return the exit code; never raise."""
        try:
            return self.parse_members(kwargs.get("retrieved_temporary_folder"))
        except Exception as error:  # the outermost guard: a parser never raises
            self.logger.exception("unexpected exception in the parser")
            return self.exit_codes.ERROR_UNEXPECTED_PARSER_EXCEPTION.format(detail=f"{type(error).__name__}: {error}")

    def parse_members(self, temporary: str | None) -> ExitCode | None:
        """Read every member of the job and return the exit code."""
        raise NotImplementedError

    def told_from_outside(self, failure: ExitCode) -> ExitCode:
        """Return the cause of a training that was cut off: that of its job, unless its loss was not finite."""
        ending = ending_of(self.node)
        return failure if ending is None or failure.status >= 410 else exit_code_of(ending)


class MemberReader:
    """Reads what one member left, and hands its nodes to the parser.

    :param parser: of the job.
    :param folder: of the member, empty for the job's own.
    :param temporary: where the model was put.
    :param suffix: of the names of the outputs, a dot and the member's label; empty if there is one member only.
    """

    def __init__(self, parser: TrainingParser, temporary: str | None, folder: str = "", suffix: str = "") -> None:
        self.parser, self.exit_codes, self.suffix = parser, parser.exit_codes, suffix
        self.prefix, self.temporary = f"{folder}/" if folder else "", temporary

    def read(self) -> ExitCode | None:
        """Store what is whole; return what went wrong."""
        log = self._text(TrainingJob.TRAIN_LOG)
        training = outputs.read_training_log(log)
        try:
            curve = outputs.read_learning_curve(self._text(TrainingJob.CURVE))
        except ValueError:
            curve = {}
        if curve:
            self._store_curve(curve, training, outputs.last_checkpoint(log))
        failure = self._failure(log, training, curve)
        return self._store_model(self._model(), training) if failure is None else failure

    def _out(self, name: str, node: orm.Data) -> None:
        self.parser.out(f"{name}{self.suffix}", node)

    def _failure(self, log: str, training: outputs.TrainingLog, curve: dict[str, Any]) -> ExitCode | None:
        """What the log and the curve say went wrong, most specific first."""
        bad_step = outputs.first_bad_step(curve, log)
        if bad_step is not None:
            return self.exit_codes.ERROR_NAN_IN_LEARNING_CURVE.format(step=bad_step)
        complaint = outputs.diagnose(log)
        if complaint is not None:
            return self.exit_codes[EXIT_CODE_OF[complaint[0]]].format(detail=complaint[1])
        if training.finished or self._stopped_early_at() is not None:
            return None
        if not curve:
            return self.exit_codes.ERROR_NO_OUTPUT.format(detail=outputs.last_error(log) or "no learning curve")
        return self.exit_codes.ERROR_OUTPUT_TRUNCATED.format(
            step=int(curve["step"][-1]) if len(curve["step"]) else 0,
            steps=self._input()["training"]["numb_steps"],
            detail=outputs.last_error(log) or "the log breaks off",
        )

    def _store_curve(self, curve: dict[str, Any], training: outputs.TrainingLog, checkpoint: int | None) -> None:
        array = orm.ArrayData()
        for name, values in curve.items():
            array.set_array(name, values)
        self._out("learning_curve", array)
        complete = self._input()
        descriptor = complete["model"]["descriptor"]
        report = TrainingReport(
            steps=int(curve["step"][-1]) if len(curve["step"]) else 0,
            steps_requested=complete["training"]["numb_steps"],
            stopped_early_at=self._stopped_early_at(),
            checkpoint=checkpoint,
            final=outputs.final_errors(curve),
            wall_s=training.wall_s,
            seconds_per_step=training.seconds_per_step,
            n_train_frames=sum(known.n_frames for known in self.parser.node.inputs.dataset.values()),
            sel=descriptor["sel"],
            seeds={
                "descriptor": descriptor["seed"],
                "fitting_net": complete["model"]["fitting_net"]["seed"],
                "training": complete["training"]["seed"],
            },
            deepmd_version=training.deepmd_version,
        )
        self._out("output_parameters", orm.Dict(report.as_dict()))

    def _store_model(self, content: bytes | None, training: outputs.TrainingLog) -> ExitCode | None:
        if content is None:
            detail = outputs.last_error(self._text(TrainingJob.FREEZE_LOG)) or "no model.pb"
            return self.exit_codes.ERROR_NO_MODEL.format(detail=detail)
        try:
            frozen: FrozenModel = read_frozen(content)
        except ValueError as error:
            return self.exit_codes.ERROR_NO_MODEL.format(detail=str(error))
        model = self._input()["model"]
        if frozen.type_map != model["type_map"]:
            return self.exit_codes.ERROR_TYPE_MAP_MISMATCH.format(
                detail=f"{model['type_map']} was requested, the frozen model has {frozen.type_map}"
            )
        self._out(
            "potential",
            DeepPotentialData(
                BytesIO(content),
                filename=TrainingJob.MODEL,
                type_map=frozen.type_map,
                rcut=frozen.rcut or model["descriptor"]["rcut"],
                model_backend="tensorflow",
                deepmd_version=training.deepmd_version,
            ),
        )
        return None

    def _stopped_early_at(self) -> int | None:
        """The step at which the watcher ended the training; None if it did not."""
        text = self._text(early_stop.STOPPED).strip()
        return int(text) if text.isdigit() else None

    def _input(self) -> dict[str, Any]:
        path = f"{self.prefix}{TrainingJob.INPUT}"
        return json.loads(self.parser.node.base.repository.get_object_content(path, mode="r"))

    def _text(self, name: str) -> str:
        files = self.parser.retrieved.base.repository
        try:
            return readable(files.get_object_content(f"{self.prefix}{name}", mode="rb"))
        except FileNotFoundError:
            return ""

    def _model(self) -> bytes | None:
        path = Path(self.temporary or "") / f"{self.prefix}{TrainingJob.MODEL}"
        return path.read_bytes() if self.temporary and path.is_file() and path.stat().st_size else None
