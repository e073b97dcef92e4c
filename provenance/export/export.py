"""Export of data sets and models to files, with a manifest of their sources."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.dataset import DatasetData, blocks_in
from aiida_zif.plugins.data.frames import LabelledFramesData
from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.plugins.data.theory import mixture
from aiida_zif.plugins.systems.sources import NOT_STATED
from aiida_zif.provenance.campaigns.software import executables_of, software_of
from aiida_zif.provenance.campaigns.view import load_view
from aiida_zif.provenance.export.formats import README, origin_in_words, write_deepmd, write_extxyz, write_models
from aiida_zif.provenance.lineage.structure_sources import (
    energy_reference,
    nothing_stated,
    source_of_block,
    sources_behind,
)
from aiida_zif.provenance.queries.calls import within
from aiida_zif.provenance.queries.campaigns import campaigns_behind, is_campaign
from aiida_zif.provenance.queries.links import inputs_under, outputs_under
from aiida_zif.workflows.active_learning.state.naming import block_in_dataset
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.protocols.loading import available_protocols

MANIFEST = "manifest.json"


class ExportError(ValueError):
    """The export is not possible. The message states the cause and what can be exported."""


@dataclass
class Goods:
    """The nodes to export, by label."""

    training: dict[str, LabelledFramesData] = field(default_factory=dict)
    held_out: dict[str, LabelledFramesData] = field(default_factory=dict)
    models: dict[str, DeepPotentialData] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, dict[str, LabelledFramesData]]:
        """The parts of the data set that hold any frame, by the name of their folder."""
        parts = {"training": self.training, "held_out": self.held_out}
        kept = {name: {k: b for k, b in blocks.items() if b.n_frames} for name, blocks in parts.items()}
        return {name: blocks for name, blocks in kept.items() if blocks}

    @property
    def blocks(self) -> list[LabelledFramesData]:
        """All blocks that hold any frame."""
        return [block for part in self.parts.values() for block in part.values()]


def export_to(nodes: Sequence[orm.Node], kind: str, folder: Path, force: bool = False) -> dict[str, Any]:
    """Write the content of nodes to files.

    :param nodes: campaigns, blocks, potentials, or work chains that made them.
    :param kind: ``deepmd``, ``extxyz`` or ``models``.
    :param folder: made if missing.
    :param force: whether to write into a folder that is not empty; files of an earlier export are replaced.
    :returns: the manifest, as written to ``manifest.json``.
    :raises ExportError: if there is nothing to export, it does not go together, or the folder is not empty.
    """
    goods = Goods()
    for node in nodes:
        collect(node, goods)
    if kind == "models" and not goods.models:
        raise ExportError("no trained model found. Give a campaign, a committee's work chain or potentials.")
    if kind != "models" and not goods.parts:
        raise ExportError("no labelled frame found. Give a campaign or blocks of labelled frames.")
    blocks = blocks_behind(goods) if kind == "models" else goods.blocks
    level, type_map = level_of(blocks), type_map_of(goods)
    check_names([*goods.models, *type_map, *(symbol for block in goods.blocks for symbol in block.symbols)])
    used: list[orm.Data] = [*goods.models.values()] if kind == "models" else [*goods.blocks]
    origin = origin_of(used, blocks, level)
    prepare(folder, force)
    if kind == "models":
        entries = write_models(folder, goods.models, origin)
    else:
        entries = write_blocks(folder, kind, goods, origin)
    models = " ".join(entry["file"] for entry in entries if "file" in entry)
    readme = README[kind].format(type_map=" ".join(type_map), models=models) + origin_in_words(origin)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    creators = sorted({int(node.creator.pk or 0) for node in used if node.creator is not None})
    manifest = {
        "format": kind,
        "campaigns": campaigns_behind([int(node.pk or 0) for node in used]),
        **origin,
        "type_map": type_map,
        "models" if kind == "models" else "blocks": entries,
        "versions": software_of(creators),
        "executables": executables_of(creators),
        "written_by": {name: version(name) for name in ("aiida-zif", "aiida-core")},
        "files": checksums(folder),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def origin_of(used: Sequence[orm.Data], blocks: Sequence[Any], level: dict[str, str] | None) -> dict[str, Any]:
    """Return what is said of everything in an export: level, what energies are relative to, sources, protocols.

    :param used: the nodes that are exported.
    :param blocks: the labels in them, or those that the models learnt.
    """
    pks = [int(node.pk or 0) for node in used]
    campaigns: list[Any] = [orm.load_node(entry["pk"]) for entry in campaigns_behind(pks)]
    names = [Settings.from_node(campaign.inputs.settings).protocol for campaign in campaigns]
    known = available_protocols()
    return {
        "level_of_theory": level,
        "energy_reference": energy_reference(blocks),
        "structures": sources_behind(pks),
        "protocols": [{"name": name, "description": known.get(name, "not known")} for name in dict.fromkeys(names)],
    }


def write_blocks(folder: Path, kind: str, goods: Goods, origin: dict[str, Any]) -> list[dict[str, Any]]:
    """Write the parts of a data set and return the manifest's entries of their blocks."""
    for part, blocks in goods.parts.items():
        if kind == "deepmd":
            write_deepmd(folder / part, blocks, type_map_of(goods))
        else:
            write_extxyz(folder / part, blocks, {label: remarks_of(block, origin) for label, block in blocks.items()})
    return [describe(part, label, block) for part, blocks in goods.parts.items() for label, block in blocks.items()]


def remarks_of(block: LabelledFramesData, origin: dict[str, Any]) -> dict[str, str]:
    """Return what stands in the comment line of every frame of a block; no name in it could pass for a label."""
    record = source_of_block(block, origin["structures"]) or nothing_stated("given")
    return {
        "source": f"{record['structure']}; {record['source']}",
        "licence": record["licence"],
        "citation": "; ".join(record["citation"]) or NOT_STATED,
        "level_of_theory": block.level_of_theory["line"],
        "reference_state": energy_reference([block]),
    }


# -- what there is -------------------------------------------------------------------------------------------


def collect(node: Any, goods: Goods) -> None:
    """Add what a node holds.

    :raises ExportError: if it holds nothing that can be exported.
    """
    if is_campaign(node):
        collect_campaign(node, goods)
    elif isinstance(node, LabelledFramesData):
        goods.training[key_of("block", node.pk)] = node
    elif isinstance(node, DatasetData):
        goods.training |= node.blocks()
    elif isinstance(node, DeepPotentialData):
        goods.models[key_of("model", node.pk)] = node
    elif isinstance(node, orm.ProcessNode):
        links = node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all()
        for link in links:
            if isinstance(link.node, LabelledFramesData):
                goods.training[key_of("block", link.node.pk)] = link.node
            elif isinstance(link.node, DatasetData):
                goods.training |= link.node.blocks()
            elif isinstance(link.node, DeepPotentialData):
                names = (within(namespace, link.link_label) for namespace in ("committee", "potential"))
                goods.models[next(filter(None, names), link.link_label)] = link.node
        goods.training |= blocks_in(inputs_under(node, "dataset"))
    else:
        raise ExportError(
            f"<{node.pk}> is a {type(node).__name__}; what can be exported is a campaign, blocks of labelled "
            "frames, potentials, and the work chains and jobs that made them."
        )


def collect_campaign(campaign: orm.WorkChainNode, goods: Goods) -> None:
    """Add everything that a campaign has labelled and its newest committee, whether it has ended or not."""
    view = load_view(campaign)
    goods.training |= inputs_under(campaign, "imported__training")
    goods.held_out |= inputs_under(campaign, "imported__held_out")
    for step in view.of("label"):
        target = goods.held_out if view.is_held_out(step) else goods.training
        for label, block in outputs_under(step.node, "blocks").items():
            target[block_in_dataset(step.cycle, step.name, label)] = block
    committees = [outputs_under(step.node, "committee") for step in view.of("train")]
    goods.models |= next((committee for committee in reversed(committees) if committee), {})


def blocks_behind(goods: Goods) -> list[LabelledFramesData]:
    """Return the blocks that the models were trained on."""
    trainings = [model.creator for model in goods.models.values() if model.creator is not None]
    return [block for training in trainings for block in blocks_in(inputs_under(training, "dataset")).values()]


def level_of(blocks: list[LabelledFramesData]) -> dict[str, str] | None:
    """Return the level of theory that all blocks share; None if there is no block.

    :raises ExportError: if they do not share one.
    """
    levels = mixture({f"block {block.pk}": block for block in blocks})
    if levels:
        raise ExportError(f"different levels of theory: {'; '.join(levels)}. Export what belongs to one at a time.")
    return blocks[0].level_of_theory if blocks else None


def type_map_of(goods: Goods) -> list[str]:
    """Return the elements in the order of the models' types, or in alphabetical order where there is no model."""
    for model in goods.models.values():
        return model.type_map
    return sorted({symbol for block in goods.blocks for symbol in block.symbols})


def describe(part: str, label: str, block: LabelledFramesData) -> dict[str, Any]:
    """Return the manifest's entry of a block."""
    return {"label": label, "part": part, "pk": block.pk, "uuid": block.uuid, "n_frames": block.n_frames}


def check_names(names: Iterable[str]) -> None:
    """Refuse names that must not become names of files: nodes of an archive may contain any text.

    :raises ExportError: if a name is not of letters, digits, ``_`` and ``-``.
    """
    for name in {*names}:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            allowed = "letters, digits, _ and -"
            raise ExportError(
                f"an element or model {name!a} found; allowed are {allowed}. Fix: check the origin of the node."
            )


# -- the folder ----------------------------------------------------------------------------------------------


def prepare(folder: Path, force: bool) -> None:
    """Make the folder; take away what an earlier export left there.

    :raises ExportError: if it is not empty and ``force`` is not given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not force:
        raise ExportError(f"{folder} is not empty. Choose another folder, or add --force to write into it.")
    try:
        old = json.loads((folder / MANIFEST).read_text())["files"]
    except (OSError, ValueError, KeyError):
        old = {}
    root = folder.resolve()
    for name in old:
        path = (folder / name).resolve()
        if path.is_relative_to(root):  # a manifest is a text that anybody may have edited
            path.unlink(missing_ok=True)


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder but the manifest, by its path there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
