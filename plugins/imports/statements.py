"""What else the comment line of a frame says of its labels: converged, of no weight, of another level (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterable

from aiida_zif.plugins.imports.comment_line import Entry, logical, numbers_of
from aiida_zif.plugins.imports.names import plain, words_of

CONVERGED = {"converged", "scf_converged", "is_converged", "electronic_converged", "dft_converged"}
NOT_CONVERGED = {"unconverged", "not_converged", "scf_unconverged"}

LEVELS = {
    "head", "functional", "xc", "xc_functional", "dft_functional", "level", "level_of_theory", "theory", "method",
    "basis", "basis_set",
}  # fmt: skip
"""Names under which files keep the level of theory of a frame; MACE calls it head."""


def why_no_label(entries: Iterable[Entry]) -> tuple[str, str] | None:
    """Return reason and detail if a frame says that its own labels are not to be used, None if it does not."""
    for entry in entries:
        value = logical(entry.value) if entry.value is not None else True
        if (plain(entry.name) in CONVERGED and value is False) or (
            plain(entry.name) in NOT_CONVERGED and value is True
        ):
            return "not_converged", f"the file says {entry.name}={entry.value or 'T'}"
    for quantity, name in weightless(entries).items():
        if quantity in ("config", "energy", "forces"):
            return "no_weight", f"the file says {name}=0"
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
    """Return charge and multiplicity of the cell as far as the entries say them, by these names.

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
}

_QUANTITIES = {
    "energy": {"energy", "energies"},
    "forces": {"force", "forces"},
    "stress": {"stress", "stresses"},
    "virial": {"virial", "virials"},
}


def _is_zero(value: str | None) -> bool:
    """Whether a text is the number zero."""
    try:
        return value is not None and float(value) == 0.0
    except ValueError:
        return False
