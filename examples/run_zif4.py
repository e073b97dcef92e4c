"""Run the demo campaign from a script: `verdi run examples/run_zif4.py`, or with `--submit` through the daemon."""

from __future__ import annotations

import sys
from pathlib import Path

from aiida.engine import run_get_node, submit

from aiida_zif.workflows.builder import builder_from_campaign
from aiida_zif.workflows.campaign import load_campaign

CAMPAIGN = Path(__file__).resolve().parent / "zif4-demo.yaml"


def main() -> None:
    """Build the inputs as `aiida-zif run` does, and run or submit them."""
    builder = builder_from_campaign(load_campaign(CAMPAIGN))
    node = submit(builder) if "--submit" in sys.argv[1:] else run_get_node(builder).node
    print(f"Campaign {node.label} <{node.pk}>; see `aiida-zif status {node.pk}`")


if __name__ == "__main__":
    main()
