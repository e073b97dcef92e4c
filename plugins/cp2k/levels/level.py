"""A level of theory: every setting that changes an energy, under one name and one hash (no AiiDA)."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiida_zif.plugins.cp2k.levels.cost import leaves, strays
from aiida_zif.plugins.cp2k.levels.demands import FAMILIES

HASHED = ("energy", "basis", "potential")
"""Blocks that change an energy. Of the others counts what is not known to change the cost alone."""

USUAL_VALENCE = {
    "H": 1, "Li": 3, "B": 3, "C": 4, "N": 5, "O": 6, "F": 7, "Na": 9, "Mg": 10, "Al": 3, "Si": 4, "P": 5, "S": 6,
    "Cl": 7, "K": 9, "Ca": 10, "Mn": 15, "Fe": 16, "Co": 17, "Ni": 18, "Cu": 11, "Zn": 12, "Ga": 13, "Ge": 4, "Se": 6,
    "Br": 7, "Ag": 11, "Cd": 12, "In": 13, "I": 7,
}  # fmt: skip
"""Electrons that CP2K's own pseudopotentials leave by default (a test compares them with CP2K's data files).

They do not count in a hash, so that the element table of a level may grow; other numbers name other potentials and
count. Frozen: another entry would change the hashes of levels that have such an element.
"""

UNPAIRED = {"V": 3, "Cr": 4, "Mn": 5, "Fe": 4, "Co": 3, "Ni": 2, "Cu": 1}
"""Unpaired electrons of M²⁺ in a weak field. With these elements the multiplicity must be stated."""


@dataclass(frozen=True)
class Level:
    """A level of theory for CP2K.

    :param name: of a shipped level or of the user's own.
    :param description: one line that states the purpose.
    :param elements: chemical symbols it can treat.
    :param settings: ``label``; ``energy`` (below FORCE_EVAL/DFT, hashed); ``solver`` (below the root of the
        input), ``batch`` and ``aimd`` (below FORCE_EVAL/DFT by mode), ``open_shell`` (there, with unpaired electrons),
        ``recovery`` and ``ladder``, which do not change it; ``valence`` (electrons by element); and where the method
        needs them ``basis`` and ``potential`` (family names in CP2K's data files); ``allow``, what may not fit the
        functional, and ``misfits``, what of it does not; ``changed``, overrides in words.
    :param charge: of the whole cell, in elementary charges.
    :param multiplicity: 2S + 1 of the whole cell; None where nobody stated it, which means 1.
    """

    name: str
    description: str
    elements: tuple[str, ...]
    settings: dict[str, Any]
    charge: int = 0
    multiplicity: int | None = None

    @property
    def method(self) -> str:
        """16 hexadecimal digits over every setting that may change a number, whatever the charge and the spin."""
        content = {key: _normalised(self.settings.get(key)) for key in HASHED}
        elsewhere = {"/".join(path): _normalised(value) for path, value in strays(self.settings)}
        content |= {"elsewhere": elsewhere} if elsewhere else {}
        content |= {"valence": unusual} if (unusual := self._unusual_valence()) else {}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def hash(self) -> str:
        """What two labels of one frame must share: :attr:`method`, and ``-q1m2`` for charge 1 and multiplicity 2.

        Systems of different spin are learned together, so data sets compare methods
        (:func:`aiida_zif.plugins.data.theory.mixture`); a label of a frame is found again by the whole hash.
        """
        return hash_in_state(self.method, self.charge, self.multiplicity)

    @property
    def state(self) -> dict[str, Any]:
        """Charge and spin, below FORCE_EVAL/DFT; empty for a neutral closed shell."""
        spin = self.multiplicity or 1
        charged = {"CHARGE": self.charge} if self.charge else {}
        return charged | ({"MULTIPLICITY": spin, "UKS": True} if spin > 1 else {})

    @property
    def line(self) -> str:
        """One readable line: the method, its numerical settings, what was overridden by words, charge and spin."""
        numbers = [f"{path[-1]} {value:g}" for path, value in leaves(self.settings["energy"]) if is_number(value)]
        parts = [self.settings["label"], ", ".join(sorted(numbers)), *self.settings.get("changed", [])]
        families = [(key, self.settings[key]) for key in FAMILIES if key in self.settings]
        parts += [f"{key} {name}" for key, name in families if not any(name in part for part in parts)]
        parts += [f"{symbol} with {count} electrons" for symbol, count in self._unusual_valence().items()]
        parts += [f"{'/'.join(path)} {value}" for path, value in strays(self.settings)]
        parts += [
            f"{misfit.replace('_', ' ')} do not fit, as was allowed" for misfit in self.settings.get("misfits", [])
        ]
        return "; ".join(filter(None, parts)) + state_in_words(self.charge, self.multiplicity)

    def _unusual_valence(self) -> dict[str, int]:
        """Electrons by element that name another pseudopotential than usual."""
        if "potential" not in self.settings:
            return {}
        return {key: value for key, value in self.settings["valence"].items() if USUAL_VALENCE.get(key) != value}

    def in_state(self, charge: int, multiplicity: int | None) -> Level:
        """Return the same method for another charge and multiplicity."""
        return replace(self, charge=charge, multiplicity=multiplicity)

    def as_dict(self) -> dict[str, Any]:
        """Plain content for a ``Dict`` node; read back by :meth:`from_dict`."""
        return {
            "name": self.name,
            "description": self.description,
            "elements": list(self.elements),
            "settings": copy.deepcopy(self.settings),
            "charge": self.charge,
            "multiplicity": self.multiplicity,
            "hash": self.hash,
            "line": self.line,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Level:
        """Rebuild a level from :meth:`as_dict`.

        :raises ValueError: when a key is missing or the settings do not give the stored hash.
        """
        missing = [key for key in ("name", "elements", "settings") if key not in content]
        if missing:
            raise ValueError(f"level: {', '.join(missing)} missing; pass load_level(NAME).as_dict()")
        level = cls(
            str(content["name"]),
            str(content.get("description", "")),
            tuple(content["elements"]),
            copy.deepcopy(dict(content["settings"])),
            int(content.get("charge", 0)),
            content.get("multiplicity"),
        )
        if content.get("hash", level.hash) != level.hash:
            raise ValueError(
                f"level: hash {content['hash']} does not belong to its settings ({level.hash}); "
                "change settings through load_level(NAME, overrides), not by hand. A level that was stored by an "
                "earlier version may hold settings that did not count then: load it again"
            )
        return level

    def check_elements(self, symbols: Sequence[str]) -> None:
        """Refuse atoms this level cannot treat with this charge and multiplicity.

        :param symbols: chemical symbols of one frame.
        :raises ValueError: for an element outside the table, an element with unpaired electrons and no stated
            multiplicity, or a multiplicity that the number of electrons does not allow.
        """
        unknown = sorted(set(symbols) - set(self.elements))
        if unknown:
            raise ValueError(
                f"level {self.name}: no parameters for {', '.join(unknown)}; it supports {', '.join(self.elements)}"
            )
        metals = sorted(set(symbols) & set(UNPAIRED))
        if metals and self.multiplicity is None:
            high_spin = 1 + sum(UNPAIRED.get(symbol, 0) for symbol in symbols)
            raise ValueError(
                f"level {self.name}: {', '.join(metals)} may have unpaired electrons, but no multiplicity is stated; "
                f"state the multiplicity of the whole cell ({high_spin} if all of them are 2+, of high spin and "
                "parallel)"
            )
        self._check_electrons(sum(self.settings["valence"][symbol] for symbol in symbols) - self.charge)

    def _check_electrons(self, electrons: int) -> None:
        spin = self.multiplicity or 1
        if spin - 1 > electrons or electrons < 1:
            raise ValueError(
                f"level {self.name}: multiplicity {spin} with {electrons} valence electrons; it is at most "
                f"{electrons + 1}"
            )
        if (electrons + spin) % 2 == 0:
            parity, fit = ("an odd number", "even") if electrons % 2 else ("an even number", "odd")
            raise ValueError(
                f"level {self.name}: {electrons} valence electrons, {parity}, which requires an {fit} multiplicity, "
                f"but it is {spin}; check the structure for a missing or surplus hydrogen, or state charge and "
                "multiplicity of the system"
            )


def is_itself(content: Mapping[str, Any]) -> bool:
    """Whether a stored level has the hash that its settings have today, as far as it holds them."""
    if "settings" not in content:
        return True
    try:
        Level.from_dict(content)
    except (ValueError, KeyError, TypeError):
        return False
    return True


def hash_in_state(method: str, charge: int, multiplicity: int | None) -> str:
    """Return the hash of labels of a method for a charge and a multiplicity; a neutral closed shell adds nothing."""
    return method if not charge and (multiplicity or 1) == 1 else f"{method}-q{charge}m{multiplicity or 1}"


def state_in_words(charge: int, multiplicity: int | None) -> str:
    """Return what stands behind the line of a method for a charge and a multiplicity."""
    return f"; charge {charge:+d}, multiplicity {multiplicity or 1}" if charge or (multiplicity or 1) > 1 else ""


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _normalised(value: Any) -> Any:
    """600 and 600.0 are the same cut-off."""
    if isinstance(value, Mapping):
        return {key: _normalised(inner) for key, inner in value.items()}
    return float(value) if is_number(value) else value
