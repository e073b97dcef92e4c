"""What `aiida-zif check` prints: everything that a campaign would do, with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from aiida_zif.provenance.costs.planned_labels import count_labels
from aiida_zif.workflows.active_learning.state.curriculum import conditions, stages_of, target_in_label
from aiida_zif.workflows.campaign.schema.training_steps import first_and_last

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign
    from aiida_zif.workflows.campaign.schema.data import HeldOut, SeedData
    from aiida_zif.workflows.campaign.schema.exploration import Exploration
    from aiida_zif.workflows.campaign.schema.selection import Selection


def print_plan(campaign: Campaign) -> None:
    """Print systems, stages and the number of labels that a campaign asks for at most."""
    from aiida_zif.cli.campaign.structure_lines import structure_lines
    from aiida_zif.cli.common.console import make_console
    from aiida_zif.workflows.campaign.levels import load_campaign_level

    console = make_console()
    console.print(f"[bold]{campaign.name}[/bold] (protocol {campaign.protocol}, seed {campaign.seed}) is valid.")
    if campaign.settings().only_trains:
        console.print("It only trains: no labels are computed, and nothing is explored. It needs no code but dp.")
    else:
        level = load_campaign_level(campaign.level_of_theory)
        console.print(f"Labels at {level.line} [dim]({level.hash})[/dim]")
    for line in structure_lines(campaign):
        console.print(line, markup=False, soft_wrap=True)
    console.print(stage_table(campaign))
    for note in campaign.cell_notes():
        console.print(note, markup=False)
    if campaign.settings().only_trains:
        return
    first, held_out, cycle = count_labels(campaign)
    most = min(campaign.limits.labels, first + held_out + campaign.limits.cycles * cycle)
    console.print(
        f"At most {most} labels: {first} for the first training, {held_out} held out, "
        f"{campaign.limits.cycles} cycles of up to {cycle}."
    )


def stage_table(campaign: Campaign) -> Table:
    """Return one row a stage and system."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("system", "atoms", "stage", "what"):
        table.add_column(column)
    structures = campaign.structures()
    for name in campaign.systems:
        of_system = campaign.for_system(name)
        rows = [("seed", describe_seed(of_system.seed_data)), ("held out", describe_seed(of_system.held_out))]
        if campaign.limits.cycles:
            rows += [
                ("explore", describe_exploration(of_system.exploration)),
                ("choose", describe_chain(of_system.selection)),
                ("label", describe_selection(of_system.selection)),
            ]
        atoms = str(len(structures[name])) if name in structures else "as imported"
        for index, (stage, what) in enumerate(rows):
            first = index == 0
            table.add_row(name if first else "", atoms if first else "", stage, what)
    training = campaign.training
    steps = " to ".join(map(str, dict.fromkeys(first_and_last(training.steps))))
    table.add_row("all", "", "train", f"{training.models} models, {steps} steps each, cut-off {training.rcut:g} Å")
    return table


def describe_seed(section: SeedData | HeldOut) -> str:
    """Say in words which AIMD runs and perturbed frames a section asks for."""
    from aiida_zif.plugins.cp2k.reading.gates import bounds_in_words
    from aiida_zif.plugins.cp2k.task import target_in_words

    parts = [
        f"AIMD {target_in_words(run.temperature, 'K')}, {run.steps} × {run.timestep:g} fs, "
        + ("every uncorrelated frame" if run.stride == "auto" else f"every {run.stride}")
        for run in section.aimd
    ]
    perturbed = getattr(section, "perturbed", None)
    if perturbed and perturbed.frames:
        parts.append(f"{perturbed.frames} perturbed ({perturbed.displacement:g} Å, {perturbed.strain:.0%} strain)")
    if section.imported:
        gates = bounds_in_words(section.imported_gates.bounds())
        parts.append(f"imported {', '.join(section.imported)}" + (f" (gates: {gates})" if gates else ""))
    return "; ".join(parts)


def describe_exploration(section: Exploration) -> str:
    """Say in words where exploration goes, one stage after the other."""
    return "; then ".join(describe_stage(stage) for stage in stages_of(section))


def describe_stage(stage: Exploration) -> str:
    """Say in words what is run in one stage."""
    kelvin = ", ".join(target_in_label(value, "") for value in stage.temperatures)
    gigapascal = ", ".join(target_in_label(value, "") for value in stage.pressures)
    before = f" after {stage.equilibration} to equilibrate" if stage.equilibration else ""
    return (
        f"{len(conditions(stage))} {stage.ensemble.upper()} runs ({kelvin} K × {gigapascal} GPa), "
        f"{stage.steps} × {stage.timestep:g} fs{before}, sampled every {stage.sample_every}"
    )


def describe_chain(section: Selection) -> str:
    """Say in words by which strategies frames are chosen, and what the trust levels follow."""
    from aiida_zif.plugins.selection import full_chain

    window, parts = section.window, [f"by {', '.join(full_chain(section.strategy))}"]
    if window.quantiles is not None:
        low, high = window.quantiles
        parts.append(f"between the quantiles {low:g} and {high:g} of all deviations")
    if window.adaptive is not None:
        parts.append(f"lower level {window.adaptive:g} × the held-out force error")
    if window.target_error is not None:
        parts.append(f"levels for a force error of {window.target_error:g} eV/Å once it is calibrated")
    if section.per_condition is not None:
        parts.append(f"at most {section.per_condition} of a run")
    return "; ".join(parts)


def describe_selection(section: Selection) -> str:
    """Say in words what is chosen."""
    return (
        f"up to {section.per_cycle} frames a cycle between {section.lower:g} and {section.upper:g} eV/Å, "
        f"and {section.control} at random"
    )
