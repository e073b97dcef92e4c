"""`check` of a study: validate it, print what would run and what it will cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.profile import emit_json, load, load_if_there
from aiida_zif.cli.study.work import read_study, refuse_unfit_machine

if TYPE_CHECKING:
    from rich.console import Console

    from aiida_zif.provenance.costs.estimate import Estimate
    from aiida_zif.workflows.study.file.loading import Study

MEASURE = "`aiida-zif check STUDY --time` times MD steps"


def check_study(path: Path, time_it: bool, profile: str | None, as_json: bool) -> None:
    """Check a study file; print what would run and what it will cost, from the times of finished jobs.

    :param time_it: whether to time MD steps now; otherwise nothing is stored.
    :param as_json: whether to print JSON.
    """
    from aiida_zif.cli.campaign.cost_table import cost_json
    from aiida_zif.provenance.costs.study_costs import estimate_study
    from aiida_zif.workflows.study.file.remarks import remarks

    if time_it or profile:
        read_study(path)  # errors of the file are printed also without a profile
        load(profile)
    study = looked_up(path)
    if time_it:
        from aiida_zif.cli.study.timing import time_md

        time_md(study)
    estimates = estimate_study(study, load_if_there())
    computer = study.codes.lmp.split("@")[1]
    if as_json:
        about = {"plan": plan_json(study), "notes": remarks(study), "not_checked": not_checked(study)}
        cost = cost_json(estimates, computer)
        emit_json({**study.settings().model_dump(mode="json"), **about, "cost": cost})
        return
    print_check(study, estimates, computer)


def looked_up(path: Path) -> Study:
    """Return the study with its force field, if there is a profile to look it up in."""
    if not load_if_there():
        return read_study(path)
    from aiida_zif.workflows.study.force_field.finding import find_force_field

    study = read_study(path, find=find_force_field)
    if study.moves:
        refuse_unfit_machine(study)
    return study


def print_check(study: Study, estimates: list[Estimate], computer: str) -> None:
    """Print plan, notes and cost."""
    from aiida_zif.cli.common.console import make_console
    from aiida_zif.cli.study.plan_table import print_plan
    from aiida_zif.workflows.study.file.remarks import remarks

    console = make_console()
    print_plan(console, study)
    for note in remarks(study):
        console.print(f"Note: {note}", markup=False)
    print_cost(console, estimates, computer)
    for note in not_checked(study):
        console.print(f"Not checked: {note}.", markup=False)
    console.print("Run it with [bold]aiida-zif run STUDY[/bold]. Nothing was stored.")


def print_cost(console: Console, estimates: list[Estimate], computer: str) -> None:
    """Print one row per item, the total, and where the numbers come from."""
    from aiida_zif.cli.campaign.cost_table import cost_table, warnings_of

    if not estimates:
        return
    if not any(one.core_s for one in estimates):
        console.print(f"Cost: not measured on {computer}; {MEASURE}.")
        return
    console.print(f"Cost on {computer}:")
    sources = {basis: chr(ord("a") + n) for n, basis in enumerate(dict.fromkeys(one.basis for one in estimates))}
    console.print(cost_table(estimates, sources))
    for basis, letter in sources.items():
        console.print(f"[dim]{letter}  {basis}[/]")
    for warning in warnings_of(estimates):
        console.print(f"[yellow]Note: {warning}.[/]")


def plan_json(study: Study) -> list[dict[str, Any]]:
    """Return the trajectories as plain values."""
    from dataclasses import asdict

    from aiida_zif.workflows.study.file.planned_runs import planned_runs

    return [asdict(runs) for runs in planned_runs(study)]


def not_checked(study: Study) -> list[str]:
    """Return what could not be checked on this machine, each with the reason."""
    if not study.moves:
        return []
    if study.known is None:
        return ["force field, elements, thickness of cells, codes and cores: there is no AiiDA profile"]
    from aiida_zif.workflows.campaign.checks.codes import known_codes

    return [] if known_codes() else ["codes and computers: the profile has none yet; `aiida-zif setup` makes them"]
