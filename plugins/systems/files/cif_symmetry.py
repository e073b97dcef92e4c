"""The symmetry of a CIF: operators, Hall symbol, name and number, and whether they agree (no AiiDA).

Operators that are listed count first, then the Hall symbol, then the Hermann-Mauguin name in its setting. A number
alone stands for the standard setting. What else is stated must be the same type of space group, or must make the same
atoms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from aiida_zif.plugins.systems.faults import StructureFault, named
from aiida_zif.plugins.systems.files.cif_text import Tags

if TYPE_CHECKING:
    import gemmi

OPERATORS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
NAMES = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full")
NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number")

MODULATED = ("_space_group_ssg_", "_atom_site_moment_", "_space_group_symop_ssg_", "_cell_modulation_dimension")
MAGNETIC = "_space_group_symop_magn_operation_xyz"

LONGEST_NAME = 40
"""Characters of a name in messages."""

METRIC = 0.01
"""Largest change of the metric tensor by an operator, relative to the largest squared length: 1 %."""

MOST_OPERATORS = 384
"""A conventional cell has 192 at most; a cell twice as large has twice as many."""


@dataclass(frozen=True)
class Statement:
    """One thing that a file says of its symmetry.

    :param kind: what states it.
    :param words: as it stands in the file, for messages.
    :param groups: the sets of operators that it may mean.
    :param types: numbers of the space groups that it may mean; empty if unknown.
    """

    kind: Literal["operators", "Hall", "name", "number"]
    words: str
    groups: list[list[Any]]
    types: frozenset[int]

    @property
    def operators(self) -> list[Any]:
        """The operators, where the statement has one meaning."""
        return self.groups[0]


def statements(tags: Tags, lengths_and_angles: Sequence[float]) -> tuple[list[Statement], list[str]]:
    """Return what a file says of its symmetry, what counts first in front, and what of it is not understood.

    :param lengths_and_angles: a, b, c in Å, alpha, beta, gamma in degrees.
    :raises StructureFault: operators or a number that are none, nothing that is understood, a modulated structure.
    """
    unread = [name for name in tags.values if name.startswith(MODULATED) and set(tags.column(name) or ["0"]) != {"0"}]
    if unread or (tags.column(MAGNETIC) and not any(map(tags.column, OPERATORS))):
        found = f"a modulated or magnetic structure ({ascii((unread or [MAGNETIC])[0])[1:-1]})"
        raise StructureFault(found, "a crystal with three translations", "write an ordered approximant as P1")
    code = next((text for _, text in tags.texts("_space_group_it_coordinate_system_code")), "")
    understood = [_listed(name, column) for name in OPERATORS if (column := tags.column(name))]
    unknown = []
    for text, statement in [
        *((text, _hall(text)) for _, text in tags.texts(*HALL)),
        *((text, _by_name(text, code, lengths_and_angles)) for _, text in tags.texts(*NAMES)),
    ]:
        if statement is None:
            unknown.append(ascii(text[:LONGEST_NAME]))
        else:
            understood.append(statement)
    if unknown and not understood:
        fix = "list the operators (_symmetry_equiv_pos_as_xyz)"
        raise StructureFault(f"the space group {named(unknown)}, which is not known", "a Hermann-Mauguin name", fix)
    return understood + [_by_number(text, lengths_and_angles) for _, text in tags.texts(*NUMBERS)], unknown


def chosen(found: Sequence[Statement], lengths_and_angles: Sequence[float]) -> list[Any]:
    """Return the operators of the statement that counts first.

    :raises StructureFault: it has several meanings, or the cell does not have this symmetry.
    """
    first = found[0]
    if len(first.groups) > 1:
        words = f"{first.words} without operators, which has two origins"
        raise StructureFault(words, "one meaning", "list the operators, or write the origin (':1' or ':2' in the name)")
    if not fits_cell(first.operators, lengths_and_angles):
        cell = ", ".join(f"{value:g}" for value in lengths_and_angles)
        found_words = f"{first.words} with the cell {cell}, which does not have this symmetry"
        raise StructureFault(found_words, "a cell of the symmetry", "correct the cell, or the name or its setting")
    return first.operators


def agree(first: Statement, other: Statement) -> bool:
    """Whether two statements can mean the same symmetry.

    Of a number, or of a name beside a list of operators, the type of space group must agree, whatever the setting; two
    statements of one setting must have the same operators.
    """
    if other.kind == "number" or (first.kind == "operators" != other.kind):
        if first.types and other.types:
            return bool(first.types & other.types)
        return any(_point_group(a) == _point_group(b) for a in first.groups for b in other.groups)
    return any(_triplets(a) == _triplets(b) for a in first.groups for b in other.groups)


def fits_cell(operators: Sequence[Any], lengths_and_angles: Sequence[float]) -> bool:
    """Whether operators leave the lengths and angles of a cell as they are."""
    from ase.cell import Cell

    vectors = Cell.fromcellpar(lengths_and_angles)[:]
    metric = vectors @ vectors.T
    rotations = np.array([operator.rot for operator in operators], dtype=float) / 24
    changed = np.einsum("nji,jk,nkl->nil", rotations, metric, rotations) - metric
    return bool(np.abs(changed).max() < METRIC * np.abs(metric).max())


def _listed(name: str, column: Sequence[str | None]) -> Statement:
    import gemmi

    fix = "write each as 'x,y,z', in quotes where it holds blanks"
    operators = []
    if len(column) > MOST_OPERATORS:
        raise StructureFault(f"{len(column)} operators", f"at most {MOST_OPERATORS}", "correct the table")
    for text in column:
        try:
            operators.append(gemmi.Op(re.sub(r"\s+", "", text or "")).wrap())
        except (RuntimeError, ValueError) as error:
            raise StructureFault(f"the operator {text!a} in {name} ({error})", "operators", fix) from None
    operators = list({operator.triplet(): operator for operator in operators}.values())
    words = f"{len(operators)} operators" if len(operators) > 1 else f"the operator {operators[0].triplet()} alone"
    if not _is_group(operators):
        raise StructureFault(f"{words} in {name}, which are not closed", "a group", "list all operators of the group")
    group = gemmi.find_spacegroup_by_ops(gemmi.GroupOps(operators))
    return Statement("operators", words, [operators], frozenset() if group is None else frozenset([group.number]))


def _is_group(operators: Sequence[Any]) -> bool:
    """Whether every product of two operators is one of them; the identity then is, too."""
    known = {operator.triplet() for operator in operators}
    return all((one * other).wrap().triplet() in known for one in operators for other in operators)


def _hall(text: str) -> Statement | None:
    import gemmi

    try:
        operations = gemmi.symops_from_hall(text.replace("_", " "))
    except (RuntimeError, ValueError):
        return None
    group = gemmi.find_spacegroup_by_ops(operations)
    types = frozenset() if group is None else frozenset([group.number])
    return Statement("Hall", f"the Hall symbol {text!a}", [_wrapped(operations)], types)


def plain_name(text: str, code: str = "") -> str:
    """Return a Hermann-Mauguin name as the tables have it.

    ``P 2(1)/c``, ``P2_1/c`` and ``P 21/c (No. 14)`` become ``P 21/c``; the letters S, Z, H and R that end names of the
    ICSD become ``:1``, ``:2``, ``:H`` and ``:R``.

    :param code: ``_space_group_IT_coordinate_system_code``, which may state origin or axes.
    """
    name = re.sub(r"\(?\b(no\.?|#)\s*\d+\)?", "", text.strip().strip("'\""), flags=re.IGNORECASE)
    name = re.sub(r"\((\d)\)", r"\1", name).replace("_", "").strip()
    name = re.sub(r"\s+([SZHR])$", lambda match: {"S": ":1", "Z": ":2"}.get(match[1], f":{match[1]}"), name)
    name = re.sub(r"\s*:\s*([12HRhr])$", lambda match: f":{match[1].upper()}", name)
    if ":" not in name and code.upper() in ("1", "2", "H", "R"):
        name += f":{code.upper()}"
    return name


def _by_name(text: str, code: str, lengths_and_angles: Sequence[float]) -> Statement | None:
    import gemmi

    name = plain_name(text, code)
    known = [group for spelling in _spellings(name) if (group := gemmi.find_spacegroup_by_name(spelling))]
    if not known:
        return None
    fitting = [group for group in known if fits_cell(_wrapped(group.operations()), lengths_and_angles)]
    group = (fitting or known)[0]
    settings = [group]
    if ":" not in name and group.ext.strip("\0"):
        settings = [other for other in gemmi.spacegroup_table() if other.hm == group.hm]
    groups = [_wrapped(setting.operations()) for setting in _of_cell(settings, lengths_and_angles)]
    return Statement("name", f"the space group {text!a}", groups, frozenset([group.number]))


def _spellings(name: str) -> list[str]:
    """A name, its short form where it is a full one, and those of other unique axes where it is monoclinic."""
    plain, _, ending = name.partition(":")
    lattice, rest = plain[:1], plain[1:].strip()
    spellings = [name, plain]
    short = re.sub(r"(?<![\w/-])21?/(?=[a-z])", "", rest) if " " in rest else rest
    short = re.sub(r"^4[1-3]?/(?=[a-z]\s+-3)", "", short)
    spellings += [f"{lattice} {short}" + (f":{ending}" if ending else "")]
    if re.fullmatch(r"21?|[a-z]|21?/[a-z]", rest):
        spellings += [f"{lattice} 1 1 {rest}", f"{lattice} {rest} 1 1"]
    return list(dict.fromkeys(spellings))


def _by_number(text: str, lengths_and_angles: Sequence[float]) -> Statement:
    import gemmi

    if not re.fullmatch(r"\d{1,3}", text) or not 1 <= int(text) <= 230:
        raise StructureFault(f"the space group number {text!a}", "1 to 230", "correct it")
    standard = next(group for group in gemmi.spacegroup_table() if group.number == int(text))
    settings = [group for group in gemmi.spacegroup_table() if group.hm == standard.hm]
    groups = [_wrapped(setting.operations()) for setting in _of_cell(settings, lengths_and_angles)]
    return Statement("number", f"the space group number {text}", groups, frozenset([int(text)]))


def _of_cell(settings: list[gemmi.SpaceGroup], lengths_and_angles: Sequence[float]) -> list[gemmi.SpaceGroup]:
    """Hexagonal or rhombohedral axes, whichever the cell has; two origins stay two."""
    if {setting.ext for setting in settings} != {"H", "R"}:
        return settings
    hexagonal = abs(lengths_and_angles[5] - 120) < 0.5 and abs(lengths_and_angles[3] - 90) < 0.5
    return [setting for setting in settings if (setting.ext == "H") == hexagonal]


def _wrapped(operations: gemmi.GroupOps) -> list[Any]:
    return [operator.wrap() for operator in operations]


def _triplets(operators: Sequence[Any]) -> frozenset[str]:
    return frozenset(operator.triplet() for operator in operators)


def _point_group(operators: Sequence[Any]) -> int:
    return len({str(operator.rot) for operator in operators})
