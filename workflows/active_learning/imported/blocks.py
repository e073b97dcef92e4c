"""The imported frames that a campaign names: found in the profile, and checked against the campaign."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from aiida_zif.plugins.cp2k.reading.gates import Gates, bounds_in_words
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.same_frame import first_of_each
from aiida_zif.plugins.data.theory import method_of
from aiida_zif.plugins.imports.gates import (
    Rules,
    composition,
    fault_of_contacts,
    fault_of_values,
    faults_of_energies,
)
from aiida_zif.workflows.active_learning.imported.planned_frames import planned_frames
from aiida_zif.workflows.active_learning.imported.reference import ReferenceFault, find_blocks
from aiida_zif.workflows.active_learning.imported.twice import repeats
from aiida_zif.workflows.campaign.levels import load_campaign_level
from aiida_zif.workflows.campaign.loading import Campaign
from aiida_zif.workflows.campaign.schema.campaign_file import IMPORTED
from aiida_zif.workflows.labelling.import_labels import energies_in_profile
from aiida_zif.workflows.labelling.known_imports import declaration_of
from aiida_zif.workflows.user_input.problems import CampaignError, Problem, listed

Blocks = dict[str, LabelledFramesData]

USES = {"seed_data": "training", "held_out": "held_out"}
"""Section of the campaign file → input namespace below ``imported``."""

STATE = re.compile(r"-q(-?\d+)m(\d+)")
"""Charge and multiplicity in the hash of a level."""


@dataclass(frozen=True)
class Reference:
    """One entry of a list ``imported``, and the blocks that it stands for."""

    use: str
    system: str
    section: str
    field: str
    text: str
    blocks: list[LabelledFramesData]

    def problem(self, found: str, allowed: str, fix: str) -> Problem:
        """A problem with this entry."""
        return Problem("campaign", None, self.field, found, allowed, fix)


def imported_blocks(campaign: Campaign) -> dict[str, Blocks]:
    """Return the blocks that a campaign imports, by use and by a label made from their content.

    :returns: ``training`` and ``held_out``.
    :raises CampaignError: if one is not there, is of another level of theory, charge or spin, holds atoms that no
        model knows, or frames that the gates refuse; if a frame is learnt and held out too, or has labels that
        contradict each other; if a system is left without frames to explore from.
    """
    references, problems = find_references(campaign)
    problems += [problem for reference in references for problem in element_problems(reference, campaign)]
    problems += level_problems(references, campaign)
    problems += [*state_problems(references, campaign), *gate_problems(references, campaign)]
    problems += [*repeat_problems(references), *planned_problems(references, campaign)]
    problems += start_problems(references, campaign)
    if problems:
        raise CampaignError(list(dict.fromkeys(problems)))
    return {
        use: {f"imported_{block.uuid[:8]}": block for ref in references if ref.use == use for block in ref.blocks}
        for use in USES.values()
    }


def find_references(campaign: Campaign) -> tuple[list[Reference], list[Problem]]:
    """Return every entry as it holds for every system, and what is wrong with those that stand for nothing."""
    settings = campaign.settings()
    references: list[Reference] = []
    problems: list[Problem] = []
    for system in campaign.systems:
        for name, use in USES.items():
            section: Any = getattr(settings.for_system(system), name)
            prefix = f"systems.{system}.{name}" if getattr(settings.systems[system], name) else name
            for index, text in enumerate(section.imported):
                entry = Reference(use, system, name, f"{prefix}.imported[{index}]", text, [])
                try:
                    references.append(replace(entry, blocks=find_blocks(text)))
                except ReferenceFault as fault:
                    problems.append(entry.problem(fault.found, fault.allowed, fault.fix))
    return references, problems


def level_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """The entries stand for frames of the campaign's method; if that is what the frames are of, they are of one."""
    if campaign.level_of_theory.name == IMPORTED:
        first = next((block.level_of_theory for ref in references for block in ref.blocks), None)
        line, method = (first["line"], method_of(first["hash"])) if first else ("", "")
        whose, fix = "the level of the first imported frames", "take one of the two out: energies of two levels differ"
    else:
        level = load_campaign_level(campaign.level_of_theory)
        line, method, whose = level.line, level.method, "the campaign's level"
        fix = "take it out; only if its labels are what CP2K gives at this level, import it with that --level"
        fix += "; a campaign that only trains may write level_of_theory: imported"
    for reference in references:
        for theory in (block.level_of_theory for block in reference.blocks):
            if method_of(theory["hash"]) != method:
                found = f"{theory['line']} ({theory['hash']})"
                yield reference.problem(found, f"{whose}, {line} ({method})", fix)


def element_problems(reference: Reference, campaign: Campaign) -> Iterator[Problem]:
    """The entry stands for frames of the campaign's elements."""
    for block in reference.blocks:
        foreign = sorted(set(block.symbols) - set(campaign.type_map or []))
        if foreign:
            found = f"frames with {listed(foreign)}"
            yield reference.problem(found, f"elements {listed(campaign.type_map or [])}", "add them to type_map")


def state_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """Frames of one composition have one charge and one spin, which the level can treat."""
    if campaign.level_of_theory.name == IMPORTED:
        return
    level = load_campaign_level(campaign.level_of_theory)
    states: dict[str, tuple[str, str]] = {}
    for name, atoms in campaign.structures().items():
        system = campaign.systems[name]
        here = level.in_state(system.charge, system.multiplicity)
        said = f"charge {system.charge:+d}, multiplicity {system.multiplicity or 1}, as systems.{name}"
        states.setdefault(composition(atoms.get_chemical_symbols()), (here.hash, said))
    for reference in references:
        for block in reference.blocks:
            found = STATE.search(block.level_of_theory["hash"])
            charge, spin = map(int, found.groups()) if found else (0, 1)
            said = f"charge {charge:+d}, multiplicity {spin}"
            formula, label = composition(block.symbols), f"{block.label or block.system} <{block.pk}>"
            known = states.setdefault(formula, (block.level_of_theory["hash"], f"{said}, as {label}"))
            if method_of(block.level_of_theory["hash"]) != level.method:
                continue
            if block.level_of_theory["hash"] != known[0]:
                fix = "withdraw and import them again with --charge and --multiplicity, or correct the system"
                yield reference.problem(f"{formula} of {label} with {said}", known[1], fix)
                continue
            try:
                level.in_state(charge, spin).check_elements(block.symbols)
            except ValueError as error:
                yield reference.problem(
                    f"{label}: {error}", "electrons that the level can treat", "withdraw the import"
                )


def gate_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """The frames pass the gates of the campaign, with what it lets imported ones differ in."""
    known: dict[tuple[str, Gates], Counter[str]] = {}  # an entry comes again for every system
    for reference in references:
        section: Any = getattr(campaign.for_system(reference.system), reference.section)
        own = {"stress": False, **section.imported_gates.bounds()}
        gates = Gates.read({**campaign.labelling.gates.model_dump(), **own}, "gates")
        for block in reference.blocks:
            if (block.uuid, gates) not in known:
                known[block.uuid, gates] = refused_of(block, gates)
            if reasons := known[block.uuid, gates]:
                found = f"{sum(reasons.values())} of {block.n_frames} frames of {block.label or block.system} "
                found += f"<{block.pk}> that the gates refuse: "
                found += ", ".join(f"{count} {reason}" for reason, count in reasons.items())
                fix = f"take it out, or let these frames differ: {reference.section}: {{imported_gates: …}}"
                yield reference.problem(found, "frames that pass labelling.gates, as computed ones do", fix)


def refused_of(block: LabelledFramesData, gates: Gates) -> Counter[str]:
    """Return how many frames of a block some gates refuse, by reason with the first detail.

    The contacts of a block were looked at when it was made; they are looked at again only by a stricter limit.
    """
    frames = block.labelled_frames()
    known = energies_in_profile(block.level_of_theory["hash"], [block.symbols])
    rules = Rules(gates, None, known.energies_per_atom)
    checks = [fault_of_values]
    if gates.contact > gates_of(block).get("contact", Gates().contact):
        checks.append(fault_of_contacts)
    faults = faults_of_energies(frames, rules)
    for index, frame in enumerate(frames):
        fault = next((fault for check in checks if (fault := check(frame, rules)) is not None), None)
        faults |= {index: fault} if fault is not None else {}
    first = {reason: f"{reason} ({detail})" for reason, detail in reversed(list(faults.values()))}
    return Counter(first[reason] for reason, _ in faults.values())


def repeat_problems(references: list[Reference]) -> Iterator[Problem]:
    """No frame is learnt and held out in one campaign, and none has two labels that contradict each other."""
    named = {(ref.use, block.uuid): ref for ref in reversed(references) for block in ref.blocks}
    found = repeats(tuple(sorted(named, reverse=True)))  # what is learnt comes first
    leaks: Counter[tuple[str, str]] = Counter()
    for repeat in found.leaks:
        leaks[named[repeat.first].field, named[repeat.second].field] += repeat.count
    for repeat in found.leaks:
        learnt, held_out = named[repeat.first], named[repeat.second]
        text = f"{leaks[learnt.field, held_out.field]} frames that {learnt.field} has too"
        yield held_out.problem(text, "frames that no training sees", "remove them from one of the two")
    for repeat in found.contradictions:
        fix = "find out which is right, and withdraw the other: `aiida-zif withdraw PK --reason TEXT`"
        allowed = "one label of a frame, to the tolerances of docs/reuse.md"
        yield named[repeat.second].problem(repeat.detail, allowed, fix)


def planned_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """No imported frame is held out and computed for training, or learnt and computed for the test."""
    if not references:
        return
    for planned in planned_frames(campaign):
        for ref in references:
            if ref.use == planned.use or not planned.frames:
                continue
            frames = [*planned.frames, *(frame for block in ref.blocks for frame in block.labelled_frames())]
            shared = [row for row in first_of_each(frames)[len(planned.frames) :] if row < len(planned.frames)]
            if shared:
                found = f"{len(shared)} frames that {planned.origin} gives too"
                yield ref.problem(found, "frames that no training sees", "remove them from one of the two")


def import_notes(campaign: Campaign) -> list[str]:
    """Return what is no fault, but worth a line: bounds that an import was given, and what is learnt twice."""
    references, _ = find_references(campaign)
    blocks = {(ref.use, block.uuid): block for ref in references for block in ref.blocks}
    bounds = {block.pk: (block, given) for block in blocks.values() if (given := gates_of(block))}
    notes = [
        f"{block.label} <{pk}> was imported with other gates than those of computed labels: {bounds_in_words(given)}"
        for pk, (block, given) in sorted(bounds.items())
    ]
    return notes + [repeat.detail for repeat in repeats(tuple(sorted(blocks, reverse=True))).twice]


def gates_of(block: LabelledFramesData) -> dict[str, Any]:
    """Return the bounds that an import was given, by name."""
    origin: Any = block.creator
    return dict(declaration_of(origin).gates) if origin and "declaration" in origin.inputs else {}


def start_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """Every system that is explored has a first frame for it, its atoms in the order of its structure.

    A system that is described by its imported frames has such frames.
    """
    learnt = {block.system for ref in references if ref.use == "training" for block in ref.blocks}
    for system, own in campaign.systems.items():
        if own.structure == IMPORTED and system not in learnt:
            field, allowed = f"systems.{system}.structure", "imported frames with the label of the system"
            fix = f"import with --system {system}, or give a structure"
            yield Problem("campaign", None, field, f"imported, and no imported frame of {system!r}", allowed, fix)
    for system, atoms in campaign.structures().items():
        seed_data = campaign.for_system(system).seed_data
        if not campaign.limits.cycles or seed_data.aimd or (seed_data.perturbed and seed_data.perturbed.frames):
            continue
        symbols = atoms.get_chemical_symbols()
        blocks = [block for ref in references if ref.use == "training" for block in ref.blocks]
        if not any(block.system == system and block.symbols == symbols for block in blocks):
            found = f"no imported frame of system {system!r} with the atoms of its structure in their order"
            fix = f"add perturbed frames, or import with --system {system}"
            if any(block.system == system and len(symbols) % len(block.symbols) == 0 for block in blocks):
                fix = f"write systems.{system}.supercell: [1, 1, 1] if they are of the file's cell, or {fix}"
            yield Problem("campaign", None, "seed_data.imported", found, "a frame to explore from", fix)
