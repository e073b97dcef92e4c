"""The end of `run` and `watch`: table, summary, report, exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from aiida_zif.cli.common.profile import fail


def conclude(node: Any, directory: Path | None) -> None:
    """Print the table of a campaign or study, write summary and report, and end with 0 only if it ended well."""
    from aiida_zif.cli.results.views import load_any_view, print_any_status, summarise_any
    from aiida_zif.provenance.report.page import write_report
    from aiida_zif.workflows.engine.endings import why_it_ended

    view = load_any_view(node)
    print_any_status(view)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "summary.json").write_text(json.dumps(summarise_any(view), indent=2, allow_nan=False) + "\n")
        write_report(view, directory / "report.html")
        click.echo(f"Wrote {directory / 'summary.json'} and {directory / 'report.html'}")
    if not node.is_finished_ok:
        from aiida_zif.provenance.queries.studies import noun_of

        fail(f"{noun_of(node)} <{node.pk}> ended with {why_it_ended(node)}", exit_code=1)
