"""Energies of earlier frames, beside which an unusual one stands out (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.data.record import Report


class EnergyReferences(Report):
    """``references`` of ``zif.cp2k``: frames of one composition.

    :param level_hash: of their level of theory.
    :param energies_per_atom: eV/atom, sorted and thinned.
    """

    level_hash: str
    energies_per_atom: list[float] = []
