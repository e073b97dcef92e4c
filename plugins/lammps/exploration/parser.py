"""Parser of committee MD: what the harvest brought back, and what it means if it brought nothing."""

from __future__ import annotations

import re

from aiida import orm
from aiida.engine import ExitCode

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.plugins.jobs.interruption_codes import ending_of, exit_code_of
from aiida_zif.plugins.jobs.retrieved_files import load_arrays, read_json, readable
from aiida_zif.plugins.lammps.common.parser import LammpsParser
from aiida_zif.plugins.lammps.exploration.report import ExplorationReport, ExploredRun
from aiida_zif.plugins.lammps.log_words import NO_PLUMED, UNKNOWN_ELEMENT, UNREADABLE, lammps_version

DEVIATIONS = ("max_force_deviation", "mean_force_deviation", "forces_predicted")
PER_FRAME = (*DEVIATIONS, "step", "temperature", "pressure", "run", "driver")
CAUSES = {
    "temperature_runaway": "ERROR_TEMPERATURE_RUNAWAY",
    "lost_atoms": "ERROR_LOST_ATOMS",
    "deviation_hopeless": "ERROR_DEVIATION_HOPELESS",
}
UNDEFINED = {"deviation_undefined", "forces_undefined"}
"""How a run ends in which a member of the committee gives no numbers."""
CUT_SHORT = ("crashed", "not_run", "walltime")
"""How a run ends, for its files, whose LAMMPS somebody ended."""


class LammpsExploreParser(LammpsParser):
    """Turns files of a :class:`LammpsExploreCalculation` into nodes."""

    def read(self) -> ExitCode | None:
        """Read the outputs; the scheduler knows better why a job ended."""
        salvaged = self._attach()
        if self.node.exit_status:  # set by the scheduler
            return None
        ending = ending_of(self.node)
        # a script whose LAMMPS was ended goes on to the harvest, which then finds runs that are not there
        if ending is not None and (isinstance(salvaged, ExitCode) or any(map(is_cut_short, salvaged.runs))):
            return exit_code_of(ending)
        if isinstance(salvaged, ExitCode):
            return salvaged
        for run in [*salvaged.preflight, *salvaged.runs]:
            if run.ended != "completed":
                self.logger.warning(f"{run.label}: {run.ended} at step {run.n_steps} {run.detail or ''}")
            for name in run.missed:
                reached = run.reached[name].model_dump(mode="json")
                self.logger.warning(f"{run.label}: missed its {name}, {reached}")
        return self._verdict(salvaged)

    def _attach(self) -> ExplorationReport | ExitCode:
        """Attach the outputs and return the summary, or say why there is none."""
        present = self.retrieved.base.repository.list_object_names()
        if "harvest_output.json" not in present or "harvest.npz" not in present:
            return self._why_nothing(present)
        try:
            content = read_json(self.content("harvest_output.json"))
            arrays = load_arrays(self.content("harvest.npz"))
            frames = {name: self.frames(arrays, name, PER_FRAME) for name in ("candidates", "control")}
        except (ValueError, KeyError):
            return self.exit_codes.ERROR_OUTPUT_TRUNCATED
        for name, node in frames.items():
            self.out(name, node)
        try:
            summary = ExplorationReport.from_dict(content)
        except RecordError as error:
            raise ValueError("harvest_output.json is no summary of a harvest") from error
        summary = summary.model_copy(update={"lammps_version": self._lammps_version(present)})
        self.out("output_parameters", orm.Dict(summary.as_dict()))
        return summary

    def _lammps_version(self, present: list[str]) -> str | None:
        """The version that the first lane's log begins with, such as ``29 Aug 2024 - Update 1``."""
        logs = sorted(name for name in present if name.startswith("lane_") and name.endswith(".log"))
        return lammps_version(self.content(logs[0])) if logs else None

    def _why_nothing(self, present: list[str]) -> ExitCode:
        """LAMMPS never ran, or it did and what followed went wrong."""
        errors = readable(self.content("harvest.err")).split("\n") if "harvest.err" in present else []
        said = [line for line in errors if line.strip()][-1:]
        if said or any(name.startswith("lane_") and name.endswith(".log") for name in present):
            return self.exit_codes.ERROR_HARVEST_FAILED.format(detail="".join(said) or "without a word")
        return self.exit_codes.ERROR_NO_OUTPUT

    def _verdict(self, summary: ExplorationReport) -> ExitCode | None:
        """A job has succeeded if it gave a frame that can be used, however its runs ended."""
        ended = [str(run.ended) for run in summary.runs]
        details = " ".join(run.detail or "" for run in [*summary.preflight, *summary.runs])
        trials = {str(run.ended) for run in summary.preflight} - {"completed", "walltime", "not_run"}
        if "walltime" in ended:
            n_late = ended.count("walltime") + ended.count("not_run")
            return self.exit_codes.ERROR_OUT_OF_WALLTIME.format(n_runs=n_late)
        if summary.n_accurate + summary.n_candidate > 0:
            return None
        if set(ended) == {"not_run"} and not trials:
            return self.exit_codes.ERROR_NO_OUTPUT
        if re.search(UNKNOWN_ELEMENT, details):
            return self.exit_codes.ERROR_TYPE_MAP.format(detail=details[:200])
        if re.search(NO_PLUMED, details):
            return self.exit_codes.ERROR_NO_PLUMED
        if re.search(UNREADABLE, details):
            return self.exit_codes.ERROR_MODEL_UNREADABLE.format(detail=details[:200])
        if trials:
            return self.exit_codes.ERROR_PREFLIGHT.format(detail=", ".join(sorted(trials)))
        if set(ended) <= {"crashed", "not_run"}:
            return self.exit_codes.ERROR_CRASHED.format(detail=details[:200])
        if set(ended) <= UNDEFINED:
            return self.exit_codes.ERROR_UNDEFINED.format(detail=", ".join(sorted(set(ended))))
        if len(set(ended)) == 1 and ended[0] in CAUSES:
            return self.exit_codes[CAUSES[ended[0]]]
        return self.exit_codes.ERROR_EVERY_RUN_FAILED.format(detail=", ".join(sorted(set(ended))))


def is_cut_short(run: ExploredRun) -> bool:
    """Whether a run did not come to an end of its own."""
    return run.ended in CUT_SHORT
