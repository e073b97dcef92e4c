"""Parser of production MD: what the driver brought back, and what it means if it brought nothing."""

from __future__ import annotations

import re

import numpy as np
from aiida import orm
from aiida.engine import ExitCode

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.plugins.jobs.interruption_codes import ending_of, exit_code_of
from aiida_zif.plugins.jobs.interruptions import CUT_OFF, Ending
from aiida_zif.plugins.jobs.retrieved_files import load_arrays, read_json, readable
from aiida_zif.plugins.lammps.common.parser import LammpsParser
from aiida_zif.plugins.lammps.log_words import UNKNOWN_ELEMENT, UNREADABLE, lammps_version
from aiida_zif.plugins.lammps.production.exit_codes import CAN_GO_ON, OF_AN_END
from aiida_zif.plugins.lammps.production.report import PressureCheck, ProductionReport
from aiida_zif.plugins.lammps.production.series import Series

OUTPUT, ARRAYS = "md_output.json", "md_output.npz"
PER_FRAME = ("step", "stage", "time_fs", "temperature", "pressure", "max_force_deviation")
OF_THE_LAST = ("velocities", "step", "temperature")
NO_SUCH_TRAJECTORY = "OtherTrajectory: "


class LammpsMdParser(LammpsParser):
    """Turns files of a :class:`LammpsMdCalculation` into nodes."""

    def read(self) -> ExitCode | None:
        """Read the outputs; the scheduler knows better why a job ended."""
        salvaged = self._attach()
        if self.node.exit_status:  # set by the scheduler
            return None
        ending = ending_of(self.node)
        if ending is not None and (isinstance(salvaged, ExitCode) or salvaged.ended in CAN_GO_ON):
            return exit_code_of(ending)
        if isinstance(salvaged, ExitCode):
            return salvaged
        if salvaged.ended == CUT_OFF:  # of the job, it was LAMMPS alone that somebody ended
            detail = f"LAMMPS was ended at step {salvaged.n_steps}; continue with restart=<remote_folder>"
            return exit_code_of(Ending(CUT_OFF, detail))
        self._warn(salvaged)
        return self._verdict(salvaged)

    def _warn(self, report: ProductionReport) -> None:
        """Say in the log of the job what a reader of the numbers should know."""
        for stage in report.stages:
            for name in stage.missed:
                self.logger.warning(f"{stage.name}: missed its {name}, {stage.reached[name].model_dump(mode='json')}")
        if report.n_untrusted:
            self.logger.warning(
                f"{report.n_untrusted} of {report.n_looks} sampled frames deviate by more than {report.trust} eV/Å"
            )
        tried = "compress.err" in self.retrieved.base.repository.list_object_names()
        if tried and not report.compressed:
            self.logger.warning("the models are not compressed, see compress.err")

    def _attach(self) -> ProductionReport | ExitCode:
        """Attach the outputs and return the report, or say why there is none."""
        present = self.retrieved.base.repository.list_object_names()
        if OUTPUT not in present or ARRAYS not in present:
            return self._why_nothing(present)
        try:
            content, arrays = read_json(self.content(OUTPUT)), load_arrays(self.content(ARRAYS))
            report = ProductionReport.from_dict(content | {"lammps_version": self._version(present)})
            frames = {name: self.frames(arrays, name, PER_FRAME) for name in ("snapshots", "untrusted")}
            if len(arrays["final_positions"]):
                frames["final"] = self.frames(arrays, "final", OF_THE_LAST)
            series = series_of(arrays)
        except RecordError as error:
            raise ValueError(f"{OUTPUT} is no report of a trajectory") from error
        except (ValueError, KeyError, TypeError):
            return self.exit_codes.ERROR_OUTPUT_TRUNCATED
        for name, node in frames.items():
            self.out(name, node)
        self.out("series", series.to_node())
        self.out("output_parameters", orm.Dict(report.as_dict()))
        return report

    def _version(self, present: list[str]) -> str | None:
        return lammps_version(self.content("stint.log")) if "stint.log" in present else None

    def _why_nothing(self, present: list[str]) -> ExitCode:
        """The driver went wrong, or it never ran."""
        said = readable(self.content("driver.err")).strip().split("\n")[-1] if "driver.err" in present else ""
        if NO_SUCH_TRAJECTORY in said:
            return self.exit_codes.ERROR_OTHER_TRAJECTORY.format(detail=said.partition(NO_SUCH_TRAJECTORY)[2])
        if "driver.err" in present:
            return self.exit_codes.ERROR_DRIVER_FAILED.format(detail=said or "no message")
        return self.exit_codes.ERROR_NO_OUTPUT

    def _verdict(self, report: ProductionReport) -> ExitCode | None:
        """A job has succeeded if the trajectory is whole."""
        if report.ended == "completed":
            return None
        detail = (report.detail or "")[:200]
        if report.ended == "pressure_wrong":
            return self.exit_codes.ERROR_PRESSURE_CHECK.format(detail=in_words(report.pressure_check))
        if report.ended == "crashed" and re.search(UNKNOWN_ELEMENT, detail):
            return self.exit_codes.ERROR_TYPE_MAP.format(detail=detail)
        if report.ended == "crashed" and re.search(UNREADABLE, detail):
            return self.exit_codes.ERROR_MODEL_UNREADABLE.format(detail=detail)
        if report.ended == "walltime" and not report.n_parts_here:
            return self.exit_codes.ERROR_WALLTIME_TOO_SHORT.format(steps=report.steps_of_a_part)
        return self.exit_codes[OF_AN_END[report.ended]].format(step=report.n_steps, detail=detail)


def series_of(arrays: dict[str, np.ndarray]) -> Series:
    """The series of what the driver wrote; a trajectory that has not begun has no block."""
    prefix = "series_"
    found = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    return Series.from_arrays(found) if found else Series.empty()


def in_words(check: PressureCheck | None) -> str:
    """The component that is farthest off, with both numbers."""
    if check is None:
        return ""
    name, worst = max(check.components.items(), key=lambda item: abs(item[1].difference or float("inf")))
    virial, energy = (
        "no number" if value is None else f"{value:.3f} GPa" for value in (worst.virial, worst.minus_dedv)
    )
    return f"the virial gives {virial} for {name}, finite differences of the energy give {energy}."
