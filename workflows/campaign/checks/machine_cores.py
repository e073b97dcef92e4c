"""Check that the machines of a campaign have the cores that it uses at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aiida import orm

from aiida_zif.workflows.campaign.checks.cores import oversubscribed
from aiida_zif.workflows.campaign.schema.resources import Resources
from aiida_zif.workflows.user_input.problems import CampaignError, Problem

CODE_OF = {"label": "cp2k", "train": "dp", "explore": "lmp", "test": "dp"}
"""Stage: the code that runs it, by its name in the campaign file."""


def require_cores(resources: Resources, codes: Mapping[str, orm.AbstractCode]) -> None:
    """Refuse a stage that would have more cores at work at once than its machine has; a queue looks after itself.

    :param codes: ``cp2k``, ``dp`` and ``lmp``; stages without a code are passed over.
    :raises CampaignError: with a problem for each such stage.
    """
    found = {stage: cores_without_queue(codes[name]) for stage, name in CODE_OF.items() if name in codes}
    cores = {stage: count for stage, count in found.items() if count is not None}
    problems = [Problem("campaign", None, *fault) for fault in oversubscribed(resources, cores)]
    if problems:
        raise CampaignError(problems)


def cores_without_queue(code: orm.AbstractCode) -> int | None:
    """Return the cores of the machine of a code that runs its jobs at once; None where they queue or nobody knows."""
    computer: Any = code.computer
    if computer is None or computer.scheduler_type != "core.direct":
        return None
    if computer.transport_type == "core.local":
        return len(os.sched_getaffinity(0))
    known: int | None = computer.get_default_mpiprocs_per_machine()
    return known
