"""The section ``melt_quench`` of a study file (no AiiDA)."""

from __future__ import annotations

from aiida_zif.workflows.properties.melt_quench.section import MeltQuenchSection


class MeltQuench(MeltQuenchSection):
    """Equilibrate a framework, heat it until it melts, hold, quench and relax."""
