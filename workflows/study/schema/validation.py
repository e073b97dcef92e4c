"""The section ``validate`` of a study file (no AiiDA)."""

from __future__ import annotations

from aiida_zif.workflows.properties.validation.section import ValidationSection


class Validation(ValidationSection):
    """Results beside AIMD, files of others, measured curves and the literature."""
