"""The summary of a study as plain values: `summary.json`, and what `status` and the report show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida import orm

from aiida_zif.plugins.words import counted
from aiida_zif.provenance.campaigns.software import executables_of, software_of
from aiida_zif.provenance.campaigns.utilisation import spans_of
from aiida_zif.provenance.lineage.structure_sources import record_of_node
from aiida_zif.provenance.queries import sql
from aiida_zif.provenance.queries.links import inputs_under
from aiida_zif.provenance.studies.force_field import force_field_of
from aiida_zif.provenance.studies.summary_model import (
    Cost,
    FailedJob,
    PartState,
    Protocol,
    StudySummary,
    System,
    Untrusted,
)
from aiida_zif.provenance.studies.view import Part, StudyView
from aiida_zif.workflows.engine.endings import why_it_ended
from aiida_zif.workflows.properties.melt_quench.report import GlassReport
from aiida_zif.workflows.properties.states.report import StatesReport
from aiida_zif.workflows.properties.structure.report import StructureReport
from aiida_zif.workflows.properties.validation.report import ValidationReport
from aiida_zif.workflows.protocols.loading import available_protocols
from aiida_zif.workflows.structures.frame_files import FrameFiles


def summarise(view: StudyView) -> dict[str, Any]:
    """Return the summary of a study as plain values, see `docs/study-summary.schema.json`."""
    return summary_of(view).as_dict()


def summary_of(view: StudyView) -> StudySummary:
    """Return the summary of a study, finished or not."""
    node, settings, pks = view.node, view.settings, [int(view.node.pk or 0)]
    return StudySummary(
        name=settings.name,
        pk=pks[0],
        study_uuid=node.uuid,
        begun=node.ctime.isoformat(timespec="seconds"),
        seed=settings.seed,
        protocol=protocol_of(settings.protocol),
        state=node.process_state.value if node.process_state else "unknown",
        exit_status=node.exit_status,
        exit_message=node.exit_message,
        force_field=force_field_of(view),
        systems=systems_of(node),
        parts=[part_state(part) for part in view.parts],
        verdict=view.verdict,
        melt_quench=view.reports("melt_quench", GlassReport),
        structure=view.reports("structure", StructureReport),
        states=view.reports("states", StatesReport),
        validation=view.reports("validation", ValidationReport),
        untrusted=untrusted_frames(view),
        failed_jobs=failed_jobs(view),
        cost=cost_of(view),
        versions=software_of(pks),
        executables=executables_of(pks),
    )


def protocol_of(name: str) -> Protocol:
    """Return a protocol with what it says of itself about melts and quenches."""
    return Protocol(name=name, description=available_protocols("study").get(name, ""))


def systems_of(node: orm.WorkChainNode) -> dict[str, System]:
    """Return the crystals of a study, and its frames of others, with their sources."""
    crystals = {name: system_of(structure) for name, structure in inputs_under(node, "systems").items()}
    replicas: dict[str, list[Any]] = {}
    for label, frames in inputs_under(node, "frames").items():
        replicas.setdefault(label.partition("__")[0], []).append(frames)
    return crystals | {name: system_of_frames(given) for name, given in replicas.items()}


def system_of_frames(replicas: Sequence[Any]) -> System:
    """Return the frames of others of a system, one node a replica, with what was declared of their files."""
    declared = [FrameFiles.from_node(frames.creator.inputs.declaration) for frames in replicas]
    files, sources = [name for one in declared for name in one.files], {one.source: None for one in declared}
    return System(
        formula=replicas[0].get_ase().get_chemical_formula("hill"),
        n_atoms=replicas[0].n_atoms,
        source=f"{counted(len(files), 'file')}: {few(files)}; {'; '.join(sources)}",
        licence="; ".join({one.licence: None for one in declared}),
    )


def few(names: Sequence[str], most: int = 6) -> str:
    """Return names as a list; of many the first ones."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def system_of(structure: orm.StructureData) -> System:
    """Return a framework with its source."""
    record = record_of_node(structure)
    return System(
        formula=structure.get_formula("hill_compact"),
        n_atoms=len(structure.sites),
        source=f"{record['structure']}; {record['source']}",
        licence=record["licence"],
    )


def part_state(part: Part) -> PartState:
    """Return how one part stands."""
    node = part.call.node
    return PartState(
        section=part.section,
        name=part.name,
        system=part.system,
        state=part.state,
        process_state=node.process_state.value if node.process_state else "unknown",
        exit_status=node.exit_status,
        message=node.exit_message,
        wall_s=round(part.call.wall_s, 1),
        pk=part.call.pk,
    )


def untrusted_frames(view: StudyView) -> list[Untrusted]:
    """Return the nodes of frames above the trust level, of every part that has any."""
    found = []
    for part in view.parts:
        frames = part.output("untrusted")
        if frames is not None and frames.n_frames:
            found.append(
                Untrusted(system=part.system, section=part.section, n_frames=frames.n_frames, pk=int(frames.pk or 0))
            )
    return found


def failed_jobs(view: StudyView) -> list[FailedJob]:
    """Return the jobs that failed or were ended from outside, the oldest first."""
    found = []
    for trajectory in view.trajectories:
        for job in trajectory.jobs:
            if not job.is_running and not job.node.is_finished_ok:
                found.append(
                    FailedJob(
                        part=trajectory.part.name,
                        trajectory=trajectory.name,
                        pk=job.pk,
                        exit_status=job.node.exit_status,
                        cause=why_it_ended(job.node),
                    )
                )
    return found


def cost_of(view: StudyView) -> Cost:
    """Return the time of a study, and the core hours of its jobs that were timed."""
    jobs = sql.jobs_below([part.call.pk for part in view.parts])
    spans = spans_of(jobs)
    hours = sum((span.end - span.begin) * span.cores for span in spans) / 3600
    return Cost(
        wall_s=round(view.elapsed_s, 1),
        core_hours=hours if spans else None,
        n_jobs=len(jobs),
        n_timed=len(spans),
    )
