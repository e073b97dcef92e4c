"""Before anything is stored: does a campaign ask a machine without a queue for more cores than it has?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common import fail, load_if_there
from aiida_zif.workflows.cores import oversubscribed

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign import Campaign

CODE_OF = {"label": "cp2k", "train": "dp", "explore": "lmp", "test": "dp"}
"""Stage: the code that runs it, by its name in the campaign file."""


def refuse_oversubscription(
    campaign: Campaign, stages: Iterable[str] = tuple(CODE_OF), ranks: int | None = None
) -> None:
    """End if a stage would have more cores at work at once than its machine has; what queues is the scheduler's.

    :param stages: those that will run.
    :param ranks: most MPI ranks of a labelling, if the campaign asks for more.
    """
    if not load_if_there():
        return
    labels, resources = campaign.code_labels(), campaign.resource_settings()
    label = {**resources["label"], "ranks": min(resources["label"]["ranks"], ranks or resources["label"]["ranks"])}
    found = {stage: cores_without_queue(labels[CODE_OF[stage]]) for stage in stages}
    cores = {stage: count for stage, count in found.items() if count is not None}
    faults = list(oversubscribed({**resources, "label": label}, cores))
    if faults:
        rows = (
            f"{field}\n  found    {what}\n  allowed  {allowed}\n  mend     {mend}"
            for field, what, allowed, mend in faults
        )
        fail("\n\n".join(["it would use more cores than there are.", *rows, "Nothing was stored or started."]))


def cores_without_queue(label: str) -> int | None:
    """Return the cores of the machine of a code that runs its jobs at once, None where they queue or nobody knows.

    :param label: of the code, with its computer.
    """
    from aiida import orm
    from aiida.common.exceptions import NotExistent

    try:
        computer: Any = orm.load_code(label).computer
    except NotExistent:
        return None  # said where codes are needed
    if computer.scheduler_type != "core.direct":
        return None
    if computer.transport_type == "core.local":
        return len(os.sched_getaffinity(0))
    known: int | None = computer.get_default_mpiprocs_per_machine()
    return known
