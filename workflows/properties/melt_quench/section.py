"""The section ``melt_quench`` of a study file: quantities with units, over the values of a protocol (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from aiida_zif.plugins.lammps.limits import HaltLevels
from aiida_zif.workflows.campaign.schema.section import Section
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchChoices, MeltQuenchSettings
from aiida_zif.workflows.protocols.loading import protocol_settings
from aiida_zif.workflows.user_input.merging import merged


class Halt(HaltLevels, Section):
    """When a trajectory is stopped early."""


class MeltQuenchSection(MeltQuenchChoices, Section):
    """Melt and quench: what a study file may say."""

    halt: Halt = Field(default=Halt(temperature="4000 K"), description="when a trajectory is stopped early")  # type: ignore[arg-type]


def section_of(given: Mapping[str, Any], protocol: str) -> MeltQuenchSection:
    """Return the complete section: what a study file says, over what the protocol says.

    :raises ValidationError: if a rule is broken; see :func:`aiida_zif.plugins.input_checks.refusal.refusal_text`.
    :raises ValueError: no such protocol.
    """
    return MeltQuenchSection.model_validate(merged(protocol_settings(protocol, "melt_quench"), given))


def settings_of(given: Mapping[str, Any], protocol: str, system: str, seed: int) -> MeltQuenchSettings:
    """Return the settings of the work chain; see :func:`section_of`.

    :param system: label of the framework.
    :param seed: of the study.
    """
    chosen = section_of(given, protocol).model_dump(mode="json")
    return MeltQuenchSettings.model_validate({**chosen, "system": system, "protocol": protocol, "seed": seed})
