"""`check`: validate a file, print what would run and what it will cost."""

from __future__ import annotations

from pathlib import Path

import click

from aiida_zif.cli.common.options import FILE
from aiida_zif.cli.common.profile import with_debug
from aiida_zif.cli.files.reading import kind_of_file


@click.command(epilog="Example: aiida-zif check examples/zif4-demo.yaml --time")
@FILE
@click.option(
    "--time",
    "time_it",
    is_flag=True,
    help="Time two frames of every system with CP2K (of a study: MD steps) now, unless this was done.",
)
@click.option("-p", "--profile", default=None, help="AiiDA profile whose finished jobs give the cost.")
@click.option("--json", "as_json", is_flag=True, help="Print settings in canonical units and costs as JSON.")
@with_debug
def check(file: Path, time_it: bool, profile: str | None, as_json: bool) -> None:
    """Check the campaign or study FILE; print what would run and what it will cost, from the times of finished jobs.

    Without --time nothing is stored. A campaign needs no profile; of a study the profile holds the force field.
    """
    if kind_of_file(file) == "campaign":
        from aiida_zif.cli.campaign.check import check_campaign

        check_campaign(file, time_it, profile, as_json)
    else:
        from aiida_zif.cli.study.check import check_study

        check_study(file, time_it, profile, as_json)
