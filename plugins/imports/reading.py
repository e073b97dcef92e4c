"""Options of an import: names, units and signs that the user states (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.imports.names import words_of
from aiida_zif.plugins.physics.units import ALLOWED, DEFAULTS, unit_of

NONE = "none"
"""As a key: take no stress, or no virial."""

SIGNS = {"ase": -1.0, "vasp": 1.0}
"""Sign of a stress → virial over stress times volume: ASE's is positive under tension, VASP's and CP2K's negative."""


def problem(field: str, found: str, allowed: str, fix: str) -> str:
    """Return one line that says what is wrong with a field and how to fix it."""
    return f"{field}: {found} found; allowed: {allowed}. {fix}"


@dataclass(frozen=True)
class Reading:
    """What the user says of a file in extended XYZ; all of it may be missing.

    :param energy_key: name of the entry that holds the energy; likewise ``forces_key`` (a column), ``stress_key`` and
        ``virial_key``, which may be ``none``.
    :param energy_unit: unit of the energy; likewise the others, and that of positions and cell.
    :param stress_sign: ``ase`` (positive under tension) or ``vasp`` (positive under compression).
    """

    energy_key: str | None = None
    forces_key: str | None = None
    stress_key: str | None = None
    virial_key: str | None = None
    energy_unit: str | None = None
    forces_unit: str | None = None
    stress_unit: str | None = None
    virial_unit: str | None = None
    length_unit: str | None = None
    stress_sign: str | None = None

    @classmethod
    def of(cls, said: Mapping[str, str | None]) -> Reading:
        """Return the reading of a declaration, or of options.

        :raises FormatError: a unit is none of its quantity, a sign is none, or a gradient is given for forces.
        """
        known = {name: value for name, value in said.items() if value is not None}
        problems = []
        for quantity in DEFAULTS:
            unit = known.get(f"{quantity}_unit")
            if unit is not None and unit_of(quantity, unit) is None:
                fix = f"Write for example --{quantity}-unit {DEFAULTS[quantity]}."
                problems.append(problem(f"--{quantity}-unit", repr(unit), ALLOWED[quantity], fix))
        if known.get("stress_sign", "ase") not in SIGNS:
            sign = repr(known["stress_sign"])
            problems.append(problem("--stress-sign", sign, ", ".join(SIGNS), "Write one of them."))
        key = known.get("forces_key", "")
        if words_of(key) & {"gradient", "gradients", "grad"} and not words_of(key) & {"minus", "negative", "neg"}:
            allowed = "forces, which are minus the gradient"
            problems.append(problem("--forces-key", key, allowed, "Change sign and name of the column in the file."))
        if problems:
            raise FormatError("\n".join(problems))
        return cls(**known)

    def said(self) -> dict[str, str]:
        """Return what the user said, by the names of the fields."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def key(self, quantity: str) -> str | None:
        """Return the name under which a label stands, None if the user did not say."""
        return self.said().get(f"{quantity}_key")

    def unit(self, quantity: str) -> str | None:
        """Return the unit that the user says, as ``units`` writes it; None if the user did not say."""
        said = self.said().get(f"{quantity}_unit")
        return None if said is None else unit_of(quantity, said)


def in_options(said: Mapping[str, str]) -> str:
    """Return what the user said as options of the command line; may be empty."""
    return " ".join(f"{option(field)} {value}" for field, value in said.items())


def option(field: str) -> str:
    """Return the option of the command line for a field of a reading."""
    return "--" + field.replace("_", "-")
