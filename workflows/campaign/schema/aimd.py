"""AIMD runs in a campaign file (no AiiDA)."""

from __future__ import annotations

from aiida_zif.plugins.cp2k.task import AimdSettings
from aiida_zif.workflows.campaign.schema.section import Section


class AimdRun(AimdSettings, Section):
    """One AIMD run from the crystal; every stride-th step becomes a label."""
