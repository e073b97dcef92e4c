"""A study file as `run` sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.profile import fail
from aiida_zif.cli.common.work import Work

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Find, Study


def read_study(path: Path, seed: int | None = None, find: Find | None = None) -> Study:
    """Return the checked study, or end with a list of all problems.

    :param seed: wins over that of the file.
    :param find: looks the force field up in the loaded profile; without it what depends on it is not checked.
    """
    from aiida_zif.workflows.study.file.loading import load_study
    from aiida_zif.workflows.user_input.problems import CampaignError

    try:
        return load_study(path, {} if seed is None else {"seed": seed}, find)
    except CampaignError as error:
        fail(str(error))


def refuse_unfit_machine(study: Study) -> None:
    """End if the profile lacks a code of the study, or a computer does not support what it asks for."""
    from aiida_zif.workflows.study.checks.machine import machine_problems
    from aiida_zif.workflows.user_input.problems import render_problems

    if problems := list(machine_problems(study.code_labels(), study.resources)):
        fail(f"the profile cannot run it.\n\n{render_problems(problems)}")


class StudyWork(Work):
    """A study."""

    noun = "study"
    kept = "computes again what had not ended"

    def __init__(self, path: Path, seed: int | None) -> None:
        self.path, self.seed = path, seed
        self.study = read_study(path, seed)

    @property
    def name(self) -> str:
        """Its name."""
        return self.study.name

    def look_up(self) -> None:
        """Find the force field in the loaded profile, and check what depends on it; then codes and cores."""
        from aiida_zif.workflows.study.force_field.finding import find_force_field

        self.study = read_study(self.path, self.seed, find_force_field)
        if self.study.moves:
            refuse_unfit_machine(self.study)

    @property
    def is_short(self) -> bool:
        """Whether nothing moves: frames are analysed in seconds."""
        return not self.study.moves

    def notes(self) -> list[str]:
        """Return notes on the cells, and what the study cannot reach."""
        from aiida_zif.workflows.study.file.remarks import remarks

        return remarks(self.study)

    def known(self) -> Any:
        """Return the newest study of the same name, settings and force field that is running or finished well."""
        from aiida_zif.cli.study.take_up import known_study

        return known_study(self.study)

    def builder(self) -> Any:
        """Return the builder; end with a message if a code is missing."""
        from aiida.common.exceptions import NotExistent

        from aiida_zif.workflows.study.builder import builder_from_study
        from aiida_zif.workflows.user_input.problems import CampaignError

        try:
            return builder_from_study(self.study)
        except CampaignError as error:
            fail(str(error))
        except NotExistent as error:
            fail(f"codes: {error}. The profile has none; `aiida-zif setup` or `verdi code create` makes them.")
