"""Checks between the sections of a study, its systems and its force field (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiida_zif.workflows.campaign.checks.campaign import elements_of
from aiida_zif.workflows.properties.states.plan import StateName
from aiida_zif.workflows.study.force_field.known import KnownForceField
from aiida_zif.workflows.study.schema.study_file import SECTIONS
from aiida_zif.workflows.study.schema.validation import Validation
from aiida_zif.workflows.user_input.problems import Problem, did_you_mean, listed, shown
from aiida_zif.workflows.user_input.yaml_source import Source

if TYPE_CHECKING:
    from ase import Atoms

MELT = "add 'melt_quench: {}', which takes all values from the protocol"


def section_problems(raw: Mapping[str, Any], parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Something is computed, and what a section is about is computed by another.

    :param raw: the file over its protocol.
    :param parts: the sections that are valid by themselves, by the names of their fields.
    """
    asked = [name for name in SECTIONS if raw.get(name) is not None]
    if not asked:
        yield source.problem((), "nothing to compute", f"at least one of the sections {listed(list(SECTIONS))}", MELT)
        return
    melts = "melt_quench" in asked
    if "structure" in asked and not melts:
        found = "no section melt_quench, whose crystal, melt and glass it is about"
        fix = f"{MELT}; the section states analyses the structure of its own states"
        yield source.problem(("structure",), found, "structure together with melt_quench", fix)
    states = parts.get("states")
    if states is not None and states.start == "glass" and not melts:
        yield source.problem(("states", "start"), "'glass' without melt_quench", "a glass that is made", MELT)
    if asked == ["validate"]:
        found = "nothing to compare with"
        yield source.problem(("validate",), found, "validate together with structure or states", "add 'structure: {}'")
    if parts.get("validation") is not None:
        yield from reference_problems(parts["validation"], parts, source)


def reference_problems(section: Validation, parts: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Every reference stands beside a system and a state of the study, and its files can be read."""
    known = states_of(parts)
    for name, reference in section.references.items():
        path = ("validate", "references", name)
        systems = list(parts.get("systems", {}))
        if systems and reference.system not in systems:
            fix = did_you_mean(reference.system, systems, "take one of these")
            yield source.problem((*path, "system"), shown(reference.system), listed(systems), fix)
        if known and reference.state not in known:
            fix = did_you_mean(reference.state, known, "take one of these")
            yield source.problem((*path, "state"), shown(reference.state), listed(known), fix)


def states_of(parts: Mapping[str, Any]) -> list[str]:
    """Return the names of the states whose structure a study has."""
    structure, states = parts.get("structure"), parts.get("states")
    names = list(structure.of) if structure is not None else []
    return names + ([StateName(*state).label() for state in states.states] if states is not None else [])


def element_problems(
    known: KnownForceField, kind: str, structures: Mapping[str, Atoms], source: Source
) -> Iterator[Problem]:
    """The force field knows every element of every system.

    :param kind: key of ``force_field`` that names it.
    """
    for name, atoms in structures.items():
        missing = [symbol for symbol in elements_of({name: atoms}) if symbol not in known.type_map]
        if missing:
            found = f"{known.words}, which knows {listed(known.type_map)}, without {listed(missing)} of systems.{name}"
            fix = f"take a force field that was trained with {listed(missing)}, or remove this system"
            yield source.problem(("force_field", kind), found, "a force field of all elements of all systems", fix)
