"""What a study of a level is asked, and what it found (no AiiDA)."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.data.record import SCHEMA, Record
from aiida_zif.workflows.structures.recipe import StartRecipe


class Noise(Record):
    """Tolerated errors against the tightest settings.

    :param energy: of the energy difference of two frames, meV/atom.
    :param force: root mean square of a component, meV/Å.
    :param stress: root mean square of a component, GPa.
    """

    energy: float = 1.0
    force: float = 10.0
    stress: float = 0.1


class Overridden(Record):
    """A level by its name, and what a campaign file changes in it, as that file writes it."""

    name: str
    overrides: dict[str, Any] = {}


class Study(Record):
    """What a study is asked.

    :param own: the level as the campaign has it.
    :param ladder: values by setting, the coarsest first, see :mod:`~.ladder`.
    :param start: the frames that every rung labels.
    """

    own: Overridden
    ladder: dict[str, list[Any]]
    noise: Noise
    start: StartRecipe


class LevelErrors(Record):
    """By how much a rung is off the tightest.

    :param energy: largest error of an energy difference between two frames, meV/atom.
    :param energy_shift: mean error of the energies, meV/atom.
    :param force: root mean square error of a component, meV/Å.
    :param force_max: largest error of a component, meV/Å.
    :param stress: root mean square error of a component, GPa; None where none was computed.
    """

    energy: float
    energy_shift: float
    force: float
    force_max: float
    stress: float | None


class Rung(Record):
    """One choice of settings; without its last three fields where nothing is known.

    :param hash: of the level with this choice.
    :param choice: value by setting.
    :param overrides: by path what turns the level as it is into this one.
    :param seconds: wall time of a frame, s.
    :param passes: whether every error is tolerated.
    """

    hash: str
    choice: dict[str, Any]
    overrides: dict[str, Any]
    errors: LevelErrors | None = None
    seconds: float | None = None
    passes: bool | None = None


class LevelLine(Record):
    """A level as a reader knows it."""

    name: str
    hash: str
    line: str


class StudyReport(Record):
    """What a study found: the output ``report``.

    :param rungs: by name.
    :param proposal: name of the cheapest rung that passes.
    :param level_of_theory: the proposal for the campaign file.
    :param names: of the rungs that relax a single setting, by setting, as the values of ``ladder`` but the last.
    :param n_atoms: of a frame.
    :param n_frames: that every rung labelled.
    """

    rungs: dict[str, Rung]
    proposal: str
    level_of_theory: Overridden
    level: LevelLine
    ladder: dict[str, list[Any]]
    names: dict[str, list[str]]
    noise: Noise
    system: str
    n_atoms: int
    n_frames: int

    def as_dict(self) -> dict[str, Any]:
        """Return the content with the number of its definition; what is not known of a rung has no key."""
        return {SCHEMA: self.schema_number, **self.model_dump(mode="json", exclude_unset=True)}
