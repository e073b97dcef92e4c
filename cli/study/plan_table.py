"""What `aiida-zif check` prints of a study: everything that would run, with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiida_zif.plugins.words import counted, length_in_words
from aiida_zif.workflows.study.file.planned_runs import planned_runs
from aiida_zif.workflows.user_input.problems import listed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aiida_zif.plugins.systems.files.frame_files import FrameSet
    from aiida_zif.workflows.properties.states.settings import StatesOptions
    from aiida_zif.workflows.study.file.loading import Study
    from aiida_zif.workflows.study.schema.validation import Validation


def print_plan(console: Console, study: Study) -> None:
    """Print force field, systems, and what each section would do."""
    console.print(f"[bold]{study.name}[/bold] (protocol {study.protocol}, seed {study.seed}) is valid.")
    console.print(force_field_line(study), markup=False)
    for name, atoms in study.structures().items():
        console.print(f"{name}: {len(atoms)} atoms, {atoms.get_chemical_formula()}", markup=False)
    for name, sets in study.frames().items():
        console.print(frames_line(name, sets), markup=False)
    if study.moves:
        console.print(run_table(study))
    for line in section_lines(study):
        console.print(line, markup=False, soft_wrap=True)


def frames_line(name: str, sets: list[FrameSet]) -> str:
    """Return the frames of others of a system in a line."""
    counts = [len(one.positions) for one in sets]
    each = str(counts[0]) if len(set(counts)) == 1 else " + ".join(map(str, counts))
    what = f"{counted(len(sets), 'file')} of {each} {'frame' if counts == [1] * len(counts) else 'frames'}"
    return f"{name}: {what}, {len(sets[0].symbols)} atoms, {formula(sets[0].symbols)}"


def formula(symbols: tuple[str, ...]) -> str:
    """Return the formula of some atoms."""
    from ase.symbols import Symbols

    return str(Symbols.fromsymbols(list(symbols)).get_chemical_formula())


def force_field_line(study: Study) -> str:
    """Return the force field in a line."""
    known = study.known
    if study.force_field is None:
        return "Force field: none; frames and crystals are analysed as they are, and nothing moves"
    if known is None:
        return f"Force field: {study.force_field.in_words}, not looked up"
    return f"Force field: {known.words}; elements {listed(list(known.type_map))}; cut-off {known.rcut:g} Å"


def run_table(study: Study) -> Table:
    """Return one row for all trajectories of one length."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("system", "section", "trajectories"):
        table.add_column(column)
    for column in ("atoms", "steps each", "time each", "in total"):
        table.add_column(column, justify="right", no_wrap=True)
    for runs in planned_runs(study):
        table.add_row(
            runs.system, runs.section, f"{runs.runs} × {runs.what}", str(runs.n_atoms), f"{runs.steps:,}",
            length_in_words(runs.picoseconds), length_in_words(runs.runs * runs.picoseconds),
        )  # fmt: skip
    return table


def section_lines(study: Study) -> Iterator[str]:
    """Yield what is done with the trajectories."""
    if study.melt_quench is not None:
        from aiida_zif.workflows.properties.melt_quench.plan import schedule_in_words

        settings = study.melt_quench.settings(next(iter(study.systems)), study.protocol, 1)
        yield "melt_quench:"
        yield from (f"  {stage}" for stage in schedule_in_words(settings))
        if settings.trust is not None:
            most = f"at most {settings.max_untrusted} of each trajectory"
            yield f"  return frames that deviate by more than {settings.trust:g} eV/Å, {most}"
    if study.structure is not None:
        what = listed(study.structure.of) if study.moves else listed(list(study.systems))
        yield f"structure of {what}: {listed(study.structure.observables)}"
    if study.states is not None:
        yield f"states from the {study.states.start}: {grid_in_words(study.states)}"
    if study.validation is not None:
        yield f"validate: beside {listed(list(references_in_words(study.validation))) or 'nothing'}"


def grid_in_words(states: StatesOptions) -> str:
    """Return a grid of states and how long each is run: ``300, 600 K at 0 GPa, cell tri; …``."""
    temperatures = ", ".join(f"{value:g}" for value in states.temperatures)
    pressures = ", ".join(f"{value:g}" for value in states.pressures)
    times = [length_in_words(value / 1000) for value in (states.equilibration, states.sampling)]
    return f"{temperatures} K at {pressures} GPa, cell {states.coupling}; equilibrate {times[0]}, sample {times[1]}"


def references_in_words(validation: Validation) -> Iterator[str]:
    """Yield what results are compared with."""
    if validation.same_level:
        yield "AIMD of the training data"
    if validation.literature:
        yield "values of the literature"
    for given, noun in ((validation.frames, "set"), (validation.curves, "curve")):
        if given:
            yield f"{counted(len(given), noun)} of your own ({listed(list(given))})"
