"""Old names of modules that moved, for checkpoints of running work chains and jobs.

A checkpoint names its classes by module, so a campaign that was started before the modules moved imports the old name.
To be removed in the version after this one. The import system uses this finder last, for names that exist nowhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

MOVED = {
    "plugins.deepmd.test_calculation": "plugins.deepmd.testing.calculation",
    "plugins.deepmd.train_calculation": "plugins.deepmd.training.calculation",
    "plugins.deepmd.train_pack_calculation": "plugins.deepmd.training.pack_calculation",
    "plugins.lammps.calculation": "plugins.lammps.exploration.calculation",
    "plugins.patient_waiting": "plugins.jobs.local_waiting",
    "workflows.acquire": "workflows.active_learning.acquire",
    "workflows.aimd": "workflows.labelling.aimd",
    "workflows.converge": "workflows.level_convergence.work_chain",
    "workflows.explore": "workflows.active_learning.exploration.explore",
    "workflows.label": "workflows.labelling.label",
    "workflows.time_labels": "workflows.labelling.time_labels",
    "workflows.train_committee": "workflows.training.train_committee",
}
"""Old name → new name, below ``aiida_zif``: modules with a class that a checkpoint may name.

``aiida_zif.workflows.active_learning`` is a package now; it hands its work chain on by itself.
"""

PREFIX = "aiida_zif."


class MovedModules(MetaPathFinder, Loader):
    """Finds a module that has moved, with everything that the new one holds."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a specification for the old name of a module, None for any other name."""
        if fullname.startswith(PREFIX) and fullname.removeprefix(PREFIX) in MOVED:
            return ModuleSpec(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module of the old name; classes are those of the new one, and name it as their home."""
        now = import_module(PREFIX + MOVED[module.__name__.removeprefix(PREFIX)])
        vars(module).update({name: value for name, value in vars(now).items() if not name.startswith("__")})


def keep_old_names() -> None:
    """Let the import system find modules by their old names, once a program."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())
