"""From a checked campaign to a builder that is ready to submit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida import orm
from aiida.engine import ProcessBuilder, calcfunction
from aiida.plugins import WorkflowFactory

from aiida_zif.plugins.systems.sources import as_node_source
from aiida_zif.workflows.active_learning.imported.blocks import imported_blocks
from aiida_zif.workflows.campaign.checks.machine_cores import require_cores
from aiida_zif.workflows.campaign.loading import Campaign, campaign_from_structures
from aiida_zif.workflows.campaign.schema.campaign_file import IMPORTED
from aiida_zif.workflows.campaign.supercell import IDENTITY, Matrix, build
from aiida_zif.workflows.structures.first_frames import structure_of_frames


def builder_from_campaign(campaign: Campaign) -> ProcessBuilder:
    """Return a builder for a campaign; its codes must be set up in the loaded profile.

    :param campaign: a checked campaign.
    :raises NotExistent: if a code is not set up.
    :raises CampaignError: if imported frames are not there, or do not fit the campaign; if a machine has not the cores.
    """
    codes = {name: orm.load_code(label) for name, label in campaign.code_labels().items()}
    require_cores(campaign.resources, codes)
    return fill_builder(campaign, codes, {**structure_nodes(campaign), **described_structures(campaign)})


def structure_nodes(campaign: Campaign) -> dict[str, orm.StructureData]:
    """Return an unstored node a system; its attribute ``source`` says where the structure comes from."""
    nodes = {name: orm.StructureData(ase=atoms, label=name) for name, atoms in campaign.structures().items()}
    for name, record in campaign.structure_records().items():
        nodes[name].source = as_node_source(record)
    return nodes


def described_structures(campaign: Campaign) -> dict[str, orm.StructureData]:
    """Return a node a system that nothing describes but its imported frames: the first of the oldest block."""
    names = [name for name, system in campaign.systems.items() if system.structure == IMPORTED]
    learnt = imported_blocks(campaign)["training"].values() if names else ()
    oldest_first = sorted(learnt, key=lambda block: int(block.pk or 0))
    blocks = {name: next(block for block in oldest_first if block.system == name) for name in names}
    return {name: structure_of_frames(block) for name, block in blocks.items()}


def builder_from_protocol(
    codes: dict[str, orm.AbstractCode],
    structures: dict[str, orm.StructureData],
    protocol: str,
    overrides: dict[str, Any],
) -> ProcessBuilder:
    """Return a builder for given nodes; everything else comes from the protocol, then from the overrides.

    :param codes: ``cp2k``, ``dp``, ``lmp`` and ``python``.
    :param structures: by system label.
    :param protocol: its name.
    :param overrides: as in the campaign file.
    :raises CampaignError: if the whole does not pass the checks of a campaign file, or a machine has not the cores.
    """
    atoms = {name: structure.get_ase() for name, structure in structures.items()}
    campaign = campaign_from_structures(atoms, protocol, overrides)
    require_cores(campaign.resources, codes)
    nodes = {name: in_its_cell(node, campaign.cell_matrix(name)) for name, node in structures.items()}
    return fill_builder(campaign, codes, nodes)


def in_its_cell(structure: orm.StructureData, matrix: Matrix) -> orm.StructureData:
    """Return a structure in the cell that it is computed in; a supercell has the given structure as its origin."""
    if matrix == IDENTITY:
        return structure
    built: orm.StructureData = supercell(structure, orm.List([list(row) for row in matrix]))
    return built


@calcfunction
def supercell(structure: orm.StructureData, matrix: orm.List) -> orm.StructureData:
    """Build a supercell, see :func:`aiida_zif.workflows.campaign.supercell.build`.

    :param matrix: of whole numbers, each row a new cell vector in terms of the old ones.
    """
    rows: Any = tuple(tuple(row) for row in matrix.get_list())
    built = orm.StructureData(ase=build(structure.get_ase(), rows), label=structure.label)
    if structure.source is not None:
        built.source = structure.source
    return built


def fill_builder(
    campaign: Campaign, codes: Mapping[str, orm.AbstractCode], structures: Mapping[str, orm.StructureData]
) -> ProcessBuilder:
    """Set every input of the work chain."""
    imported = {use: blocks for use, blocks in imported_blocks(campaign).items() if blocks}
    builder: Any = ProcessBuilder(WorkflowFactory("zif.active_learning"))  # type: ignore[arg-type]
    builder.codes = dict(codes)
    builder.systems = dict(structures)
    builder.imported = imported
    builder.settings = orm.Dict(campaign.settings().as_dict())
    builder.resources = orm.Dict(campaign.resources.as_dict())
    builder.metadata.label = campaign.name
    return builder
