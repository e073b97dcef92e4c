"""Number of steps, seeds and input of the committee of a cycle."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.workflows.active_learning.state.verdict import Verdict
from aiida_zif.workflows.campaign.settings import Settings
from aiida_zif.workflows.engine.naming import key_of
from aiida_zif.workflows.engine.seeds import derive_seed
from aiida_zif.workflows.training.schedule import training_steps
from aiida_zif.workflows.user_input.merging import merged


@calcfunction
def plan_training(settings: orm.Dict, verdict: orm.Dict) -> dict[str, orm.Data]:
    """Derive the training input (``parameters``) and one seed a committee member.

    :param settings: of the campaign.
    :param verdict: the newest one; it says in which cycle the campaign is, and whether it ends here.
    """
    from aiida_zif.plugins.deepmd.inputs import training_input

    values, newest = Settings.from_node(settings), Verdict.from_node(verdict)
    training = values.training
    steps = training_steps(training.steps, newest.cycle, values.limits.cycles, newest.finished)
    learning = training_input(type_map=values.type_map or [], rcut=training.rcut, steps=steps)
    seeds = {
        key_of("model", index): orm.Int(derive_seed(values.seed, "train", newest.cycle, index))
        for index in range(training.models)
    }
    return {"parameters": orm.Dict(merged(learning, training.deepmd)), **seeds}
