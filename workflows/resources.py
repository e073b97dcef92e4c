"""What each stage may use of its computer, as AiiDA's options (no AiiDA needed)."""

from __future__ import annotations

from typing import Any


def stage_options(resources: dict[str, Any]) -> dict[str, Any]:
    """Translate the resources of one stage into ``metadata.options`` of its jobs.

    :param resources: ``ranks`` or ``lanes`` (processes side by side), ``threads`` of each, ``walltime`` in s;
        further keys (``queue_name``, ``account``, ``custom_scheduler_commands`` …) are handed on as they are.
    """
    own = {"ranks", "lanes", "threads", "walltime", "concurrent"}
    options: dict[str, Any] = {
        "resources": {
            "num_machines": 1,
            "num_mpiprocs_per_machine": resources.get("ranks") or resources.get("lanes") or 1,
            "num_cores_per_mpiproc": resources.get("threads", 1),
        },
        "max_wallclock_seconds": int(resources["walltime"]),
    }
    options.update({key: value for key, value in resources.items() if key not in own and value is not None})
    return options
