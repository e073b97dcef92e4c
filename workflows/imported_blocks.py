"""The imported frames that a campaign names: found in the profile, and checked against the campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiida import orm

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.theory import method_of
from aiida_zif.workflows.campaign import Campaign
from aiida_zif.workflows.campaign_errors import CampaignError, Problem, listed, shown
from aiida_zif.workflows.campaign_levels import load_campaign_level

Blocks = dict[str, LabelledFramesData]

USES = {"seed_data": "training", "held_out": "held_out"}
"""Section of the campaign file → input namespace below ``imported``."""


@dataclass(frozen=True)
class Reference:
    """One entry of a list ``imported``, and the blocks that it stands for."""

    use: str
    system: str
    field: str
    text: str
    blocks: list[LabelledFramesData]

    def problem(self, found: str, allowed: str, mend: str) -> Problem:
        """A problem with this entry."""
        return Problem("campaign", None, self.field, found, allowed, mend)


def imported_blocks(campaign: Campaign) -> dict[str, Blocks]:
    """Return the blocks that a campaign imports, by use and by a label made from their content.

    :returns: ``training`` and ``held_out``.
    :raises CampaignError: if one is not there, is of another level of theory or holds atoms that no model knows; if a
        frame is learnt and held out too; if a system is left without frames to explore from.
    """
    references = list(find_references(campaign))
    problems = [problem for reference in references for problem in reference_problems(reference, campaign)]
    problems += [*leak_problems(references), *start_problems(references, campaign)]
    if problems:
        raise CampaignError(list(dict.fromkeys(problems)))
    return {
        use: {f"imported_{block.uuid[:8]}": block for ref in references if ref.use == use for block in ref.blocks}
        for use in USES.values()
    }


def find_references(campaign: Campaign) -> Iterator[Reference]:
    """Yield every entry as it holds for every system."""
    own = campaign.parameters()["systems"]
    for system in campaign.systems:
        for name, use in USES.items():
            section: Any = campaign.section(system, name)
            prefix = f"systems.{system}.{name}" if name in own[system] else name
            for index, text in enumerate(section.imported):
                yield Reference(use, system, f"{prefix}.imported[{index}]", text, find_blocks(text))


def find_blocks(text: str) -> list[LabelledFramesData]:
    """Return the blocks of a label that imports were given, the oldest first, or the block or data set of a UUID."""
    query = orm.QueryBuilder().append(orm.CalcFunctionNode, filters={"attributes.process_label": "import_labels"})
    query.append(LabelledFramesData, filters={"label": text}, tag="block")
    blocks = query.order_by({"block": {"id": "asc"}}).all(flat=True)
    by_uuid = orm.QueryBuilder().append((LabelledFramesData, DatasetData), filters={"uuid": text})
    return blocks or list(blocks_in({node.uuid: node for node in by_uuid.all(flat=True)}).values())


def reference_problems(reference: Reference, campaign: Campaign) -> Iterator[Problem]:
    """The entry stands for frames of the campaign's method and elements."""
    level = load_campaign_level(campaign.level_of_theory)
    if not reference.blocks:
        mend = "bring them in with `aiida-zif import PATH --level … --system LABEL`, or correct the label"
        yield reference.problem(shown(reference.text), "a label or UUID of imported frames in this profile", mend)
    for block in reference.blocks:
        theory = block.level_of_theory
        if method_of(theory["hash"]) != level.method:
            found = f"{theory['line']} ({theory['hash']})"
            mend = "take it out; only if its labels are what CP2K gives at this level, import it with that --level"
            yield reference.problem(found, f"the campaign's level, {level.line} ({level.method})", mend)
        foreign = sorted(set(block.symbols) - set(campaign.type_map or []))
        if foreign:
            found = f"frames with {listed(foreign)}"
            yield reference.problem(found, f"elements {listed(campaign.type_map or [])}", "add them to type_map")


def leak_problems(references: list[Reference]) -> Iterator[Problem]:
    """No frame is learnt and held out in one campaign."""
    learnt: Mapping[str, Reference] = {
        key: ref for ref in references if ref.use == "training" for block in ref.blocks for key in block.frame_ids()
    }
    for reference in references:
        if reference.use == "held_out":
            both = [key for block in reference.blocks for key in block.frame_ids() if key in learnt]
            if both:
                found = f"{len(both)} frames that {learnt[both[0]].field} has too"
                yield reference.problem(found, "frames that no training sees", "remove them from one of the two")


def start_problems(references: list[Reference], campaign: Campaign) -> Iterator[Problem]:
    """Every system has a first frame to explore from, its atoms in the order of its structure."""
    for system, atoms in campaign.structures().items():
        section: Any = campaign.section(system, "seed_data")
        if section.aimd or (section.perturbed and section.perturbed.frames):
            continue
        symbols = atoms.get_chemical_symbols()
        blocks = [block for ref in references if ref.use == "training" for block in ref.blocks]
        if not any(block.system == system and block.symbols == symbols for block in blocks):
            found = f"no imported frame of system {system!r} with the atoms of its structure in their order"
            mend = f"add perturbed frames, or import with --system {system}"
            if any(block.system == system and len(symbols) % len(block.symbols) == 0 for block in blocks):
                mend = f"write systems.{system}.supercell: [1, 1, 1] if they are of the file's cell, or {mend}"
            yield Problem("campaign", None, "seed_data.imported", found, "a frame to explore from", mend)
