"""Quantities with units: ``"300 K"`` in a campaign file, a float in one canonical unit inside (no AiiDA)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.ASCII | re.DOTALL)
LONGEST = 60
"""Characters; what is longer is no quantity."""


class QuantityError(ValueError):
    """A quantity that cannot be read; carries what is allowed and how to mend it."""

    def __init__(self, reason: str, allowed: str, mend: str) -> None:
        super().__init__(f"{reason}; allowed: {allowed}; {mend}")
        self.reason = reason
        self.allowed = allowed
        self.mend = mend


@dataclass(frozen=True, eq=False)
class Dimension:
    """A kind of quantity: its canonical unit, the units it may be written in, and the range that makes sense.

    :param units: unit → factor to the canonical unit; the canonical unit comes first.
    :param example: what a user would write.
    :param lowest: least value in the canonical unit; excluded if ``above`` is set.
    :param highest: largest value in the canonical unit.
    :param offsets: unit → what is added after the factor (degrees Celsius).
    """

    name: str
    units: Mapping[str, float]
    example: str
    lowest: float
    highest: float
    above: bool = False
    offsets: Mapping[str, float] | None = None

    @property
    def unit(self) -> str:
        """The canonical unit."""
        return next(iter(self.units))

    @property
    def range(self) -> str:
        """The allowed range in words."""
        return f"{'above' if self.above else 'from'} {self.lowest:g} {self.unit} up to {self.highest:g} {self.unit}"

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        return f"a {self.name} with its unit ({', '.join(self.units)}), {self.range}"

    def parse(self, text: object) -> float:
        """Return the value in the canonical unit.

        :raises QuantityError: no text, no unit, an unknown unit, or a value out of range.
        """
        if isinstance(text, bool) or not isinstance(text, int | float | str):
            raise QuantityError(f"found no {self.name}", self.allowed, f"write for example {self.example!r}")
        if isinstance(text, int | float):
            raise QuantityError(
                "found a bare number",
                self.allowed,
                f"add the unit: '{text} {self.unit}', if that is what you mean",
            )
        match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
        if match is None:
            raise QuantityError(f"found no {self.name}", self.allowed, f"write for example {self.example!r}")
        unit = self._known(match[2], match[1])
        value = float(match[1]) * self.units[unit] + (self.offsets or {}).get(unit, 0.0)
        if not math.isfinite(value) or not self._in_range(value):
            raise QuantityError(
                f"found an impossible {self.name}",
                self.allowed,
                f"take a value {self.range}, such as {self.example!r}",
            )
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Let ``Annotated[float, dimension]`` be a field of a pydantic model."""
        return _validator(self.parse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """Describe the written form to editors."""
        units = "|".join(re.escape(unit).replace("Å", "(Å|A|[Aa]ngstr[oö]m)") for unit in self.units)
        return {
            "type": "string",
            "pattern": rf"^\s*{NUMBER}\s*({units})\s*$",
            "examples": [self.example],
            "x-unit": self.unit,
            "x-allowed": self.allowed,
        }

    def _in_range(self, value: float) -> bool:
        return (value > self.lowest if self.above else value >= self.lowest) and value <= self.highest

    def _known(self, unit: str, number: str) -> str:
        """The unit as the table spells it."""
        if not unit:
            raise QuantityError(
                "found no unit", self.allowed, f"add the unit: '{number} {self.unit}', if you mean that"
            )
        table = {_plain(known): known for known in self.units}
        plain = _plain(unit)
        if plain in table:
            return table[plain]
        close = get_close_matches(plain.lower(), [known.lower() for known in table], n=1)
        guess = next((table[known] for known in table if close and known.lower() == close[0]), self.unit)
        raise QuantityError(f"found the unit {unit!r}", self.allowed, f"did you mean '{number} {guess}'?")


@dataclass(frozen=True)
class Ramp:
    """A quantity that may change on the way: one value, or a list of where it begins and where it ends."""

    dimension: Dimension

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        return f"{self.dimension.allowed}; of a ramp a list of two, [beginning, end]"

    def parse(self, value: object) -> float | list[float]:
        """Return the value, or both values, in the canonical unit.

        :raises QuantityError: as :meth:`Dimension.parse`, and for a list that is not of two.
        """
        if not isinstance(value, list):
            return self.dimension.parse(value)
        if len(value) != 2:
            mend = f"write for example [{self.dimension.example}, {self.dimension.example}]"
            raise QuantityError(f"found a list of {len(value)}", self.allowed, mend)
        return [self.dimension.parse(one) for one in value]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Let ``Annotated[float | list[float], Ramp(dimension)]`` be a field of a pydantic model."""
        return _validator(self.parse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """Describe the written forms to editors."""
        one = self.dimension.__get_pydantic_json_schema__(schema, handler)
        two = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
        return {"anyOf": [one, two], "x-unit": one["x-unit"], "x-allowed": self.allowed}


def _validator(parse: Callable[[object], Any]) -> CoreSchema:
    """Let pydantic read with ``parse``, and pass on what is allowed and how to mend it."""

    def read(value: object) -> Any:
        try:
            return parse(value)
        except QuantityError as error:
            context = {"reason": error.reason, "allowed": error.allowed, "mend": error.mend}
            raise PydanticCustomError("quantity", "{reason}", context) from error

    return core_schema.no_info_plain_validator_function(read)


def _plain(unit: str) -> str:
    """One spelling for the many of a unit: no spaces, one kind of ångström."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", unit))
    text = re.sub("[Aa]ngstr(?:o|ö)ms?", "Å", text)
    return re.sub(r"(?<![A-Za-z])A(?![A-Za-z])", "Å", text)


BOHR = 0.529177210903  # Å, CODATA 2018
HARTREE = 27.211386245988  # eV, CODATA 2018

TEMPERATURE = Dimension("temperature", {"K": 1.0, "°C": 1.0}, "300 K", 0.0, 5000.0, above=True, offsets={"°C": 273.15})
RUNAWAY_TEMPERATURE = Dimension("temperature", {"K": 1.0}, "3000 K", 0.0, 20000.0, above=True)
PRESSURE = Dimension(
    "pressure",
    {"GPa": 1.0, "MPa": 1e-3, "kPa": 1e-6, "Pa": 1e-9, "kbar": 0.1, "bar": 1e-4, "atm": 1.01325e-4},
    "1 GPa",
    -10.0,
    100.0,
)
STRESS = Dimension(
    "stress", {"GPa": 1.0, "MPa": 1e-3, "kbar": 0.1, "bar": 1e-4, "eV/Å³": 160.21766208}, "50 GPa", 0.0, 1e5, above=True
)
TIMESTEP = Dimension("time step", {"fs": 1.0, "ps": 1e3}, "0.5 fs", 0.0, 5.0, above=True)
MD_TIME = Dimension("time", {"fs": 1.0, "ps": 1e3, "ns": 1e6}, "100 fs", 0.0, 1e6, above=True)
INTERVAL = Dimension("time", {"fs": 1.0, "ps": 1e3, "ns": 1e6}, "50 fs", 0.0, 1e6)
WALLTIME = Dimension("time", {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}, "1 h", 60.0, 31 * 86400.0)
LENGTH = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01, "bohr": BOHR}, "6 Å", 0.0, 20.0, above=True)
DISPLACEMENT = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01, "bohr": BOHR}, "0.05 Å", 0.0, 0.5)
FORCE = Dimension(
    "force",
    {"eV/Å": 1.0, "meV/Å": 1e-3, "eV/nm": 0.1, "hartree/bohr": HARTREE / BOHR},
    "0.1 eV/Å",
    0.0,
    1000.0,
    above=True,
)
ATOMIC_ENERGY = Dimension(
    "energy of an atom",
    {"eV/atom": 1.0, "meV/atom": 1e-3, "kJ/mol": 0.01036426965, "hartree/atom": HARTREE},
    "0.5 eV/atom",
    0.0,
    1000.0,
    above=True,
)

Temperature = Annotated[float, TEMPERATURE]
RunawayTemperature = Annotated[float, RUNAWAY_TEMPERATURE]
Pressure = Annotated[float, PRESSURE]
TemperatureRamp = Annotated[float | list[float], Ramp(TEMPERATURE)]
PressureRamp = Annotated[float | list[float], Ramp(PRESSURE)]
TimeStep = Annotated[float, TIMESTEP]
MdTime = Annotated[float, MD_TIME]
Interval = Annotated[float, INTERVAL]
WallTime = Annotated[float, WALLTIME]
Length = Annotated[float, LENGTH]
Displacement = Annotated[float, DISPLACEMENT]
Force = Annotated[float, FORCE]
AtomicEnergy = Annotated[float, ATOMIC_ENERGY]
Stress = Annotated[float, STRESS]
