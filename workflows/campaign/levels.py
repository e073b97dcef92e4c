"""The level of theory of a campaign: shipped, from a file, or defined in the campaign (no AiiDA)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.workflows.campaign.schema.campaign_file import LevelOfTheory, System
from aiida_zif.workflows.user_input.problems import CampaignError, Problem, listed
from aiida_zif.workflows.user_input.yaml_source import Source, YamlPath, read_source

if TYPE_CHECKING:
    from ase import Atoms

    from aiida_zif.plugins.cp2k.levels import Level
    from aiida_zif.plugins.cp2k.schema.check import Fault

KEY = "level_of_theory"


def with_level_file(source: Source) -> tuple[Source, Source | None, list[Problem]]:
    """Put the content of a level file in the place of its path, so that the campaign needs the file no more.

    :param source: the campaign; relative paths start at its folder.
    :returns: the campaign, the level file if there is one, and what is wrong with it.
    """
    given = source.data.get(KEY)
    section: Any = {"name": given} if isinstance(given, str) else given
    name = section.get("name") if isinstance(section, Mapping) else None
    if not isinstance(name, str) or not re.search(r"[/\\]|\.ya?ml$", name):
        return source, None, []
    try:
        file = read_source(source.folder / name)
    except CampaignError as error:
        rest = {key: value for key, value in source.data.items() if key != KEY}
        problems = [problem if problem.field else replace(problem, field=KEY) for problem in error.problems]
        return Source(rest, source.file, source.folder, source.lines), None, problems
    level = {**section, "name": Path(name).stem, "definition": file.data}
    return Source({**source.data, KEY: level}, source.file, source.folder, source.lines), file, []


def load_campaign_level(level: LevelOfTheory | Mapping[str, Any]) -> Level:
    """Return the level that a campaign asks for.

    :param level: the section of a campaign, or its plain values.
    :raises LevelError: with everything that is wrong with it.
    """
    from aiida_zif.plugins.cp2k.levels import load_level

    values = level.model_dump() if isinstance(level, LevelOfTheory) else level
    return load_level(values["name"], values.get("overrides"), values.get("definition"))


def level_problems(
    level: LevelOfTheory,
    systems: Mapping[str, System],
    structures: Mapping[str, Atoms],
    source: Source,
    file: Source | None = None,
) -> Iterator[Problem]:
    """The level exists, CP2K takes its settings, and it can treat every system with its charge and spin.

    :param file: the level file, where the level comes from one.
    """
    from aiida_zif.plugins.cp2k.levels import LevelError

    try:
        theory = load_campaign_level(level)
    except LevelError as error:
        yield from (_problem(fault, error.where, source, file) for fault in error.faults)
        return
    for name, atoms in structures.items():
        yield from _system_problems(theory, name, systems.get(name), atoms, source)


def _system_problems(
    theory: Level, name: str, system: System | None, atoms: Atoms, source: Source
) -> Iterator[Problem]:
    symbols = atoms.get_chemical_symbols()
    missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in theory.elements]
    if missing:
        found = f"{theory.name}, which has no basis set or parameters for {listed(missing)} of systems.{name}"
        fix = "take another level (see docs/levels.md) or another system"
        yield source.problem((KEY,), found, f"elements {listed(theory.elements)}", fix)
        return
    charge, multiplicity = (system.charge, system.multiplicity) if system else (0, None)
    try:
        theory.in_state(charge, multiplicity).check_elements(symbols)
    except ValueError as error:
        found, _, fix = str(error).partition("; ")
        stated = multiplicity is not None or charge
        field = ("systems", name, "multiplicity") if stated else ("systems", name, "structure")
        yield source.problem(field, f"{name}: {found}", "electrons and spin that the level can treat", fix)


def _problem(fault: Fault, where: str, source: Source, file: Source | None) -> Problem:
    """A fault where it stands: in the level file, or in the campaign."""
    if file is not None and where.endswith("definition"):
        return file.problem(as_written(fault.path, file.data), fault.found, fault.allowed, fault.fix)
    path = as_written((*where.split("."), *fault.path), source.data)
    return source.problem(path, fault.found, fault.allowed, fault.fix)


def as_written(path: YamlPath, content: Any) -> YamlPath:
    """Return a path as it stands in a file: names may be in any case there, and sections joined by slashes.

    :param path: by the names that CP2K itself uses.
    :param content: of the file.
    """
    found: list[str | int] = []
    rest = list(path)
    while rest and isinstance(content, Mapping):
        for key in content:
            parts = str(key).strip("/").upper().split("/")
            if [str(name).upper() for name in rest[: len(parts)]] == parts:
                found, rest, content = [*found, key], rest[len(parts) :], content[key]
                break
        else:
            break
    return (*found, *rest)
