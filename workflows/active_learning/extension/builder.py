"""From a campaign that has ended, and frames that a study did not trust, to a builder of its continuation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiida import orm
from aiida.engine import ProcessBuilder
from aiida.plugins import WorkflowFactory

from aiida_zif.plugins.data.frames import FramesData, LabelledFramesData
from aiida_zif.workflows.active_learning.extension.choice import DEVIATION
from aiida_zif.workflows.active_learning.extension.first_step import needed_codes
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.schema.campaign_file import IMPORTED, Limits
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.user_input.problems import CampaignError, Problem, listed, shown

RESULTS = ("committee", "dataset", "held_out")
"""Outputs of a campaign that another one goes on from, beside its verdict."""

NUMBERED = re.compile(r"(.*)\.(\d+)")


def builder_of_extension(
    campaign: orm.WorkChainNode,
    frames: Sequence[FramesData] = (),
    cycles: int = 0,
    labels: int | None = None,
    codes: Mapping[str, orm.AbstractCode] | None = None,
) -> ProcessBuilder:
    """Return a builder of a campaign that goes on from another one.

    :param campaign: that has handed over its results.
    :param frames: to be labelled first, as far as they are worth it; each with ``max_force_deviation``.
    :param cycles: of exploring and labelling, after these.
    :param labels: paid for at most; if left out, what the limit of the campaign leaves.
    :param codes: instead of, or beside, those of the campaign, by their names in a campaign file.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    results = {name: named_outputs(campaign, name) for name in RESULTS}
    if "verdict" not in campaign.outputs or not all(results[name] for name in ("committee", "dataset")):
        allowed = "a campaign that has handed over committee, data set and verdict"
        fix = "wait for it, or start it again with `aiida-zif run`"
        raise CampaignError([problem("CAMPAIGN", f"{campaign.label} <{campaign.pk}>, which has not", allowed, fix)])
    verdict = campaign.outputs.verdict
    settings = extended_settings(campaign, Verdict.from_node(verdict), bool(frames), cycles, labels)
    given: dict[str, Any] = {**dict(campaign.inputs.codes), **(codes or {})}
    builder: Any = ProcessBuilder(WorkflowFactory("zif.active_learning"))  # type: ignore[arg-type]
    builder.previous = {"verdict": verdict, **results}
    if frames:
        builder.untrusted = {f"frames_{index}": node for index, node in enumerate(frames)}
    builder.settings = orm.Dict(settings.as_dict())
    wanted = needed_codes({"settings": builder.settings, "previous": builder.previous, "untrusted": frames})
    problems = [
        *request_problems(frames, cycles, settings, Verdict.from_node(verdict)),
        *frames_problems(frames, campaign),
        *(code_problem(name) for name in wanted if name not in given),
    ]
    if problems:
        raise CampaignError(problems)
    builder.codes = {name: given[name] for name in wanted}
    builder.systems = dict(campaign.inputs.systems)
    builder.resources = campaign.inputs.resources
    builder.metadata.label = settings.name
    return builder


def named_outputs(campaign: orm.WorkChainNode, namespace: str) -> dict[str, Any]:
    """Return the outputs of a namespace by label, whatever underscores are in it."""
    links = campaign.base.links.get_outgoing(link_label_filter=f"{namespace}\\_\\_%").all()
    return {link.link_label.removeprefix(f"{namespace}__"): link.node for link in links}


def extended_settings(
    campaign: orm.WorkChainNode, verdict: Verdict, with_frames: bool, cycles: int, labels: int | None
) -> Settings:
    """Return the settings of a campaign that goes on: those of before, with limits that count on from there."""
    before = Settings.from_node(campaign.inputs.settings)
    most = before.limits.labels if labels is None else verdict.n_labels + labels
    limits = Limits.model_construct(cycles=verdict.cycle + with_frames + cycles, labels=most)
    return before.model_copy(update={"name": next_name(before.name), "limits": limits})


def next_name(name: str) -> str:
    """Return the name of a campaign that goes on: ``zif4``, ``zif4.2``, ``zif4.3`` …"""
    match = NUMBERED.fullmatch(name)
    return f"{match[1]}.{int(match[2]) + 1}" if match else f"{name}.2"


def problem(field: str, found: str, allowed: str, fix: str) -> Problem:
    """Return a problem of the command line."""
    return Problem("extend", None, field, found, allowed, fix)


def request_problems(
    frames: Sequence[FramesData], cycles: int, settings: Settings, verdict: Verdict
) -> Iterator[Problem]:
    """Something is asked for, labels can be computed, and some are left."""
    if not frames and not cycles:
        fix = "give --from STUDY or --cycles N"
        yield problem("CAMPAIGN", "neither frames of a study nor cycles", "something to do", fix)
    if settings.level_of_theory.name == IMPORTED:
        fix = "import the frames with the --level that CP2K would compute them at, and train a campaign of that level"
        yield problem("level_of_theory", "imported", "a level at which CP2K can compute labels", fix)
    if settings.limits.labels <= verdict.n_labels:
        found = f"{verdict.n_labels} labels of {settings.limits.labels} that the campaign may pay for"
        yield problem("--labels", found, "a limit that leaves labels", "give --labels N: so many more")


def frames_problems(frames: Sequence[FramesData], campaign: orm.WorkChainNode) -> Iterator[Problem]:
    """Frames are of systems of the campaign, with the atoms of their structures, and say how far they are trusted."""
    structures = dict(campaign.inputs.systems)
    for node in frames:
        field = f"frames <{node.pk}>"
        if isinstance(node, LabelledFramesData) or DEVIATION not in node.per_frame:
            allowed = f"frames without labels, with {DEVIATION}, as `zif.melt_quench` and `zif.md` give them"
            yield problem(field, type(node).__name__, allowed, "give the output `untrusted` of a study")
        elif node.system not in structures:
            fix = "give the system of the study the name that it has in the campaign"
            yield problem(field, f"system {shown(node.system)}", f"systems {listed(list(structures))}", fix)
        elif node.symbols != (symbols := structures[node.system].get_ase().get_chemical_symbols()):
            found = f"{node.n_atoms} atoms, in another number or order than in the structure of {node.system}"
            fix = "run the study in the cell of the campaign, with the structure of the same file"
            yield problem(field, found, f"its {len(symbols)} atoms in their order", fix)


def code_problem(name: str) -> Problem:
    """A code is missing that the campaign of before did not need."""
    fix = f"give --code {name}=LABEL@COMPUTER"
    return problem(f"codes.{name}", "nothing: the campaign did not need it", "a code of the profile", fix)
