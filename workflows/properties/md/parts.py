"""How a trajectory is cut into parts: what a job that dies may lose."""

from __future__ import annotations

from aiida import orm
from aiida.engine import calcfunction

from aiida_zif.plugins.lammps.production.settings import MdStage, Settings
from aiida_zif.workflows.properties.md.layout import MdLayout

PART_S = 450.0
"""s of one part: what is computed again after a crash, beside the seconds in which LAMMPS and its models start."""

MOST_PARTS = 2000
"""Each part leaves some files."""


def steps_of_part(steps_per_s: float, n_steps: int, every: int) -> int:
    """Return the steps of a part that takes :data:`PART_S`, a multiple of ``every``.

    :param n_steps: of the trajectory.
    :param every: steps between two looks.
    """
    wanted = max(steps_per_s * PART_S, n_steps / MOST_PARTS, 1.0)
    return max(1, round(wanted / every)) * every


@calcfunction
def cut_into_parts(parameters: orm.Dict, stages: orm.List, layout: orm.Dict) -> orm.Dict:
    """Return the parameters of a trajectory with parts as long as its speed allows.

    :param layout: with the speed, an :class:`~aiida_zif.workflows.properties.md.layout.MdLayout`.
    """
    settings = Settings.from_node(parameters)
    n_steps = sum(MdStage.model_validate(stage).md_steps for stage in stages.get_list())
    every = settings.deviation_every or settings.sample_every or 1
    steps = steps_of_part(MdLayout.from_node(layout).steps_per_s, n_steps, every)
    return orm.Dict(settings.model_copy(update={"checkpoint_every": steps}).as_dict())
