"""Run a study from a script.

``verdi run examples/run_glass.py`` runs the study of a glass with the force field of the demo campaign in this process;
``--submit`` submits it to the daemon. To run another study file: ``verdi run examples/run_glass.py my-study.yaml``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aiida.engine import submit

from aiida_zif.workflows.engine.in_process import run_to_its_end
from aiida_zif.workflows.study.builder import builder_from_study
from aiida_zif.workflows.study.file.loading import load_study
from aiida_zif.workflows.study.force_field.finding import find_force_field

DEMO = Path(__file__).resolve().parent / "zif4-glass-demo.yaml"


def main(arguments: list[str]) -> None:
    """Build the inputs as `aiida-zif run` does, and run or submit them."""
    files = [argument for argument in arguments if argument != "--submit"]
    builder = builder_from_study(load_study(files[0] if files else DEMO, find=find_force_field))
    # AiiDA's own `run` leaves the jobs running at Ctrl-C
    node = submit(builder) if "--submit" in arguments else run_to_its_end(builder, "Stopped.")
    print(f"Study {node.label} <{node.pk}>; see `aiida-zif status {node.pk}`")


if __name__ == "__main__":
    main(sys.argv[1:])
