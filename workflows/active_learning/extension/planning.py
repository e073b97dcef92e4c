"""The first step of a campaign that goes on: level of theory, how frames are chosen, and how they are labelled."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.active_learning.planning.cycle import plan_selections
from aiida_zif.workflows.active_learning.planning.first_labels import batch_task, levels_of
from aiida_zif.workflows.active_learning.state.quarantine import taking_part
from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import key_of


@calcfunction
def plan_extension(settings: orm.Dict, verdict: orm.Dict) -> dict[str, orm.Data]:
    """Derive what the first step needs; nothing is drawn at random for comparison, as it has no forces of a model.

    :param settings: of the campaign that goes on.
    :param verdict: that it goes on from; systems that it has left out take no part.
    """
    values, before = Settings.from_node(settings), Verdict.from_node(verdict)
    systems, plan = taking_part(values.systems, before.systems), levels_of(values)
    selections = plan_selections(values, systems, before.cycle + 1, before.n_labels, None, None)
    left = max(values.limits.labels - before.n_labels, 0)
    for system, selection in selections.items():
        most = max(1, min(values.for_system(system).selection.per_cycle, left // max(len(systems), 1)))
        chosen = selection.model_copy(update={"control": 0, "per_cycle": most, "labels_left": left})
        plan |= {
            key_of("selection", system): orm.Dict(chosen.as_dict()),
            key_of("task", system): orm.Dict(batch_task(values)),
        }
    return plan
