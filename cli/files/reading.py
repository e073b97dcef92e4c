"""Read a file as what it is: a campaign or a study."""

from __future__ import annotations

from pathlib import Path

from aiida_zif.cli.common.profile import fail
from aiida_zif.cli.common.work import Work


def kind_of_file(path: Path) -> str:
    """Return ``campaign`` or ``study``; end with a message if a file is neither or both."""
    from aiida_zif.workflows.study.file.kind import kind_of
    from aiida_zif.workflows.user_input.problems import CampaignError
    from aiida_zif.workflows.user_input.yaml_source import read_source

    try:
        return kind_of(read_source(path))
    except CampaignError as error:
        fail(str(error))


def read_work(path: Path, seed: int | None = None, reuse: bool | None = None) -> Work:
    """Return what a file asks for; end with a list of all problems.

    :param seed: wins over that of the file.
    :param reuse: of labels, wins over the file.
    """
    if kind_of_file(path) == "campaign":
        from aiida_zif.cli.campaign.work import CampaignWork

        return CampaignWork(path, seed, reuse)
    if reuse is not None:
        fail("--reuse and --no-reuse are about labels, and a study has none. Fix: leave the option out.")
    from aiida_zif.cli.study.work import StudyWork

    return StudyWork(path, seed)
