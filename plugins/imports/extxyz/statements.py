"""Other statements of the comment line: not converged, no weight, another level of theory (no AiiDA)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aiida_zif.plugins.imports.extxyz.comment_line import Entry, numbers_of
from aiida_zif.plugins.imports.names import plain, words_of

YES = {"t", "true", "1", "yes", "y"}
NO = {"f", "false", "0", "no", "n", "none", "null"}
NOT_CONVERGED = {"unconverged", "not_converged", "scf_not_converged", "failed"}
"""As the value of any entry."""

OF_THE_GEOMETRY = {"ionic", "ions", "geometry", "geo", "structure", "structural", "relax", "relaxation", "relaxed",
                   "opt", "optimization", "optimisation", "optimizer", "cell", "md"}  # fmt: skip
"""Words beside which converged says nothing of the energy of this frame."""

ISOLATED = {"isolated_atom", "isolated_atoms", "isolatedatom"}
"""As ``config_type``: MACE and GAP subtract the energy of a free atom, and do not learn it."""

PER_ATOM = {"per_atom", "peratom", "ev_atom", "ev_per_atom"}
FRACTIONAL = {"fractional", "direct", "scaled"}
_PLACES = {"pos", "position", "positions", "coord", "coords", "coordinate", "coordinates"}

LEVELS = {
    "head", "functional", "xc", "xc_functional", "dft_functional", "level", "level_of_theory", "theory", "method",
    "basis", "basis_set",
}  # fmt: skip
"""Names under which files keep the level of theory of a frame; MACE calls it head."""


def why_no_label(entries: Iterable[Entry]) -> tuple[str, str] | None:
    """Return reason and detail if a frame says that its own labels are not to be used, None if it does not."""
    for entry in entries:
        said = f"the file says {entry.name}={entry.value or 'T'}"
        value = plain(entry.value or "")
        if _not_converged(entry):
            return "not_converged", said
        if plain(entry.name) == "config_type" and value in ISOLATED:
            return "isolated_atom", f"{said}: the energy of a free atom, which MACE and GAP subtract and do not learn"
        if value in FRACTIONAL and words_of(entry.name) & _PLACES:
            return "not_cartesian", f"{said}; positions in Å or another unit of length are needed"
    for quantity, name in weightless(entries).items():
        if quantity in ("config", "energy", "forces"):
            return "no_weight", f"the file says {name}=0"
    return None


def _not_converged(entry: Entry) -> bool:
    """Whether an entry says that the energy of its frame did not become self-consistent."""
    words, value = words_of(entry.name), (entry.value or "T").strip().lower()
    if words & OF_THE_GEOMETRY:
        return False
    if plain(value) in NOT_CONVERGED:
        return words & {"scf", "status", "state", "dft", "convergence", "converged", "electronic"} != set()
    if "unconverged" in words or words >= {"not", "converged"} or plain(entry.name) == "failed":
        return value in YES
    return "converged" in words and value in NO


def why_per_atom(entries: Iterable[Entry], energy: float, n_atoms: int) -> str | None:
    """Return why an energy is that of an atom and not of the cell, None if there is no such entry.

    :param energy: as the file has it.
    """
    for entry in entries:
        words, value = words_of(entry.name), (entry.value or "T").strip()
        named = words >= {"per", "atom"} and (words & {"energy", "energies", "e"} or words <= {"is", "per", "atom"})
        if (named and value.lower() in ("t", "true", "yes")) or ("energy" in words and plain(value) in PER_ATOM):
            return f"the file says {entry.name}={entry.value or 'T'}; the energy of the cell is needed"
        number = _number(value) if named and n_atoms > 1 else None
        if number is not None and math.isclose(number, energy, rel_tol=1e-6):
            return f"the energy {energy:g} is {entry.name}; that of the cell is needed"
    return None


def weightless(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the labels that a frame gives no weight, as MACE does where there are none, and the entries that say so.

    :returns: ``energy``, ``forces``, ``stress`` or ``virial``, or ``config`` for all of them → name of the entry.
    """
    found = {}
    for entry in entries:
        words = words_of(entry.name)
        if not {"weight", "weights"} & words or not _is_zero(entry.value):
            continue
        for quantity, names in _QUANTITIES.items():
            if words & names:
                found[quantity] = entry.name
                break
        else:
            if words <= {"weight", "weights", "config"}:
                found["config"] = entry.name
    return found


def state_of(entries: Iterable[Entry]) -> dict[str, int]:
    """Return charge, multiplicity and spin of the cell as far as the entries say them, by these names.

    Some write the multiplicity as spin, others unpaired electrons.

    :raises ValueError: one of them is no whole number.
    """
    found = {}
    for entry in entries:
        for name, known in _STATE.items():
            if plain(entry.name) in known:
                number = float(numbers_of(entry, (1,))[0])
                if not number.is_integer():
                    raise ValueError(f"{entry.name}: {number:g} found; allowed is a whole number. Correct the entry")
                found[name] = round(number)
    return found


def levels_of(entries: Iterable[Entry]) -> dict[str, str]:
    """Return what the entries say of the level of theory, by their names."""
    return {entry.name: entry.value for entry in entries if plain(entry.name) in LEVELS and entry.value is not None}


_STATE = {
    "charge": {"charge", "total_charge", "net_charge", "system_charge", "cell_charge"},
    "multiplicity": {"multiplicity", "spin_multiplicity", "total_multiplicity"},
    "spin": {"spin", "total_spin", "uhf", "n_unpaired", "nunpaired", "unpaired_electrons"},
}

_QUANTITIES = {
    "energy": {"energy", "energies"},
    "forces": {"force", "forces"},
    "stress": {"stress", "stresses"},
    "virial": {"virial", "virials"},
}


def _is_zero(value: str | None) -> bool:
    """Whether a text is the number zero."""
    return value is not None and _number(value) == 0.0


def _number(value: str) -> float | None:
    """A text as a number, None if it is none."""
    try:
        return float(value)
    except ValueError:
        return None
