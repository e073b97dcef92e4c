"""Whether a file is a campaign or a study: its keys decide (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.workflows.campaign.schema.campaign_file import CampaignFile
from aiida_zif.workflows.study.schema.study_file import SECTIONS, StudyFile
from aiida_zif.workflows.user_input.problems import CampaignError, listed
from aiida_zif.workflows.user_input.yaml_source import Source

Kind = Literal["campaign", "study"]

KEYS: dict[Kind, set[str]] = {
    "study": {"force_field", *SECTIONS},
    "campaign": set(CampaignFile.model_fields) - set(StudyFile.model_fields),
}
"""Keys that only one kind of file has."""

BOTH = "a campaign (it makes a force field) or a study (it uses one: force_field, and what to compute)"


def kind_of(source: Source) -> Kind:
    """Return what a file is: a study names a force field; everything else with systems is a campaign.

    :raises CampaignError: if it has keys of both, or of none.
    """
    own = {kind: [key for key in source.data if key in keys] for kind, keys in KEYS.items()}
    if own["study"] and own["campaign"]:
        found = f"keys of a study ({listed(own['study'])}) and of a campaign ({listed(own['campaign'])})"
        fix = "write two files: run the campaign first, then name it in the study, force_field: {campaign: NAME}"
        raise CampaignError([source.problem((own["study"][0],), found, BOTH, fix)])
    if own["study"]:
        return "study"
    if own["campaign"] or "systems" in source.data:
        return "campaign"
    found = f"the keys {listed(list(source.data))}" if source.data else "nothing"
    fix = "see docs/campaign.md and docs/study.md, or the examples: zif4-demo.yaml, zif4-glass.yaml"
    raise CampaignError([source.problem((), found, BOTH, fix)])
