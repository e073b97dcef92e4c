"""A campaign whose settings an earlier version has stored is shown like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from synthetic_campaign import SETTINGS, SyntheticCampaign

from aiida_zif.provenance.campaigns.progress import expected_remaining_s
from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import load_view
from aiida_zif.provenance.queries.campaigns import campaign_entry
from aiida_zif.provenance.report.page import write_report

LATER = {
    "exploration": ("equilibration", "uncertain_starts", "preflight", "chemistry", "stages", "plumed"),
    "selection": ("window", "options", "per_condition"),
    "training": ("warm_start", "early_stop"),
    "held_out": ("imported", "imported_gates"),
    "failure_budget": ("hopeless",),
}
"""Keys that came after the first versions."""


def earlier_settings() -> dict[str, Any]:
    """Settings without a number, and without what came later."""
    content = {
        key: value for key, value in SETTINGS.as_dict().items() if key not in ("schema", "labelling", "convergence")
    }
    for section, keys in LATER.items():
        content[section] = {key: value for key, value in content[section].items() if key not in keys}
    content["selection"]["strategy"] = "window"
    content["systems"] = {"zif4": {"structure": "zif-4"}}
    return content


def test_settings_of_an_earlier_version_are_shown(unfinished: Callable[[], SyntheticCampaign], tmp_path: Path) -> None:
    campaign = unfinished()
    campaign.stored = earlier_settings()
    campaign.open()
    view = load_view(campaign.campaign)
    assert summarise(view)["n_models"] == 3
    assert (expected_remaining_s(view) or 0.0) > 0.0
    assert campaign_entry(campaign.campaign)["seed"] == 4
    write_report(view, tmp_path / "report.html")
    assert "500 K, 5 fs" in (tmp_path / "report.html").read_text()
