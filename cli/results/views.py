"""Campaigns and studies behind one door: whatever a command shows depends on the type of the node here only."""

from __future__ import annotations

from typing import Any


def load_any_view(node: Any) -> Any:
    """Return the view of a campaign or a study."""
    from aiida_zif.provenance.queries.studies import is_study

    if is_study(node):
        from aiida_zif.provenance.studies.view import load_study

        return load_study(node)
    from aiida_zif.provenance.campaigns.view import load_view

    return load_view(node)


def summarise_any(view: Any) -> dict[str, Any]:
    """Return the summary of a view as plain values: the content of `summary.json`."""
    from aiida_zif.provenance.campaigns.view import CampaignView

    if isinstance(view, CampaignView):
        from aiida_zif.provenance.campaigns.summary import summarise

        return summarise(view)
    from aiida_zif.provenance.studies import summary

    return summary.summarise(view)


def print_any_status(view: Any) -> None:
    """Print the table of a view."""
    from aiida_zif.provenance.campaigns.view import CampaignView

    if isinstance(view, CampaignView):
        from aiida_zif.cli.results.status_table import print_status

        print_status(view)
    else:
        from aiida_zif.cli.results.study_table import print_study

        print_study(view)


def any_status_json(view: Any) -> dict[str, Any]:
    """Return the status of a view as plain values."""
    from aiida_zif.provenance.campaigns.view import CampaignView

    if isinstance(view, CampaignView):
        from aiida_zif.cli.results.status_table import status_json

        return status_json(view)
    from aiida_zif.cli.results.study_table import study_json

    return study_json(view)
