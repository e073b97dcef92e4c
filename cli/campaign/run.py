"""`run`, `watch` and `schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.campaign.codes import refuse_unfit_codes, refuse_unfit_known_codes
from aiida_zif.cli.campaign.machine import refuse_oversubscription
from aiida_zif.cli.campaign.plumed import refuse_without_plumed
from aiida_zif.cli.campaign.take_up import known_campaign
from aiida_zif.cli.campaign.watching import follow
from aiida_zif.cli.common.profile import PROFILE, emit_json, fail, load, load_campaign_node, with_debug, with_profile
from aiida_zif.workflows.engine.in_process import run_to_its_end

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

CAMPAIGN_FILE = click.argument("campaign_file", metavar="CAMPAIGN", type=click.Path(path_type=Path))
SEED = click.option(
    "--seed", type=click.IntRange(0, 2**31 - 2), default=None, help="Seed to use instead of that of the file."
)


def read_campaign(path: Path, seed: int | None, reuse: bool | None = None) -> Campaign:
    """Return the checked campaign, or end with a list of all problems; options take precedence over the file."""
    from aiida_zif.workflows.campaign.loading import CampaignError, load_campaign

    try:
        campaign = load_campaign(path)
    except CampaignError as error:
        fail(str(error))
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    if reuse is not None:
        given["labelling"] = campaign.labelling.model_copy(update={"reuse": reuse})
    return campaign.model_copy(update=given)


@click.command(epilog="Example: aiida-zif schema > campaign.schema.json")
def schema() -> None:
    """Print the JSON schema of the campaign file; editors complete and check with it."""
    from aiida_zif.workflows.campaign.loading import campaign_json_schema

    emit_json(campaign_json_schema())


@click.command(epilog="Example: aiida-zif run examples/zif4-demo.yaml --dir demo")
@CAMPAIGN_FILE
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="Folder for summary and report."
)
@click.option("--fresh", is_flag=True, help="Start a new campaign even if the profile has this one.")
@click.option(
    "--reuse/--no-reuse",
    default=None,
    help="Reuse labels that the profile holds, or compute all labels. [default: as in the file]",
)
@click.option("--submit", is_flag=True, help="Submit to the daemon and return at once.")
@click.option("--foreground", is_flag=True, help="Run in this process, without a daemon.")
@SEED
@PROFILE
@with_debug
def run(
    campaign_file: Path,
    directory: Path | None,
    fresh: bool,
    reuse: bool | None,
    submit: bool,
    foreground: bool,
    seed: int | None,
    profile: str | None,
) -> None:
    """Run CAMPAIGN, or continue it where it stopped. No frame is labelled twice.

    A new campaign reuses labels that the profile holds for the same frames and level of theory, and prints how many.
    Add --no-reuse to compute all labels, for example to time the campaign.

    The campaign runs in the daemon of the profile. It continues when the terminal is closed or after Ctrl-C.
    """
    if submit and foreground:
        fail("--submit and --foreground exclude each other. Fix: choose one.")
    campaign = read_campaign(campaign_file, seed, reuse)  # errors of the file are printed also without a profile
    load(profile)
    refuse_without_plumed(campaign)
    refuse_oversubscription(campaign)
    for note in campaign.cell_notes():
        click.echo(note, err=True)
    node = None if fresh else known_campaign(campaign)
    if node is not None and node.is_finished_ok:
        click.echo(f"Campaign {campaign.name} <{node.pk}> is finished already; --fresh starts a new one.")
    elif foreground and node is None:
        node = run_here(campaign)
    else:
        node = hand_over(campaign, node)
        if submit:
            click.echo(f"Follow it with: aiida-zif watch {node.pk}")
            return
        follow(node)
    conclude(node, directory)


def hand_over(campaign: Campaign, node: Any) -> Any:
    """Submit a new campaign to the daemon, or start the daemon for a campaign that was interrupted."""
    from aiida.engine import submit

    from aiida_zif.setup.daemon.daemon import ensure_daemon

    builder = make_builder(campaign) if node is None else None  # a missing code is found before a daemon starts
    click.echo(ensure_daemon())
    if builder is None:
        click.echo(f"Continuing campaign {campaign.name} <{node.pk}>, started {node.ctime:%Y-%m-%d %H:%M}.")
        return node
    node = submit(builder)
    click.echo(f"Started campaign {campaign.name} <{node.pk}>.")
    return node


def run_here(campaign: Campaign) -> Any:
    """Run a campaign inside this process."""
    click.echo(
        f"Running campaign {campaign.name} in this process; `aiida-zif status` in another terminal shows details."
    )
    return run_to_its_end(
        make_builder(campaign), "Stopped. The same command starts again and reuses the labels that exist."
    )


def make_builder(campaign: Campaign) -> Any:
    """Return the builder; end with a message if a code is missing."""
    from aiida.common.exceptions import NotExistent

    from aiida_zif.workflows.active_learning.builder import builder_from_campaign
    from aiida_zif.workflows.campaign.loading import CampaignError

    try:
        builder = builder_from_campaign(campaign)
    except CampaignError as error:
        fail(str(error))
    except NotExistent as error:
        refuse_unfit_known_codes(campaign)
        fail(f"codes: {error}. The profile has none; `aiida-zif setup` or `verdi code create` makes them.")
    refuse_unfit_codes(campaign)
    return builder


def conclude(node: Any, directory: Path | None) -> None:
    """Print the table, write summary and report, and end with 0 only if the campaign did."""
    from aiida_zif.cli.results.status_table import print_status
    from aiida_zif.provenance.campaigns.summary import summarise
    from aiida_zif.provenance.campaigns.view import load_view
    from aiida_zif.provenance.report.page import write_report
    from aiida_zif.workflows.engine.endings import why_it_ended

    view = load_view(node)
    print_status(view)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "summary.json").write_text(json.dumps(summarise(view), indent=2, allow_nan=False) + "\n")
        write_report(view, directory / "report.html")
        click.echo(f"Wrote {directory / 'summary.json'} and {directory / 'report.html'}")
    if not node.is_finished_ok:
        fail(f"campaign <{node.pk}> ended with {why_it_ended(node)}", exit_code=1)


@click.command(epilog="Example: aiida-zif watch 1234")
@click.argument("pk", required=False)
@with_profile
def watch(pk: str | None) -> None:
    """Follow the campaign PK (the newest one if left out) until it ends. Ctrl-C leaves it running."""
    node = load_campaign_node(pk)
    follow(node)
    conclude(node, None)
