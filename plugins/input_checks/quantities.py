"""Quantities with units: ``"300 K"`` in a campaign file, a float in one canonical unit inside (no AiiDA).

A field ``Annotated[float, dimension]`` takes a number in the canonical unit, within the range that makes sense. In a
model that is :class:`WrittenWithUnits` the same field takes a text with its unit, and is the same number once read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from aiida_zif.plugins.input_checks.units import (
    OFFSETS,
    Unit,
    case_variants,
    parse_unit,
    plain,
)
from aiida_zif.plugins.physics.units import BOHR, HARTREE, KCAL_PER_MOL, KJ_PER_MOL

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.ASCII | re.DOTALL)
_CLOCK = re.compile(r"\s*(?:(\d{1,3})-)?(\d{1,3}):([0-5]\d):([0-5]\d)\s*", re.ASCII)
_HALF_A_CLOCK = re.compile(r"\s*\d+:[\d:.]+\s*", re.ASCII)
LONGEST = 60
"""Characters; what is longer is no quantity."""

_WITH_UNITS: ContextVar[bool] = ContextVar("_WITH_UNITS", default=False)
"""Whether the fields that pydantic is at are those of a model of texts with units."""


class WrittenWithUnits(BaseModel):
    """A model whose quantities are written as texts with their units; its fields may be those of one of numbers."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the fields of this model, inherited ones too, be read from texts."""
        token = _WITH_UNITS.set(True)
        try:
            return handler(source)
        finally:
            _WITH_UNITS.reset(token)


class QuantityError(ValueError):
    """A quantity that cannot be read; carries what is allowed and how to correct it."""

    def __init__(self, reason: str, allowed: str, fix: str) -> None:
        super().__init__(f"{reason}; allowed: {allowed}; {fix}")
        self.reason = reason
        self.allowed = allowed
        self.fix = fix


@dataclass(frozen=True, eq=False)
class Dimension:
    """A kind of quantity: its canonical unit, the units it may be written in, and the range that makes sense.

    :param units: unit → factor to the canonical unit; the canonical unit comes first.
    :param example: what a user would write.
    :param lowest: least value in the canonical unit; excluded if ``above`` is set.
    :param highest: largest value in the canonical unit.
    :param offsets: unit → what is added after the factor (degrees Celsius).
    :param clock: whether ``12:00:00`` and ``1-12:00:00`` (days first) may be written, too.
    """

    name: str
    units: Mapping[str, float]
    example: str
    lowest: float
    highest: float
    above: bool = False
    offsets: Mapping[str, float] | None = None
    clock: bool = False

    @property
    def unit(self) -> str:
        """The canonical unit."""
        return next(iter(self.units))

    @property
    def range(self) -> str:
        """The allowed range in words."""
        return f"{'above' if self.above else 'from'} {self.lowest:g} {self.unit} up to {self.highest:g} {self.unit}"

    @property
    def plainly(self) -> str:
        """Which numbers in the canonical unit are allowed, in words."""
        return f"a number in {self.unit}, {self.range}"

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        clock = ", or hours:minutes:seconds" if self.clock else ""
        article = "an" if self.name[0] in "aeiou" else "a"
        return f"{article} {self.name} with its unit ({', '.join(self.units)}){clock}, {self.range}"

    def parse(self, text: object) -> float:
        """Return the value in the canonical unit.

        :raises QuantityError: no text, no unit, an unknown unit, or a value out of range.
        """
        if isinstance(text, bool) or not isinstance(text, int | float | str):
            raise QuantityError(f"found no {self.name}", self.allowed, f"write for example {self.example!r}")
        if isinstance(text, int | float):
            raise QuantityError("found a bare number", self.allowed, self._with_unit(str(text)))
        clock = _CLOCK.fullmatch(text) if self.clock and len(text) <= LONGEST else None
        if clock:
            days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return self._checked(86400.0 * days + 3600.0 * hours + 60.0 * minutes + seconds)
        match = _QUANTITY.fullmatch(text) if len(text) <= LONGEST else None
        if match is None:
            raise QuantityError(f"found no {self.name}", self.allowed, f"write for example {self.example!r}")
        if odd := _odd_number(text, match[2], self.clock):
            raise QuantityError(f"found no {self.name}", self.allowed, odd)
        unit = self._known(match[2], match[1])
        return self._checked(float(match[1]) * self.units[unit] + (self.offsets or {}).get(unit, 0.0))

    def number(self, value: object) -> float:
        """Return a number that is in the canonical unit already.

        :raises QuantityError: no number, or one out of range.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise QuantityError(f"found no {self.name}", self.plainly, f"write a number without its unit, {self.unit}")
        if not (math.isfinite(value) and self._in_range(value)):
            raise QuantityError(f"found an impossible {self.name}", self.plainly, "take a value in this range")
        return value

    def _checked(self, value: float) -> float:
        """The value if it makes sense."""
        if math.isfinite(value) and self._in_range(value):
            return value
        allowed = f"take a value {self.range}, such as {self.example!r}"
        raise QuantityError(f"found an impossible {self.name}", self.allowed, allowed)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Let ``Annotated[float, dimension]`` be a field of a pydantic model."""
        return _validator(self.parse, self.number)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """Describe the written form to editors, or the number."""
        if not _written(schema):
            return {"type": "number", "x-unit": self.unit, "x-allowed": self.plainly}
        units = "|".join(re.escape(unit).replace("Å", "(Å|A|[Aa]ngstr[oö]m)") for unit in self.units)
        clock = r"|^\s*(\d+-)?\d+:[0-5]\d:[0-5]\d\s*$" if self.clock else ""
        return {
            "type": "string",
            "pattern": rf"^\s*{NUMBER}\s*({units})\s*${clock}",
            "examples": [self.example],
            "x-unit": self.unit,
            "x-allowed": self.allowed,
        }

    def _in_range(self, value: float) -> bool:
        return (value > self.lowest if self.above else value >= self.lowest) and value <= self.highest

    def _known(self, unit: str, number: str) -> str:
        """The unit as the table spells it."""
        if not unit:
            raise QuantityError("found no unit", self.allowed, self._with_unit(number))
        table = {_key(known): known for known in self.units}
        if _key(unit) in table:
            return table[_key(unit)]
        raise QuantityError(f"found the unit {unit!r}", self.allowed, self._other_unit(unit, number, parse_unit(unit)))

    def _with_unit(self, number: str) -> str:
        """What to write instead of a bare number."""
        if self._in_range(float(number)):
            return f"add the unit: '{number} {self.unit}', if that is what you mean"
        return f"add the unit, as in {self.example!r}"

    def _other_unit(self, unit: str, number: str, known: Unit | None) -> str:
        """What to write instead of a unit that is not in the table: the value converted, never another value."""
        own = parse_unit(self.unit)
        assert own is not None
        others = [other for other in case_variants(unit, own.dims) if _key(other) != _key(unit)]
        if known is None:
            others += [name for name in self.units if name.lower() == plain(unit).lower() and name not in others]
            meant = parse_unit(others[0]) if len(others) == 1 else None
            if meant is not None:
                text, allowed = self._converted(number, meant, own)
                return f"did you mean {text!r}?" if allowed else f"{others[0]}? {text}"
            if others:
                return f"write the unit with its capital letters: {' or '.join(others)}"
            return f"write the {self.name} in one of these units"
        if (known.dims, known.molar) != (own.dims, False) and known.name != self.name:
            other = known.name or "something else"
            return f"{plain(unit)} is a unit of {other}; give the {self.name} in one of those allowed"
        text, allowed = self._converted(number, known, own)
        doubt = f", if you do not mean {' or '.join(others)}" if others else ""
        return f"write {text!r}{doubt}" if allowed else text

    def _converted(self, number: str, known: Unit, own: Unit) -> tuple[str, bool]:
        """A number of a unit as this dimension takes it and True; why it does not take it and False."""
        factor = known.factor / own.factor
        value = float(number) * factor + known.offset
        if not math.isfinite(value) or not self._in_range(value):
            return f"that is {value:.6g} {self.unit}; take a value {self.range}", False
        for name, theirs in self.units.items():
            if not known.offset and name not in OFFSETS and math.isclose(factor, theirs, rel_tol=1e-9):
                return f"{number} {name}", True
        return f"{value:.10g} {self.unit}", True


@dataclass(frozen=True)
class Ramp:
    """A quantity that may change on the way: one value, or a list of where it begins and where it ends."""

    dimension: Dimension

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        return f"{self.dimension.allowed}; of a ramp a list of two, [beginning, end]"

    @property
    def plainly(self) -> str:
        """Which numbers in the canonical unit are allowed, in words."""
        return f"{self.dimension.plainly}; of a ramp a list of two, [beginning, end]"

    def parse(self, value: object) -> float | tuple[float, float]:
        """Return the value, or both values, in the canonical unit.

        :raises QuantityError: as :meth:`Dimension.parse`, and for a list that is not of two.
        """
        return self._ends(value, self.dimension.parse, self.allowed, self.dimension.example)

    def number(self, value: object) -> float | tuple[float, float]:
        """Return one or two numbers that are in the canonical unit already.

        :raises QuantityError: as :meth:`Dimension.number`, and for a list that is not of two.
        """
        return self._ends(value, self.dimension.number, self.plainly, self.dimension.example.partition(" ")[0])

    @staticmethod
    def _ends(value: object, one: Callable[[object], float], allowed: str, example: str) -> float | tuple[float, float]:
        if not isinstance(value, list | tuple):
            return one(value)
        if len(value) != 2:
            raise QuantityError(f"found a list of {len(value)}", allowed, f"write for example [{example}, {example}]")
        return one(value[0]), one(value[1])

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        """Let ``Annotated[float | tuple[float, float], Ramp(dimension)]`` be a field of a pydantic model."""
        return _validator(self.parse, self.number)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        """Describe the written forms to editors."""
        one = self.dimension.__get_pydantic_json_schema__(schema, handler)
        two = {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
        allowed = self.allowed if _written(schema) else self.plainly
        return {"anyOf": [one, two], "x-unit": one["x-unit"], "x-allowed": allowed}


def _validator(parse: Callable[[object], Any], number: Callable[[object], Any]) -> CoreSchema:
    """Let pydantic read with ``parse`` or ``number``, and pass on what is allowed and how to fix it."""
    written = _WITH_UNITS.get()
    take = parse if written else number

    def read(value: object) -> Any:
        try:
            return take(value)
        except QuantityError as error:
            context = {"reason": error.reason, "allowed": error.allowed, "fix": error.fix}
            raise PydanticCustomError("quantity", "{reason}", context) from error

    return core_schema.no_info_plain_validator_function(read, metadata={"written": written})


def _written(schema: CoreSchema) -> bool:
    """Whether a schema of :func:`_validator` reads texts with units."""
    return bool((schema.get("metadata") or {}).get("written"))


def _key(unit: str) -> str:
    """One spelling of a unit to look it up by."""
    return re.sub(r"[\s^]+", "", plain(unit))


def _odd_number(text: str, rest: str, clock: bool) -> str | None:
    """What to write if a number goes on after what was read of it: ``0,5 fs``, ``1_000 K``, ``1:30``."""
    if _HALF_A_CLOCK.fullmatch(text):
        return "write hours:minutes:seconds, such as '0:30:00'" if clock else "write one number with its unit"
    if re.match(r",\s*\d", rest):
        return "write a point in place of the comma, and nothing between thousands"
    if re.match(r"[_'’\s]*\d", rest):
        return "write the number without anything between its digits"
    return None


KELVIN = {"K": 1.0, "kK": 1e3, "°C": 1.0}
CELSIUS = {"°C": OFFSETS["°C"][1]}
TEMPERATURE = Dimension("temperature", KELVIN, "300 K", 0.0, 5000.0, above=True, offsets=CELSIUS)
RUNAWAY_TEMPERATURE = Dimension("temperature", KELVIN, "3000 K", 0.0, 20000.0, above=True, offsets=CELSIUS)
PRESSURE = Dimension(
    "pressure",
    {
        "GPa": 1.0,
        "MPa": 1e-3,
        "kPa": 1e-6,
        "hPa": 1e-7,
        "Pa": 1e-9,
        "Mbar": 100.0,
        "kbar": 0.1,
        "bar": 1e-4,
        "mbar": 1e-7,
        "atm": 1.01325e-4,
        "Torr": 1.01325e-4 / 760.0,
        "mmHg": 1.33322387415e-7,
        "eV/Å^3": 160.2176634,
    },
    "1 GPa",
    -10.0,
    100.0,
)
STRESS = Dimension("stress", PRESSURE.units, "50 GPa", 0.0, 1e5, above=True)
TIMESTEP = Dimension("time step", {"fs": 1.0, "ps": 1e3}, "0.5 fs", 0.0, 5.0, above=True)
MD_TIME = Dimension("time", {"fs": 1.0, "ps": 1e3, "ns": 1e6}, "100 fs", 0.0, 1e6, above=True)
INTERVAL = Dimension("time", {"fs": 1.0, "ps": 1e3, "ns": 1e6}, "50 fs", 0.0, 1e6)
STAGE_TIME = Dimension("time", {"ps": 1.0, "fs": 1e-3, "ns": 1e3}, "50 ps", 0.0, 1e6, above=True)
"""Of a stage of production MD."""
TEMPERATURE_RATE = Dimension(
    "rate of temperature", {"K/ps": 1.0, "K/fs": 1e3, "K/ns": 1e-3}, "20 K/ps", 0.0, 1e5, above=True
)
WALLTIME = Dimension("time", {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}, "1 h", 60.0, 31 * 86400.0, clock=True)
LENGTH = Dimension("length", {"Å": 1.0, "nm": 10.0, "pm": 0.01, "bohr": BOHR}, "6 Å", 2.0, 20.0)
"""Of a cut-off: below 2 Å an atom of a ZIF does not even see those it is bonded to, beyond 20 Å it sees thousands."""
DISPLACEMENT = Dimension("length", LENGTH.units, "0.05 Å", 0.0, 0.5)
FORCE = Dimension(
    "force",
    {
        "eV/Å": 1.0, "meV/Å": 1e-3, "eV/nm": 0.1, "hartree/bohr": HARTREE / BOHR, "Ha/bohr": HARTREE / BOHR,
        "Ry/bohr": HARTREE / BOHR / 2.0, "kcal/mol/Å": KCAL_PER_MOL, "kJ/mol/Å": KJ_PER_MOL,
        "kJ/mol/nm": KJ_PER_MOL / 10.0,
    },
    "0.1 eV/Å",
    0.0,
    1000.0,
    above=True,
)  # fmt: skip
ATOMIC_ENERGY = Dimension(
    "energy of an atom",
    {
        "eV/atom": 1.0, "meV/atom": 1e-3, "kJ/mol": KJ_PER_MOL, "kcal/mol": KCAL_PER_MOL, "hartree/atom": HARTREE,
        "Ry/atom": HARTREE / 2.0,
    },
    "0.5 eV/atom",
    0.0,
    1000.0,
    above=True,
)  # fmt: skip

Temperature = Annotated[float, TEMPERATURE]
RunawayTemperature = Annotated[float, RUNAWAY_TEMPERATURE]
Pressure = Annotated[float, PRESSURE]
TemperatureRamp = Annotated[float | tuple[float, float], Ramp(TEMPERATURE)]
PressureRamp = Annotated[float | tuple[float, float], Ramp(PRESSURE)]
TimeStep = Annotated[float, TIMESTEP]
MdTime = Annotated[float, MD_TIME]
Interval = Annotated[float, INTERVAL]
StageTime = Annotated[float, STAGE_TIME]
TemperatureRate = Annotated[float, TEMPERATURE_RATE]
WallTime = Annotated[float, WALLTIME]
Length = Annotated[float, LENGTH]
Displacement = Annotated[float, DISPLACEMENT]
Force = Annotated[float, FORCE]
AtomicEnergy = Annotated[float, ATOMIC_ENERGY]
Stress = Annotated[float, STRESS]


def ends_of(target: Any) -> tuple[float, float]:
    """Return where a target begins and where it ends, for a constant one twice the same."""
    return (target[0], target[1]) if isinstance(target, list | tuple) else (target, target)


def target_in_words(target: Any, unit: str) -> str:
    """Write ``300 K``, or ``300 to 800 K`` for a ramp."""
    start, end = ends_of(target)
    return f"{start:g} {unit}" if start == end else f"{start:g} to {end:g} {unit}"
