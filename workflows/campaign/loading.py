"""Load a campaign from a file or from Python, complete it by its protocol, and check it as a whole (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr, ValidationError

from aiida_zif.plugins.systems.sources import Record, record_of
from aiida_zif.workflows.campaign.checks.campaign import (
    all_problems,
    elements_of,
    halt_problems,
    limit_problems,
    needed_thickness,
    plumed_problems,
    supercell_problems,
    training_problems,
)
from aiida_zif.workflows.campaign.checks.imported_only import imported_only_problems
from aiida_zif.workflows.campaign.json_schema import campaign_json_schema, whole_schema
from aiida_zif.workflows.campaign.levels import load_campaign_level, with_level_file
from aiida_zif.workflows.campaign.plumed import with_plumed_files
from aiida_zif.workflows.campaign.schema.campaign_file import (
    IMPORTED,
    OVERRIDABLE,
    CampaignFile,
    Framework,
    Section,
    System,
)
from aiida_zif.workflows.campaign.settings import Settings, SystemSections, SystemSettings
from aiida_zif.workflows.campaign.structures import MOST_ATOMS, as_stored, fit_structures, stated
from aiida_zif.workflows.campaign.supercell import CellChoice, Matrix, build, choose_cell
from aiida_zif.workflows.protocols.loading import available_protocols, default_protocol, protocol_settings
from aiida_zif.workflows.user_input.completing import Errors, as_problem, completed, valid_parts
from aiida_zif.workflows.user_input.merging import merged
from aiida_zif.workflows.user_input.problems import CampaignError, Problem, render_problems
from aiida_zif.workflows.user_input.yaml_source import Source, read_source

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "Campaign",
    "CampaignError",
    "Problem",
    "campaign_from_structures",
    "campaign_json_schema",
    "load_campaign",
    "render_problems",
]


class Campaign(CampaignFile):
    """A checked campaign; all values in K, GPa, fs, Å, eV/Å, walltimes in s."""

    _structures: dict[str, Any] = PrivateAttr(default_factory=dict)
    _own: dict[str, dict[str, Section]] = PrivateAttr(default_factory=dict)
    _cells: dict[str, CellChoice] = PrivateAttr(default_factory=dict)
    _records: dict[str, Record] = PrivateAttr(default_factory=dict)

    def structures(self) -> dict[str, Atoms]:
        """Return the atoms of every system, supercells built, in the digits that the database will keep."""
        return {name: atoms.copy() for name, atoms in self._structures.items()}

    def cell_notes(self) -> list[str]:
        """Return notes on the cells: supercells that were chosen, and warnings about thin and large ones."""
        if self.settings().only_trains:
            return []
        dft = load_campaign_level(self.level_of_theory).settings["energy"].get("QS", {}).get("METHOD") != "XTB"
        return [f"{name}: {note}" for name, choice in self._cells.items() for note in choice.notes(dft)]

    def structure_records(self) -> dict[str, Record]:
        """Return source, licence and citation of every structure, without those that were given in Python."""
        return dict(self._records)

    def cell_matrix(self, system: str) -> Matrix:
        """Return the matrix that turns the vectors of a system's file into those that it is computed with."""
        matrix: Matrix = self._cells[system].matrix
        return matrix

    def for_system(self, name: str) -> SystemSections:
        """Return the sections as they hold for one system.

        :param name: label of the system.
        """
        return self.settings().for_system(name)

    def settings(self) -> Settings:
        """Return the settings of the work chain: no codes, no resources, no structures."""
        shared: dict[str, Any] = {name: getattr(self, name) for name in Settings.model_fields if name != "systems"}
        systems = {}
        for name, system in self.systems.items():
            origin: dict[str, Any] = {key: getattr(system, key) for key in Framework.model_fields}
            cell = self._cells.get(name)  # none of a system that its imported frames describe
            origin |= {**({"supercell": cell.value} if cell else {}), **self._own.get(name, {})}
            systems[name] = SystemSettings.model_construct(**origin)
        return Settings.model_construct(**shared, systems=systems)

    def code_labels(self) -> dict[str, str]:
        """Return ``label@computer`` by code, of those that the campaign needs."""
        labels = self.codes.model_dump()
        return {name: labels[name] for name in self.settings().needed_codes}


def load_campaign(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Campaign:
    """Read, complete and check a campaign file.

    :param path: the file.
    :param overrides: values in the form of the file that win over it, such as ``{"seed": 3}``.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    source = read_source(path)
    return _build(Source(merged(source.data, overrides or {}), source.file, source.folder, source.lines), {})


def campaign_from_structures(
    structures: Mapping[str, Atoms], protocol: str | None = None, overrides: Mapping[str, Any] | None = None
) -> Campaign:
    """Build and check a campaign in Python.

    :param structures: atoms by system label.
    :param protocol: its name; the default protocol if not given.
    :param overrides: values in the form of the campaign file, with units.
    :raises CampaignError: with everything that is wrong, in one go.
    """
    base: dict[str, Any] = {
        "name": "campaign",
        "protocol": protocol or default_protocol(),
        "systems": {name: {"structure": "given"} for name in structures},
    }
    return _build(Source(merged(base, overrides or {}), "overrides", Path()), structures)


def sections_of_protocol(name: str) -> dict[str, Any]:
    """Return the sections of a campaign whose file says nothing but its protocol, as :class:`Settings` stores them."""
    parts, _ = valid_parts(CampaignFile, System, protocol_settings(name))
    return {key: part.model_dump(mode="json") for key, part in parts.items() if isinstance(part, Section)}


def _build(source: Source, given: Mapping[str, Atoms]) -> Campaign:
    source, level_file, faults = with_level_file(source)
    source, unread = with_plumed_files(source)
    raw, problems = completed(source, list(available_protocols()), default_protocol(), protocol_settings)
    problems += [*faults, *unread]
    parts, errors = valid_parts(CampaignFile, System, raw)
    problems += [as_problem(error, source, whole_schema(), "docs/campaign.md") for error in errors]
    own, errors = _own_sections(raw, parts)
    problems += [as_problem(error, source, whole_schema(), "docs/campaign.md") for error in errors]
    read = {name: system for name, system in parts.get("systems", {}).items() if system.structure != IMPORTED}
    files, faults = fit_structures(read, given, source)
    problems += faults
    structures, cells, faults = _in_their_cells(files, parts, own, source)
    problems += [*faults, *all_problems(parts, structures, source, level_file), *halt_problems(parts, own, source)]
    problems += [*training_problems(parts, own, structures, source), *limit_problems(parts, own, source)]
    problems += [*plumed_problems(parts, own, structures, source), *imported_only_problems(parts, own, source)]
    if problems:
        raise CampaignError(sorted(problems, key=lambda problem: problem.line or 0))
    raw["type_map"] = raw.get("type_map") or elements_of(structures)
    campaign = Campaign.model_validate(raw)
    campaign._structures, campaign._own, campaign._cells = structures, own, cells
    campaign._records = {
        name: record_of(system.structure, source.folder, stated(system))
        for name, system in campaign.systems.items()
        if name in structures and name not in given
    }
    return campaign


def _own_sections(raw: dict[str, Any], parts: dict[str, Any]) -> tuple[dict[str, dict[str, Section]], Errors]:
    """The sections that a system sets for itself, completed by those of the campaign (if broken, the protocol's)."""
    own: dict[str, dict[str, Section]] = {}
    errors: Errors = []
    common = {name: (raw if name in parts else protocol_settings(raw["protocol"]))[name] for name in OVERRIDABLE}
    for system, values in parts.get("systems", {}).items():
        own[system] = {}
        for name, model in OVERRIDABLE.items():
            difference = getattr(values, name)
            if difference is None:
                continue
            try:
                own[system][name] = model.model_validate(merged(common[name], difference))
            except ValidationError as invalid:
                path = ("systems", system, name)
                errors += [{**error, "loc": (*path, *error["loc"])} for error in invalid.errors(include_url=False)]
    return own, errors


def _in_their_cells(
    files: Mapping[str, Atoms], parts: Mapping[str, Any], own: Mapping[str, Mapping[str, Section]], source: Source
) -> tuple[dict[str, Atoms], dict[str, CellChoice], list[Problem]]:
    """The structures as they are computed, supercells built, with the reason of each; and what is wrong with others."""
    built: dict[str, Atoms] = {}
    cells: dict[str, CellChoice] = {}
    problems: list[Problem] = []
    for name, atoms in files.items():
        system, needed = parts["systems"][name], needed_thickness(parts, own, name)
        cells[name] = choose_cell(system.supercell, atoms.cell[:], len(atoms), *needed, MOST_ATOMS)
        faults = list(supercell_problems(name, system, cells[name], source))
        if not faults:
            built[name] = as_stored(build(atoms, cells[name].matrix))
        problems += faults
    return built, cells, problems
