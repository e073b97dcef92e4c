"""`check`: validate a campaign file, print what would run and what it will cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.campaign.codes import not_checked, refuse_unfit_known_codes
from aiida_zif.cli.campaign.imports import refuse_wrong_imports
from aiida_zif.cli.campaign.machine import refuse_oversubscription
from aiida_zif.cli.campaign.plumed import refuse_without_plumed
from aiida_zif.cli.campaign.reading import read_campaign
from aiida_zif.cli.common.profile import emit_json, fail, load, load_if_there
from aiida_zif.workflows.engine.in_process import run_to_its_end

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign


def check_campaign(path: Path, time_it: bool, profile: str | None, as_json: bool) -> None:
    """Check a campaign file; print what would run and what it will cost, from the times of finished jobs.

    :param time_it: whether to time frames now; otherwise nothing is stored, and no profile is needed.
    :param as_json: whether to print JSON.
    """
    from aiida_zif.cli.campaign.cost_table import cost_json, print_costs
    from aiida_zif.cli.campaign.plan_table import print_plan
    from aiida_zif.cli.campaign.structure_lines import structures_json
    from aiida_zif.cli.common.console import make_console
    from aiida_zif.provenance.costs.campaign_costs import estimate_costs

    campaign = read_campaign(path, None)
    if time_it or profile:
        load(profile)
    refuse_without_plumed(campaign)
    refuse_oversubscription(campaign)
    refuse_unfit_known_codes(campaign)
    notes = refuse_wrong_imports(campaign)
    if time_it:
        time_labels(campaign)
    estimates, labels = estimate_costs(campaign, load_if_there()), campaign.code_labels()
    computer = labels.get("cp2k", labels["dp"]).split("@")[1]
    if as_json:
        cost = cost_json(estimates, computer)
        about = {"structures": structures_json(campaign), "notes": [*campaign.cell_notes(), *notes]}
        emit_json(
            {**campaign.settings().model_dump(mode="json"), **about, "cost": cost, "not_checked": not_checked(campaign)}
        )
        return
    console = make_console()
    print_plan(campaign)
    for note in notes:
        console.print(f"Note: {note}", markup=False)
    print_costs(console, estimates, computer)
    for note in not_checked(campaign):
        console.print(f"Not checked: {note}.", markup=False)
    console.print("Run it with [bold]aiida-zif run CAMPAIGN[/bold]. Nothing was stored.")


def time_labels(campaign: Campaign) -> None:
    """Run the work chain that times frames and layouts, once per system, in this process."""
    from aiida import orm
    from aiida.common.exceptions import NotExistent
    from aiida.plugins import WorkflowFactory

    from aiida_zif.provenance.costs.campaign_costs import level_of
    from aiida_zif.workflows.active_learning.builder import structure_nodes
    from aiida_zif.workflows.engine.endings import why_it_ended

    if campaign.settings().only_trains:
        fail("--time: found a campaign that computes no labels; allowed: one that does. Fix: leave it out.")
    try:
        code = orm.load_code(campaign.code_labels()["cp2k"])
    except NotExistent as error:
        fail(f"codes: {error}. Known codes: `verdi code list`.")
    resources = campaign.resources.label
    for name, structure in structure_nodes(campaign).items():
        click.echo(f"Timing {name}: two frames of {len(structure.sites)} atoms and a few MD steps …", err=True)
        level = orm.Dict(level_of(campaign, name).as_dict())
        inputs: dict[str, Any] = {
            "structure": structure,
            "cp2k": {"code": code, "level": level, "metadata": {"options": resources.options()}},
            "try_layouts": resources.layout == "fastest",
            "dynamics": True,
            "metadata": {"label": f"time {name}"},
        }
        node = run_to_its_end(
            WorkflowFactory("zif.time_labels"), "Stopped. The same command starts the timing again.", **inputs
        )
        if not node.is_finished_ok:
            fail(f"timing {name} <{node.pk}> ended with {why_it_ended(node)}", exit_code=1)
