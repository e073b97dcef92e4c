"""The recovery ladder of a level: other settings for frames whose self-consistency fails (no AiiDA)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiida_zif.plugins.cp2k.levels.cost import leaves, only_cost
from aiida_zif.plugins.cp2k.levels.demands import setting_faults
from aiida_zif.plugins.cp2k.levels.level import Level
from aiida_zif.plugins.cp2k.reading.scf import VERDICTS
from aiida_zif.plugins.cp2k.schema.check import Fault, canonical, closest, faults
from aiida_zif.plugins.cp2k.schema.description import read_schema

KEYS = ("name", "verdicts", "settings", "changes_physics")
SMEARING = ("SCF/SMEAR", "SCF/ADDED_MOS")
"""Below FORCE_EVAL/DFT: what a rung may change of the physics, if it says so."""


@dataclass(frozen=True)
class Rung:
    """One other way to self-consistency.

    :param name: for counting and reading.
    :param verdicts: what a loop must have looked like, see :mod:`aiida_zif.plugins.cp2k.reading.scf`; empty for any.
    :param settings: below the root of the input, they win over those of the level.
    :param changes_physics: the label is not the one that the level asks for (smeared occupations).
    """

    name: str
    verdicts: tuple[str, ...]
    settings: dict[str, Any]
    changes_physics: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain content for a ``Dict`` node; read back by :func:`read_rung`."""
        settings = copy.deepcopy(self.settings)
        return {
            "name": self.name,
            "verdicts": list(self.verdicts),
            "settings": settings,
            "changes_physics": self.changes_physics,
        }


def read_rung(content: Mapping[str, Any]) -> Rung:
    """Return one rung of a level whose definition has been checked.

    :raises ValueError: when it is none.
    """
    try:
        physics = bool(content.get("changes_physics", False))
        settings = copy.deepcopy(dict(content["settings"]))
        return Rung(str(content["name"]), tuple(content.get("verdicts", ())), settings, physics)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"rung: {error!r} where a rung with {', '.join(KEYS)} is needed") from error


def ladder_of(level: Level) -> list[Rung]:
    """Return the rungs of a level, the first to be tried first."""
    return [read_rung(content) for content in level.settings.get("recovery", [])]


def next_rung(ladder: Sequence[Rung], tried: str | None, verdict: str) -> Rung | None:
    """Return the first rung above the one tried that is for such a loop; None at the end of the ladder.

    :param tried: name of the last rung, None if the level's own settings failed.
    :param verdict: one of :data:`~aiida_zif.plugins.cp2k.reading.scf.VERDICTS`.
    """
    names = [rung.name for rung in ladder]
    above = ladder[names.index(tried) + 1 :] if tried in names else ladder
    return next((rung for rung in above if not rung.verdicts or verdict in rung.verdicts), None)


def recovery_faults(content: Any) -> Iterator[Fault]:
    """Yield what is wrong with the block ``recovery`` of a level."""
    if not isinstance(content, list):
        yield Fault((), repr(content), "a list of rungs", "see docs/levels.md for an example")
        return
    for place, rung in enumerate(content):
        if not isinstance(rung, Mapping):
            yield Fault((str(place),), repr(rung), "a section", f"write {', '.join(KEYS)}")
            continue
        for fault in rung_faults(rung):
            yield Fault((str(place), *fault.path), fault.found, fault.allowed, fault.fix)
        if [other.get("name") for other in content[:place] if isinstance(other, Mapping)].count(rung.get("name")):
            yield Fault((str(place), "name"), repr(rung.get("name")), "a name of its own", "rename this rung")


def rung_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with one rung: keys, verdicts, what CP2K would refuse, what would change the physics."""
    for key in content:
        if key not in KEYS:
            yield Fault((str(key),), f"the key {key!r}", ", ".join(KEYS), closest(str(key), KEYS, "remove it"))
    kinds = {"name": str, "settings": Mapping, "verdicts": list, "changes_physics": bool}
    wrong = [key for key in kinds if key in content and not isinstance(content[key], kinds[key])]
    for key in wrong:
        yield Fault(
            (key,), repr(content[key]), "a text, a section, a list, true or false: see docs/levels.md", "fix it"
        )
    for key in ("name", "settings"):
        if key not in content:
            yield Fault((key,), "nothing", f"rungs with {', '.join(KEYS[:3])}", f"add the key {key!r}")
    if wrong or not {"name", "settings"} <= set(content):
        return
    for verdict in content.get("verdicts", ()):
        if verdict not in VERDICTS:
            fix = closest(str(verdict), VERDICTS, "take one of these")
            yield Fault(("verdicts",), repr(verdict), ", ".join(VERDICTS), fix)
    yield from _settings_faults(content["settings"], content.get("changes_physics", False))


def _settings_faults(settings: Mapping[str, Any], changes_physics: bool) -> Iterator[Fault]:
    """Every rung ends by the threshold of the level: EPS_SCF and its like are none of the settings that it may have."""
    root = read_schema(settings)
    wrong = list(faults(settings, root))
    for fault in wrong:
        yield Fault(("settings", *fault.path), fault.found, fault.allowed, fault.fix)
    if wrong:
        return
    named = canonical(settings, root)
    dft = named.get("FORCE_EVAL", {}).get("DFT", {})
    told = {fault.path: fault for fault in setting_faults(dft)}
    for path, value in leaves(named):
        below = path[2:]
        if path[:2] != ("FORCE_EVAL", "DFT"):
            yield Fault(("settings", *path), repr(value), "settings below FORCE_EVAL/DFT", "remove it")
        elif below in told:
            fault = told[below]
            yield Fault(("settings", *path), fault.found, fault.allowed, fault.fix)
        elif not only_cost(below, value) and not (changes_physics and "/".join(below).startswith(SMEARING)):
            fix = "only smearing may change the physics, and only with changes_physics: true"
            yield Fault(("settings", *path), repr(value), "settings that are known to change the cost alone", fix)
