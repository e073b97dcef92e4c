"""Levels of theory: every setting that changes an energy, under one name and one hash (no AiiDA)."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

BLOCKS = ("label", "energy", "solver", "batch", "aimd", "basis", "potential", "valence")

HASHED = ("energy", "basis", "potential")
"""Blocks that change an energy.

``valence`` is left out, because the element table may grow without changing any label: its numbers are those of
CP2K's own default for the named family (a test compares them with CP2K's data files).
"""


@dataclass(frozen=True)
class Level:
    """A level of theory for CP2K.

    :param name: name of the shipped level it comes from.
    :param description: one line that says for whom.
    :param elements: chemical symbols it can treat.
    :param settings: ``label``; ``energy`` (below FORCE_EVAL/DFT, hashed); ``solver`` (below the root of the
        input), ``batch`` and ``aimd`` (below FORCE_EVAL/DFT by mode), which change only the cost; ``valence``
        (electrons by element); and where the method needs them ``basis`` and ``potential`` (family names in
        CP2K's data files).
    """

    name: str
    description: str
    elements: tuple[str, ...]
    settings: dict[str, Any]

    @property
    def hash(self) -> str:
        """16 hexadecimal digits over everything that changes an energy."""
        content = {key: _normalised(self.settings.get(key)) for key in HASHED}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def line(self) -> str:
        """One readable line: the method and its numerical settings."""
        numbers = [f"{path[-1]} {value:g}" for path, value in _leaves(self.settings["energy"]) if _is_number(value)]
        return f"{self.settings['label']}; {', '.join(sorted(numbers))}"

    def as_dict(self) -> dict[str, Any]:
        """Plain content for a ``Dict`` node; read back by :meth:`from_dict`."""
        return {
            "name": self.name,
            "description": self.description,
            "elements": list(self.elements),
            "settings": copy.deepcopy(self.settings),
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
        )
        if content.get("hash", level.hash) != level.hash:
            raise ValueError(
                f"level: hash {content['hash']} does not belong to its settings ({level.hash}); "
                "change settings through load_level(NAME, overrides), not by hand"
            )
        return level

    def check_elements(self, symbols: Sequence[str]) -> None:
        """Refuse atoms this level cannot treat.

        :param symbols: chemical symbols of one frame.
        :raises ValueError: for an element outside the table, or an odd number of electrons (every level here is
            spin-restricted).
        """
        unknown = sorted(set(symbols) - set(self.elements))
        if unknown:
            raise ValueError(
                f"level {self.name}: no parameters for {', '.join(unknown)}; it knows {', '.join(self.elements)}"
            )
        electrons = sum(self.settings["valence"][symbol] for symbol in symbols)
        if electrons % 2:
            raise ValueError(
                f"level {self.name}: {electrons} valence electrons, an odd number, but closed shells are assumed; "
                "check the structure for a missing or surplus hydrogen"
            )


def available_levels() -> list[str]:
    """Names of the shipped levels."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_level(name: str, overrides: Mapping[str, Any] | None = None) -> Level:
    """Read a shipped level and change some of its settings.

    :param name: one of :func:`available_levels`.
    :param overrides: new values by path below FORCE_EVAL/DFT, such as ``{"MGRID/CUTOFF": 800}``; only settings
        the level already has, and only by a value of the same kind.
    :raises ValueError: for an unknown name, path or kind of value, naming what is allowed.
    """
    import yaml

    if name not in available_levels():
        raise ValueError(f"level_of_theory: {name!r} is not known; choose one of {', '.join(available_levels())}")
    content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    settings = {key: content[key] for key in BLOCKS if key in content}
    for path, value in (overrides or {}).items():
        _override(name, settings["energy"], path, value)
    return Level(name, content["description"], tuple(settings["valence"]), settings)


def _override(name: str, energy: dict[str, Any], path: str, value: Any) -> None:
    known = {"/".join(keys): old for keys, old in _leaves(energy)}
    if path not in known:
        raise ValueError(
            f"level_of_theory.overrides: {name} has no setting {path!r}; it has {', '.join(sorted(known))}"
        )
    old = known[path]
    same_kind = _is_number(value) if _is_number(old) else type(value) is type(old)
    if not same_kind or (_is_number(value) and value <= 0):
        wanted = "a positive number" if _is_number(old) else f"a value like {old!r}"
        hint = "; YAML reads 1.0e-7 as a number, but 1e-7 as text" if isinstance(value, str) else ""
        raise ValueError(f"level_of_theory.overrides: {path} is {value!r}, but must be {wanted}{hint}")
    *parents, last = path.split("/")
    for key in parents:
        energy = energy[key]
    energy[last] = value


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _normalised(value: Any) -> Any:
    """600 and 600.0 are the same cut-off."""
    if isinstance(value, Mapping):
        return {key: _normalised(inner) for key, inner in value.items()}
    return float(value) if _is_number(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
