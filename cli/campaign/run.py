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
SEED = click.option("--seed", type=click.IntRange(0, 2**31 - 2), default=None, help="Instead of the file's own seed.")


def read_campaign(path: Path, seed: int | None, reuse: bool | None = None) -> Campaign:
    """Return the checked campaign, or end with every problem that its file has; what is given wins over the file."""
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
@click.option("--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="For summary and report.")
@click.option("--fresh", is_flag=True, help="Start a new campaign even if this one is there already.")
@click.option(
    "--reuse/--no-reuse",
    default=None,
    help="Take labels that the profile holds already, or compute all of them anew. [default: as in the file]",
)
@click.option("--submit", is_flag=True, help="Return at once; the daemon carries the campaign.")
@click.option("--foreground", is_flag=True, help="Run inside this process, without a daemon.")
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
    """Run CAMPAIGN, or go on with it where it stopped: nothing that was labelled is labelled again.

    A new campaign too takes the labels that the profile holds of its frames at its level of theory, and says how
    many. To time it, or to have labels of its own, add --no-reuse.

    The daemon of the profile carries the campaign, so that it survives this terminal. Ctrl-C leaves it running.
    """
    if submit and foreground:
        fail("--submit and --foreground exclude each other: choose the daemon or this process.")
    campaign = read_campaign(campaign_file, seed, reuse)  # told what is wrong, also without a profile
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
    """Give a campaign to the daemon, or the daemon back to a campaign that was interrupted."""
    from aiida.engine import submit

    from aiida_zif.setup.daemon.daemon import ensure_daemon

    builder = make_builder(campaign) if node is None else None  # a missing code is found before a daemon starts
    click.echo(ensure_daemon())
    if builder is None:
        click.echo(f"Going on with campaign {campaign.name} <{node.pk}>, begun {node.ctime:%Y-%m-%d %H:%M}.")
        return node
    node = submit(builder)
    click.echo(f"Started campaign {campaign.name} <{node.pk}>.")
    return node


def run_here(campaign: Campaign) -> Any:
    """Run a campaign inside this process."""
    click.echo(f"Running campaign {campaign.name} in this process; `aiida-zif status` in another terminal shows more.")
    return run_to_its_end(make_builder(campaign), "Stopped. The same command begins anew, with the labels there are.")


def make_builder(campaign: Campaign) -> Any:
    """Return the builder, or say which code is missing."""
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
