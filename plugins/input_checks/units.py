"""Units as people write them: what a text such as ``kcal/(mol Å)`` stands for, in SI units (no AiiDA)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from aiida_zif.plugins.physics.units import AVOGADRO, BOHR, ELEMENTARY_CHARGE, HARTREE

Dims = tuple[int, int, int, int, int]
"""Exponents of kg, m, s, K and atom."""

_EV = ELEMENTARY_CHARGE  # J
_ENERGY: Dims = (1, 2, -2, 0, 0)
_FORCE: Dims = (1, 1, -2, 0, 0)
_PRESSURE: Dims = (1, -1, -2, 0, 0)
_LENGTH: Dims = (0, 1, 0, 0, 0)
_TIME: Dims = (0, 0, 1, 0, 0)
_TEMPERATURE: Dims = (0, 0, 0, 1, 0)

NAMES: dict[Dims, str] = {
    _ENERGY: "energy",
    _FORCE: "force",
    _PRESSURE: "pressure",
    _LENGTH: "length",
    _TIME: "time",
    _TEMPERATURE: "temperature",
    (1, 2, -2, 0, -1): "energy of an atom",
    (1, 0, 0, 0, 0): "mass",
    (0, 0, -1, 0, 0): "frequency",
    (0, 3, 0, 0, 0): "volume",
}
"""What a quantity of these dimensions is called."""

_BASE: dict[str, tuple[float, Dims]] = {
    "Pa": (1.0, _PRESSURE), "bar": (1e5, _PRESSURE), "J": (1.0, _ENERGY), "cal": (4.184, _ENERGY),
    "eV": (_EV, _ENERGY), "N": (1.0, _FORCE), "m": (1.0, _LENGTH), "s": (1.0, _TIME), "g": (1e-3, (1, 0, 0, 0, 0)),
    "K": (1.0, _TEMPERATURE), "Hz": (1.0, (0, 0, -1, 0, 0)),
}  # fmt: skip
"""Units that may have a prefix."""

_WHOLE: dict[str, tuple[float, Dims]] = {
    "atm": (101325.0, _PRESSURE), "Torr": (101325.0 / 760.0, _PRESSURE), "mmHg": (133.322387415, _PRESSURE),
    "psi": (6894.757293168, _PRESSURE), "Å": (1e-10, _LENGTH), "bohr": (BOHR * 1e-10, _LENGTH),
    "hartree": (HARTREE * _EV, _ENERGY), "Ry": (HARTREE * _EV / 2.0, _ENERGY), "dyn": (1e-5, _FORCE),
    "min": (60.0, _TIME), "h": (3600.0, _TIME), "d": (86400.0, _TIME), "week": (604800.0, _TIME),
    "mol": (AVOGADRO, (0, 0, 0, 0, 0)), "atom": (1.0, (0, 0, 0, 0, 1)),
}  # fmt: skip
"""Units without a prefix."""

_PREFIXES = {
    "a": 1e-18, "f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "c": 1e-2, "d": 1e-1,
    "h": 1e2, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
}  # fmt: skip

_SPELLINGS = {
    "Å": r"[Aa]ngstr(?:o|ö)ms?|[Aa]ngs?|A",
    "K": r"[Kk]elvins?",
    "bohr": r"Bohrs?|bohrs|a0|a_0",
    "hartree": r"Ha|Hartrees?|hartrees|Eh|E_h",
    "Ry": r"[Rr]ydbergs?|Ryd",
    "Torr": r"torrs?",
    "eV": r"[Ee]lectron[Vv]olts?|ev",
    "s": r"secs?|seconds?",
    "min": r"mins|minutes?",
    "h": r"hrs?|hours?",
    "d": r"days?",
    "week": r"weeks",
    "mol": r"moles?",
    "atom": r"atoms|at",
    "bar": r"bars",
    "Pa": r"[Pp]ascals?",
}
"""Other spellings of a unit; a prefix may be spelt out, too."""

_SPELT_PREFIXES = {
    "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "hecto": "h", "kilo": "k", "mega": "M",
    "giga": "G",
}  # fmt: skip

OFFSETS = {
    "°C": (1.0, 273.15),
    "°F": (5.0 / 9.0, 273.15 - 32.0 * 5.0 / 9.0),
}
"""Scale of temperature → factor to K and what is added after it."""

_OFFSET_SPELLINGS = {
    "°C": r"°\s*C|oC|[Dd]eg\.?\s*C|C|[Cc]elsius|[Cc]entigrade",
    "°F": r"°\s*F|oF|[Dd]eg\.?\s*F|F|[Ff]ahrenheit",
}
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-zÅµ°]+(?:_?[0h](?![A-Za-z0-9]))?)(?:\^?(?P<power>[+-]?\d))?|(?P<sign>[*/().]))"
)
LONGEST = 40


@dataclass(frozen=True)
class Unit:
    """What a unit stands for.

    :param factor: to the SI unit.
    :param dims: exponents of kg, m, s, K and atom.
    :param molar: whether it is an amount a mole.
    :param offset: K, added after the factor.
    """

    factor: float
    dims: Dims
    molar: bool = False
    offset: float = 0.0

    @property
    def name(self) -> str | None:
        """What it measures in a word."""
        return NAMES.get((*self.dims[:4], self.dims[4] - 1) if self.molar and self.dims == _ENERGY else self.dims)


def plain(unit: str) -> str:
    """One spelling for the many of a unit: one kind of blank, ångström, µ, minus, power and product."""
    text = unicodedata.normalize("NFKC", unit).replace("μ", "µ").replace("−", "-").replace("**", "^")
    text = re.sub("[·⋅×∙•]", "*", text)
    text = re.sub("[Aa]ngstr(?:o|ö)ms?", "Å", text)
    return re.sub(r"(?<![A-Za-z])A(?![A-Za-z])", "Å", " ".join(text.split()))


def parse_unit(text: str) -> Unit | None:
    """Return what a unit stands for; None if that is not known for certain.

    :param text: such as ``GPa``, ``kcal/mol/Å``, ``eV Å^-1``, ``kJ/(mol nm)`` or ``°C``.
    """
    text = plain(text)
    for scale, spellings in _OFFSET_SPELLINGS.items():
        if re.fullmatch(spellings, text):
            factor, offset = OFFSETS[scale]
            return Unit(factor, _TEMPERATURE, offset=offset)
    if not text or len(text) > LONGEST:
        return None
    factor, dims, molar, side, inside, position = 1.0, [0] * 5, False, 1, None, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        sign = match["sign"]
        if sign in ("*", "."):
            continue
        if sign == "/":
            side = -1
        elif sign == "(":
            inside = side
        elif sign == ")":
            inside, side = None, 1
        else:
            known = _known(match["name"])
            if known is None:
                return None
            power = int(match["power"] or 1) * (inside or side)
            factor *= known[0] ** power
            dims = [mine + power * theirs for mine, theirs in zip(dims, known[1], strict=True)]
            molar = molar or (known[0] == AVOGADRO and power == -1)
            side = inside or 1
    return Unit(factor, (dims[0], dims[1], dims[2], dims[3], dims[4]), molar)


def _known(name: str) -> tuple[float, Dims] | None:
    """Factor and dimensions of one unit, by its symbol or name, with or without a prefix."""
    symbol = next((known for known, spellings in _SPELLINGS.items() if re.fullmatch(spellings, name)), name)
    if symbol in _WHOLE or symbol in _BASE:
        return _WHOLE.get(symbol) or _BASE[symbol]
    if name[0] in _PREFIXES and name[1:] in _BASE:
        factor, dims = _BASE[name[1:]]
        return factor * _PREFIXES[name[0]], dims
    for spelt, prefix in _SPELT_PREFIXES.items():
        if name.lower().startswith(spelt) and len(name) > len(spelt):
            rest = _known(name[len(spelt) :])
            return (rest[0] * _PREFIXES[prefix], rest[1]) if rest else None
    return None


def case_variants(unit: str, dims: Dims) -> list[str]:
    """Return the units of these dimensions that differ from a text in capital letters at most."""
    names = [*_WHOLE, *_BASE, *(prefix + base for prefix in _PREFIXES for base in _BASE)]
    table = {name: _known(name) for name in names if name.lower() == plain(unit).lower()}
    return [name for name, known in table.items() if known is not None and known[1] == dims]
