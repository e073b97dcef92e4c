"""Time the MD steps of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.common.profile import fail

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study


def time_md(study: Study) -> None:
    """Run the work chain that times layouts in the cell of every melt, in this process; nothing is timed twice."""
    from aiida import orm
    from aiida.common.exceptions import NotExistent
    from aiida.plugins import WorkflowFactory

    from aiida_zif.workflows.engine.endings import why_it_ended
    from aiida_zif.workflows.engine.in_process import run_to_its_end
    from aiida_zif.workflows.study.force_field.finding import models_of

    if not study.moves:
        fail(
            "--time: found a study without a force field, which runs no MD; allowed: one that does; fix: leave it out."
        )
    if study.known is None:
        fail("--time needs a profile that holds the force field.")
    try:
        codes = {name: orm.load_code(label) for name, label in study.code_labels().items()}
    except NotExistent as error:
        fail(f"codes: {error}. Known codes: `verdi code list`.")
    for name, frames in first_frames(study).items():
        click.echo(f"Timing {name}: some MD steps of {len(frames.symbols)} atoms …", err=True)
        inputs: dict[str, Any] = {
            "md": {**codes, "metadata": {"options": study.resources.md.options()}},
            "committee": models_of(study.known),
            "frames": frames,
            "metadata": {"label": f"time {name}"},
        }
        inputs["md"]["code"] = inputs["md"].pop("lmp")
        words = "Stopped. The same command starts the timing again."
        node = run_to_its_end(WorkflowFactory("zif.time_md"), words, **inputs)
        if not node.is_finished_ok:
            fail(f"timing {name} <{node.pk}> ended with {why_it_ended(node)}", exit_code=1)


def first_frames(study: Study) -> dict[str, Any]:
    """Return an unstored frame of the cell that is melted, or else of that of the states, by system."""
    from aiida_zif.plugins.data.frames import FramesData
    from aiida_zif.workflows.campaign.supercell import build

    frames = {}
    for name, atoms in study.structures().items():
        melt = study.cells()[name].melt
        built = build(atoms, melt.matrix) if melt is not None else atoms
        symbols = built.get_chemical_symbols()
        frames[name] = FramesData(symbols, built.positions[None], built.cell.array[None], system=name)
    return frames
