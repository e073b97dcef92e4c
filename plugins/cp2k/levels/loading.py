"""Load levels of theory: shipped ones and files of the user (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida_zif.plugins.cp2k.levels.level import Level

FOLDER = Path(__file__).parent / "shipped"


def available_levels() -> list[str]:
    """Names of the shipped levels."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_level(
    name: str, overrides: Mapping[str, Any] | None = None, definition: Mapping[str, Any] | None = None
) -> Level:
    """Return a level, some of its settings changed.

    :param name: one of :func:`available_levels`, or a name of the user's own with its ``definition``.
    :param overrides: new values below FORCE_EVAL/DFT, nested or by path, see
        :func:`~aiida_zif.plugins.cp2k.levels.overrides.override`.
    :param definition: content of a level file.
    :raises LevelError: for an unknown name, a wrong definition, path or kind of value, naming what is allowed; a
        ``ValueError``.
    """
    content = _shipped(name) if definition is None else _own(name, definition)
    settings = {key: value for key, value in content.items() if key != "description"}
    if overrides:
        from aiida_zif.plugins.cp2k.levels.overrides import override

        settings = override(settings, overrides)
    return Level(name, content["description"], tuple(settings["valence"]), settings)


def _shipped(name: str) -> dict[str, Any]:
    import yaml

    if name not in available_levels():
        raise _unknown(name)
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return content


def _own(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the user's definition, checked."""
    from aiida_zif.plugins.cp2k.levels.definition import NAME, canonical_definition, definition_faults
    from aiida_zif.plugins.cp2k.levels.errors import LevelError
    from aiida_zif.plugins.cp2k.levels.functionals import misfits, with_misfits
    from aiida_zif.plugins.cp2k.schema.check import Fault

    if name in available_levels():
        allowed = f"names other than {', '.join(available_levels())}"
        raise LevelError([Fault((), f"{name!r}, which ships with the package", allowed, "rename your level")])
    if not NAME.fullmatch(name):
        allowed = "letters, digits, dots, pluses, hyphens and underscores, 60 at most"
        raise LevelError([Fault((), repr(name), allowed, "rename your level, for example my-pbe")])
    wrong = list(definition_faults(definition))
    if wrong:
        raise LevelError(wrong, "level_of_theory.definition")
    named = canonical_definition(definition)
    return with_misfits(named, misfits(named))


def _unknown(name: str) -> ValueError:
    from aiida_zif.plugins.cp2k.levels.errors import LevelError
    from aiida_zif.plugins.cp2k.schema.check import Fault, closest

    names = available_levels()
    fix = closest(name, names, "choose one of them, or give the path of a level file (./my-level.yaml)")
    return LevelError([Fault((), repr(name), ", ".join(names), fix)])
