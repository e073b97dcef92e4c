"""Run a campaign from a script.

``verdi run examples/run_zif4.py`` runs the demo campaign in this process; ``--submit`` submits it to the daemon. To
run another campaign file: ``verdi run examples/run_zif4.py my-campaign.yaml``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aiida.engine import submit

from aiida_zif.workflows.active_learning.builder import builder_from_campaign
from aiida_zif.workflows.campaign.loading import load_campaign
from aiida_zif.workflows.engine.in_process import run_to_its_end

DEMO = Path(__file__).resolve().parent / "zif4-demo.yaml"


def main(arguments: list[str]) -> None:
    """Build the inputs as `aiida-zif run` does, and run or submit them."""
    files = [argument for argument in arguments if argument != "--submit"]
    builder = builder_from_campaign(load_campaign(files[0] if files else DEMO))
    # AiiDA's own `run` leaves the jobs running at Ctrl-C
    node = submit(builder) if "--submit" in arguments else run_to_its_end(builder, "Stopped. Finished labels are kept.")
    print(f"Campaign {node.label} <{node.pk}>; see `aiida-zif status {node.pk}`")


if __name__ == "__main__":
    main(sys.argv[1:])
