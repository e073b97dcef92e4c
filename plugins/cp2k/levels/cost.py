"""Settings that are known to change what a label costs, and not what it is (no AiiDA).

The list is short on purpose. Every keyword stands here by its full name, and with the values that a test runs CP2K
with, to compare energies and forces (``tests/plugins/cp2k/test_cp2k_cost_only.py``); what fails there must leave the
list. Whatever does not stand here is taken to change a number, and counts in the hash of its level.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Values = tuple[str, ...]

ANY: Values = ()
"""Whatever the value is."""

SWITCHED = ("TRUE", "FALSE", "T", "F", "ON", "OFF", "YES", "NO", ".TRUE.", ".FALSE.")

BELOW_DFT: dict[str, Values] = {
    "QS/EXTRAPOLATION": ("USE_GUESS", "USE_PREV_P", "USE_PREV_WF", "LINEAR_P", "LINEAR_WF", "PS", "ASPC"),
    "QS/EXTRAPOLATION_ORDER": ANY,
    "SCF/CHOLESKY": ("REDUCE", "RESTORE"),  # INVERSE gives another energy with GFN1-xTB
    "SCF/DIAGONALIZATION": ANY,
    "SCF/DIAGONALIZATION/_": SWITCHED,
    "SCF/DIAGONALIZATION/ALGORITHM": ("STANDARD",),
    "SCF/EPS_DIIS": ANY,
    "SCF/MAX_DIIS": ANY,
    "SCF/MAX_SCF": ANY,
    "SCF/MIXING": ANY,
    "SCF/MIXING/_": SWITCHED,
    "SCF/MIXING/ALPHA": ANY,
    "SCF/MIXING/BETA": ANY,
    "SCF/MIXING/METHOD": ("DIRECT_P_MIXING", "BROYDEN_MIXING"),  # KERKER_MIXING gives another energy with GFN1-xTB
    "SCF/MIXING/NBUFFER": ANY,
    "SCF/OT": ANY,
    "SCF/OT/_": SWITCHED,
    "SCF/OT/ALGORITHM": ("STRICT", "IRAC"),
    "SCF/OT/ENERGY_GAP": ANY,
    "SCF/OT/LINESEARCH": ("2PNT", "3PNT"),
    "SCF/OT/MINIMIZER": ("CG", "DIIS"),
    "SCF/OT/N_HISTORY_VEC": ANY,
    "SCF/OT/PRECONDITIONER": (
        "FULL_ALL", "FULL_SINGLE_INVERSE", "FULL_SINGLE", "FULL_S_INVERSE", "NONE",
    ),
    "SCF/OT/PRECOND_SOLVER": ("DEFAULT", "INVERSE_CHOLESKY"),
    "SCF/OT/SAFE_DIIS": SWITCHED,
    "SCF/OT/STEPSIZE": ANY,
    "SCF/OUTER_SCF": ANY,
    "SCF/OUTER_SCF/_": SWITCHED,
    "SCF/OUTER_SCF/MAX_SCF": ANY,
    "SCF/SCF_GUESS": ("ATOMIC", "CORE", "MOPAC", "RANDOM"),
    "PRINT/HIRSHFELD/_": ANY,
    "PRINT/LOWDIN/_": ANY,
    "PRINT/MULLIKEN/_": ANY,
    "SCF/PRINT/DETAILED_ENERGY/_": ANY,
    "SCF/PRINT/PROGRAM_RUN_INFO/_": ANY,
    "SCF/PRINT/RESTART/_": ANY,
    "SCF/PRINT/RESTART_HISTORY/_": ANY,
}  # fmt: skip
"""Keywords below FORCE_EVAL/DFT, ``_`` for the parameter of a section; the value of a section is to be there or not."""

BELOW_ROOT: dict[str, Values] = {
    "GLOBAL/DBCSR/MAX_ELEMENTS_PER_BLOCK": ANY,
    "GLOBAL/DBCSR/MM_STACK_SIZE": ANY,
    "GLOBAL/FFTW_PLAN_TYPE": ("ESTIMATE", "MEASURE", "PATIENT"),
    "GLOBAL/PREFERRED_DIAG_LIBRARY": ("ELPA", "SCALAPACK", "SL"),
    "GLOBAL/SAVE_MEM": SWITCHED,
}
"""Keywords below the root of the input, other than those below FORCE_EVAL/DFT."""

ALIASES = {
    "QS/INTERPOLATION": "QS/EXTRAPOLATION",
    "QS/WF_INTERPOLATION": "QS/EXTRAPOLATION",
    "SCF/MAX_DIIS_BUFFER_SIZE": "SCF/MAX_DIIS",
    "SCF/MIXING/NBROYDEN": "SCF/MIXING/NBUFFER",
    "SCF/MIXING/NMULTISECANT": "SCF/MIXING/NBUFFER",
    "SCF/MIXING/NPULAY": "SCF/MIXING/NBUFFER",
    "SCF/OT/LINE_SEARCH": "SCF/OT/LINESEARCH",
    "SCF/OT/NDIIS": "SCF/OT/N_HISTORY_VEC",
    "SCF/OT/N_BROYDEN": "SCF/OT/N_HISTORY_VEC",
    "SCF/OT/N_DIIS": "SCF/OT/N_HISTORY_VEC",
    "SCF/OT/SAFER_DIIS": "SCF/OT/SAFE_DIIS",
}
"""Other names that CP2K takes for these keywords."""

ELSEWHERE = ("batch", "aimd", "open_shell")
"""Blocks of a level below FORCE_EVAL/DFT that only say how to get there."""


def only_cost(path: Sequence[str], value: Any) -> bool:
    """Whether a setting below FORCE_EVAL/DFT is known to change what a label costs, and not what it is.

    :param path: sections and keyword, in any case.
    :param value: what it is set to; None leaves CP2K's own choice, which is one of the values here.
    """
    return _listed(BELOW_DFT, path, value)


def only_cost_at_root(path: Sequence[str], value: Any) -> bool:
    """As :func:`only_cost`, for a setting below the root of the input."""
    if [name.upper() for name in path[:2]] == ["FORCE_EVAL", "DFT"]:
        return only_cost(path[2:], value)
    return _listed(BELOW_ROOT, path, value)


def leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield path and value of everything that is no section; a section without content counts as a value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value in nested sections; what is no section gives way, and a section keeps what it holds."""
    *sections, last = path
    for name in sections:
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    if value != {} or not isinstance(tree.get(last), dict):
        tree[last] = copy.deepcopy(value)


def strays(settings: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what may change a number in the blocks of a level that are there for the cost, with its path from the top.

    What a rung of the recovery says that changes the physics is left out: its labels carry the name of the rung.

    :param settings: blocks of a level.
    """
    solver = settings.get("solver", {})
    yield from ((("solver", *path), value) for path, value in leaves(solver) if not only_cost_at_root(path, value))
    for block in ELSEWHERE:
        below = settings.get(block, {})
        yield from (((block, *path), value) for path, value in leaves(below) if not only_cost(path, value))
    for rung in settings.get("recovery", ()):
        found = () if rung.get("changes_physics") else leaves(rung["settings"])
        where = ("recovery", str(rung["name"]))
        yield from (((*where, *path), value) for path, value in found if not only_cost_at_root(path, value))


def _listed(names: Mapping[str, Values], path: Sequence[str], value: Any) -> bool:
    name = "/".join(path).upper()
    allowed = names.get(ALIASES.get(name, name))
    if allowed is None:
        return False
    return value is None or value == {} or allowed == ANY or str(value).upper() in allowed
