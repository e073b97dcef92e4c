"""Common parts of training jobs of one model or of several members of a committee."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.deepmd import checks, job
from aiida_zif.plugins.deepmd.data.merging import write_merged
from aiida_zif.plugins.deepmd.inputs import complete_input
from aiida_zif.plugins.deepmd.models.bias import read_bias, refitted_bias, with_bias
from aiida_zif.plugins.deepmd.models.frozen import FrozenModel, read_frozen
from aiida_zif.plugins.deepmd.training import early_stop
from aiida_zif.plugins.deepmd.training.exit_codes import EXIT_CODES
from aiida_zif.plugins.jobs.base import TolerantJob
from aiida_zif.plugins.jobs.clock import CLOCK_FILE, START_CLOCK, STOP_CLOCK
from aiida_zif.plugins.jobs.interruption_codes import define_exit_codes

CHECKPOINT = "model.ckpt"
CHECKPOINT_FILES = ("index", "meta", "data-00000-of-00001")
"""Endings of the files of which DeePMD-kit's TensorFlow checkpoint consists."""

BEFORE = "before"
"""Begins the names of what the training that is gone on with left."""


@dataclass(frozen=True)
class Member:
    """One training of a job.

    :param folder: where its files are, relative to the job's folder; empty for the job's folder itself.
    :param seed: of everything random.
    :param start: frozen model to start from, None for random weights.
    """

    folder: str
    seed: int
    start: DeepPotentialData | None = None

    def path(self, name: str) -> str:
        """Return the path of one of its files, relative to the job's folder."""
        return f"{self.folder}/{name}" if self.folder else name

    def retrieved(self, name: str) -> str | tuple[str, str, int]:
        """Return one of its files as an entry of a list of what comes back, folder and all."""
        path = self.path(name)
        return (path, ".", path.count("/") + 1) if self.folder else path


class TrainingJob(TolerantJob):
    """Trains its members on the same data, one a process at a time, and freezes each as soon as it is trained."""

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
        """Declare what all members share."""
        super().define(spec)
        spec.input_namespace(
            "dataset", valid_type=(LabelledFramesData, DatasetData), help="Blocks of labelled frames, and data sets."
        )
        spec.input(
            "parameters",
            valid_type=orm.Dict,
            serializer=orm.to_aiida_type,
            help="DeePMD-kit's input.json without data paths and seeds; `sel` may be 'auto'.",
        )
        spec.input_namespace(
            "validation",
            valid_type=LabelledFramesData,
            required=False,
            help="Blocks that are not learned; a long training ends when the error on them is flat.",
        )
        spec.input(
            "restart",
            valid_type=orm.RemoteData,
            required=False,
            help="Folder of such a job with the same inputs that was cut off: continues from its checkpoints.",
        )
        spec.input("metadata.options.resources", valid_type=dict, default=dict(job.ONE_PROCESS))
        spec.inputs.validator = cls.validate_inputs
        for status, (name, message) in EXIT_CODES.items():
            spec.exit_code(status, name, message=message)
        define_exit_codes(spec)

    @classmethod
    def validate_inputs(cls, inputs: Any, _: object) -> str | None:
        """Refuse what could only fail, or succeed with a wrong model."""
        raise NotImplementedError

    def members(self) -> list[Member]:
        """Return what is trained, by folder."""
        raise NotImplementedError

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the data once and the input of each member; the first lane is the job's codes, others run beside it."""
        path, members, parameters = Path(folder.abspath), self.members(), self.inputs.parameters.get_dict()
        type_map, validation = parameters["model"]["type_map"], self.inputs.get("validation", {})
        blocks = blocks_in(self.inputs.dataset)
        systems = write_merged(path / self.DATA, blocks, type_map)
        watched = write_merged(path / self.VALIDATION, validation, type_map) if validation else []
        for member in members:
            self._write_member(path, member, blocks, systems, watched)
        first, *others = job.deal(members, job.lanes(self.node.get_options()))
        calc_info = CalcInfo()
        calc_info.codes_info = [self._code_info(*command) for member in first for command in self._commands(member)]
        lines = [job.environment(job.threads(self.node.get_options())), START_CLOCK]
        if "restart" in self.inputs:
            lines += [f"cp {member.path(f'{BEFORE}.out')} {member.path(self.CURVE)}" for member in members]
        if watched and early_stop.applies(parameters):
            (path / early_stop.SCRIPT).write_text(early_stop.watch_script())
            lines += [early_stop.start_line(member.folder) for member in members]
        calc_info.prepend_text = "\n".join([*lines, *map(self._beside, others)])
        calc_info.append_text = f"wait\n{STOP_CLOCK}" if others else STOP_CLOCK
        self._name_files(calc_info, members)
        return calc_info

    def _name_files(self, calc_info: CalcInfo, members: Sequence[Member]) -> None:
        """Say what is linked, what comes back, and what is not stored again: blocks and models are nodes already."""
        starts = [member.path(self.START_MODEL) for member in members]
        calc_info.provenance_exclude_list = [self.DATA, self.VALIDATION, *starts]
        files = (self.CURVE, self.TRAIN_LOG, self.FREEZE_LOG, early_stop.STOPPED)
        calc_info.retrieve_list = [*(member.retrieved(name) for member in members for name in files), CLOCK_FILE]
        calc_info.retrieve_temporary_list = [member.retrieved(self.MODEL) for member in members]
        if "restart" in self.inputs:
            before = self.inputs.restart
            names = {f"{CHECKPOINT}.{end}": f"{BEFORE}.{end}" for end in CHECKPOINT_FILES}
            calc_info.remote_symlink_list = [
                (before.computer.uuid, f"{before.get_remote_path()}/{member.path(name)}", member.path(link))
                for member in members
                for name, link in {**names, self.CURVE: f"{BEFORE}.out"}.items()
            ]

    def _write_member(
        self, path: Path, member: Member, blocks: checks.Blocks, systems: list[str], watched: list[str]
    ) -> None:
        """Write the model that a member starts from, and its input.json."""
        (path / member.folder).mkdir(parents=True, exist_ok=True)
        parameters, validation = self.inputs.parameters.get_dict(), self.inputs.get("validation", {})
        frozen = self._write_start(path / member.path(self.START_MODEL), member.start, blocks)
        complete = complete_input(
            parameters,
            [f"{self.DATA}/{label}" for label in systems],
            member.seed,
            checks.resolve_sel(blocks, parameters, frozen),
            [f"{self.VALIDATION}/{label}" for label in watched],
            sum(block.n_frames for block in validation.values()),
            member.folder,
        )
        (path / member.path(self.INPUT)).write_text(json.dumps(complete, indent=2) + "\n")

    def _write_start(self, path: Path, start: DeepPotentialData | None, blocks: checks.Blocks) -> FrozenModel | None:
        """Write the model to start from, its energy bias refitted to the data; return what it says of itself."""
        if start is None:
            return None
        with start.open(mode="rb") as handle:
            content = handle.read()
        bias, type_map = read_bias(content), self.inputs.parameters["model"]["type_map"]
        if bias is not None and len(bias) == len(type_map):
            learnt = [block for block in blocks.values() if block.n_frames]
            content = with_bias(content, refitted_bias(bias, type_map, learnt))
        path.write_bytes(content)
        return read_frozen(content)

    def _commands(self, member: Member) -> list[tuple[list[str], str]]:
        """Return arguments and log of the commands that train and freeze a member."""
        train = ["--tf", "train", "--skip-neighbor-stat"]
        freeze = ["--tf", "freeze", "-o", member.path(self.MODEL)]
        if "restart" in self.inputs:
            train += ["--restart", member.path(BEFORE)]
        elif member.start is not None:
            train += ["--init-frz-model", member.path(self.START_MODEL)]
        if member.folder:
            train += ["-o", member.path("out.json")]
            freeze += ["-c", member.folder]
        train.append(member.path(self.INPUT))
        return [(train, member.path(self.TRAIN_LOG)), (freeze, member.path(self.FREEZE_LOG))]

    def _beside(self, members: Sequence[Member]) -> str:
        """A lane beside the job's own; it needs the user's prepended lines too, which AiiDA puts after these."""
        code = self.inputs.code
        lines = [
            ([*code.get_prepend_cmdline_params(), *code.get_executable_cmdline_params(arguments)], log)
            for member in members
            for arguments, log in self._commands(member)
        ]
        return job.background_lane(lines, self.node.get_option("prepend_text") or "")

    def _code_info(self, arguments: list[str], log: str) -> CodeInfo:
        info = CodeInfo()
        info.code_uuid = self.inputs.code.uuid
        info.cmdline_params = arguments
        info.stdout_name = log
        info.join_files = True
        return info
