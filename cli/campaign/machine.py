"""Check before anything is stored: a campaign must not use more cores than a machine without a queue has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.profile import fail, load_if_there

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

CODES = ("cp2k", "dp", "lmp")


def refuse_oversubscription(campaign: Campaign, names: Iterable[str] = CODES, ranks: int | None = None) -> None:
    """End if a stage would have more cores at work at once than its machine has; what queues is the scheduler's.

    :param names: codes that will run.
    :param ranks: most MPI ranks of a labelling, if the campaign asks for more.
    """
    if not load_if_there():
        return
    from aiida_zif.workflows.campaign.checks.machine_cores import require_cores
    from aiida_zif.workflows.user_input.problems import CampaignError

    labels, label = campaign.code_labels(), campaign.resources.label.with_ranks_below(ranks)
    codes = {name: code for name in names if (code := code_if_there(labels.get(name))) is not None}
    try:
        require_cores(campaign.resources.model_copy(update={"label": label}), codes)
    except CampaignError as error:
        fail(f"it would use more cores than the machine has.\n\n{error}")


def code_if_there(label: str | None) -> Any:
    """Return a code, or None if it is not set up or not needed; other checks report that."""
    if label is None:
        return None
    from aiida import orm
    from aiida.common.exceptions import NotExistent

    try:
        return orm.load_code(label)
    except NotExistent:
        return None
