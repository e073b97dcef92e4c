"""The report of a campaign or a study: one HTML page without external files."""

from __future__ import annotations

from pathlib import Path

from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.report.campaign import content as of_campaign
from aiida_zif.provenance.report.study import content as of_study
from aiida_zif.provenance.studies.view import StudyView


def write_report(view: CampaignView | StudyView, path: Path) -> None:
    """Write the report of a campaign or a study, finished or not.

    :param view: freshly loaded.
    :param path: of the HTML file; its folder is made if missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(view), encoding="utf-8")


def render(view: CampaignView | StudyView) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("aiida_zif.provenance.report", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    if isinstance(view, StudyView):
        environment.filters |= of_study.filters()
        return environment.get_template("study/page.html.j2").render(**of_study.page_content(view)).lstrip()
    environment.filters |= of_campaign.filters()
    return environment.get_template("campaign/page.html.j2").render(**of_campaign.page_content(view))
