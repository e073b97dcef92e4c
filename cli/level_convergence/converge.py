"""`converge`: find the cheapest settings of a level of theory whose errors are within given tolerances."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida_zif.cli.campaign.machine import refuse_oversubscription
from aiida_zif.cli.campaign.reading import CAMPAIGN_FILE, read_campaign
from aiida_zif.cli.common.options import SEED
from aiida_zif.cli.common.profile import PROFILE, emit_json, fail, load, with_debug
from aiida_zif.cli.level_convergence.table import n_jobs, print_study, tell_plan
from aiida_zif.provenance.costs.campaign_costs import estimate_study
from aiida_zif.workflows.engine.in_process import run_to_its_end

if TYPE_CHECKING:
    from aiida_zif.plugins.cp2k.levels import Level
    from aiida_zif.workflows.campaign.loading import Campaign
    from aiida_zif.workflows.level_convergence.study import Study

TOLERANCE = click.FloatRange(min=0, min_open=True)


@click.command(epilog="Example: aiida-zif converge examples/zif4-demo.yaml --level pbe-d3 --dir convergence")
@CAMPAIGN_FILE
@click.option("--level", "level_name", help="Shipped level. [default: that of the campaign, with its overrides]")
@click.option("--system", help="System whose frames are labelled. [default: the smallest]")
@click.option("--frame", metavar="NODE:INDEX", help="Frame to use instead of the rattled structure.")
@click.option(
    "--ladder", "steps", multiple=True, metavar="SETTING=COARSE,…,TIGHT | FILE",
    help="Setting to vary instead of those of the level; may be repeated. Example: MGRID/CUTOFF=300,400,600; "
    "or a YAML file with a ladder, as in a level file.",
)  # fmt: skip
@click.option("--energy", type=TOLERANCE, default=1.0, show_default=True, help="Tolerated error, meV/atom.")
@click.option("--force", type=TOLERANCE, default=10.0, show_default=True, help="Tolerated error, meV/Å.")
@click.option("--stress", type=TOLERANCE, default=0.1, show_default=True, help="Tolerated error, GPa.")
@click.option("--max-ranks", type=click.IntRange(min=1), help="Largest number of MPI ranks of a job.")
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path, file_okay=False), help="Folder for table and figure."
)
@click.option(
    "--submit", is_flag=True, help="Submit to the daemon and return at once. Repeat the command to see the result."
)
@click.option(
    "--fresh", is_flag=True, help="Start a new study even if the profile has this one; finished jobs are still reused."
)
@click.option("--dry-run", is_flag=True, help="Print what would run, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@SEED
@PROFILE
@with_debug
def converge(
    campaign_file: Path, level_name: str | None, system: str | None, frame: str | None, steps: tuple[str, ...],
    energy: float, force: float, stress: float, max_ranks: int | None, directory: Path | None, submit: bool,
    fresh: bool, dry_run: bool, as_json: bool, seed: int | None, profile: str | None,
) -> None:  # fmt: skip
    """Find the cheapest settings of a level of theory whose errors are within the tolerances.

    Each setting is varied alone, with all others at their tightest values, on two frames of CAMPAIGN. Errors of energy
    differences, forces and stress are relative to the tightest settings. The coarsest values that pass are tested
    together and tightened until they pass. Labels of an earlier study are reused.
    """
    campaign = read_campaign(campaign_file, seed)
    load(profile)
    noise = {"energy": energy, "force": force, "stress": stress}
    given = find_frame(frame) if frame else None
    name = choose_system(campaign, system)
    level, study = make_study(campaign, name, level_name, read_steps(steps), noise, given)
    if dry_run:
        tell_plan(level, study, estimate_study(campaign, level, study, n_jobs(level, study), max_ranks), as_json)
        return
    refuse_oversubscription(campaign, ("cp2k",), max_ranks)
    builder = make_builder(campaign, level, study, given[0] if given else name, max_ranks)
    node = None if fresh else known_study(builder)
    if node is None or not node.is_terminated:
        node = hand_over(node, builder) if submit or node is not None else run_here(builder, as_json)
        if not node.is_terminated:
            return
    conclude(node, directory, as_json)


def choose_system(campaign: Campaign, wanted: str | None) -> str:
    """Return the system of the study, or end with a list of systems."""
    structures = campaign.structures()
    if wanted is not None and wanted not in structures:
        fail(f"--system: {wanted!r} is not in the campaign; it has {', '.join(structures)}.")
    return wanted or min(structures, key=lambda name: len(structures[name]))


def read_steps(steps: Sequence[str]) -> dict[str, list[Any]]:
    """Return the ladder of ``SETTING=VALUE,VALUE,…``, where numbers are numbers, and of YAML files."""

    def value(text: str) -> Any:
        try:
            return float(text) if set(text) & set(".eE") else int(text)
        except ValueError:
            return text

    ladder: dict[str, list[Any]] = {}
    for step in steps:
        if step.endswith((".yaml", ".yml")):
            ladder |= read_ladder_file(Path(step))
            continue
        setting, equals, values = step.partition("=")
        if not equals or not setting.strip():
            fail(f"--ladder: {step!r} found, SETTING=COARSE,…,TIGHT allowed, such as MGRID/CUTOFF=300,400,600.")
        ladder[setting.strip()] = [value(text.strip()) for text in values.split(",")]
    return ladder


def read_ladder_file(path: Path) -> dict[str, list[Any]]:
    """Return the ladder in a file, ``SETTING: [COARSE, …, TIGHT]``; a value may hold settings that go together."""
    from aiida_zif.workflows.user_input.problems import CampaignError
    from aiida_zif.workflows.user_input.yaml_source import read_source

    try:
        ladder = dict(read_source(path).data)
    except CampaignError as error:
        fail(str(error))
    for setting, values in ladder.items():
        if not isinstance(setting, str) or not isinstance(values, list):
            fail(f"--ladder: {path} has {setting}: {values}; SETTING: [COARSE, …, TIGHT] is allowed.")
    return ladder


def find_frame(what: str) -> tuple[Any, int]:
    """Return the node of a frame and the index in it; end with a message if there is none."""
    from aiida_zif.provenance.lineage.lookup import find_target

    try:
        place = find_target(what).place
    except LookupError as error:
        fail(f"--frame: {error}")
    if place is None:
        fail(f"--frame: {what} is no frame. Fix: write NODE:INDEX, or the 16 hexadecimal digits of a frame.")
    return place.node, place.index


def make_study(
    campaign: Campaign, system: str, level: str | None, ladder: dict[str, list[Any]], noise: dict[str, float],
    frame: tuple[Any, int] | None,
) -> tuple[Level, Study]:  # fmt: skip
    """Return the level and what the study is asked, or say what is wrong with them."""
    from aiida_zif.workflows.level_convergence.builder import study_of

    try:
        return study_of(campaign, system, level, ladder, noise, frame)
    except ValueError as error:
        fail(str(error))


def make_builder(campaign: Campaign, level: Level, study: Study, source: Any, max_ranks: int | None) -> Any:
    """Return the builder, or say which code is missing.

    :param source: frames, or the name of a system.
    """
    from aiida.common.exceptions import NotExistent

    from aiida_zif.workflows.active_learning.builder import structure_nodes
    from aiida_zif.workflows.level_convergence.builder import builder_of_study

    if isinstance(source, str):
        source = structure_nodes(campaign)[source]
    try:
        return builder_of_study(campaign, level, study, source, max_ranks)
    except NotExistent as error:
        fail(f"codes: {error}. Known codes: `verdi code list`; new ones: `verdi code create core.code.installed`.")


def known_study(builder: Any) -> Any:
    """Return the newest study with the same inputs that is running or finished well, if there is one."""
    from aiida_zif.provenance.level_convergence.table import find_studies, same_study

    for node in find_studies():
        if (not node.is_terminated or node.is_finished_ok) and same_study(node, builder):
            return node
    return None


def hand_over(node: Any, builder: Any) -> Any:
    """Submit a study to the daemon, and print how to see its result."""
    from aiida.engine import submit

    from aiida_zif.setup.daemon.daemon import ensure_daemon

    click.echo(ensure_daemon(), err=True)
    began = node is None
    node = node or submit(builder)
    click.echo(
        f"Study <{node.pk}> {'started' if began else 'is running'}. Follow it with `verdi process report {node.pk}`; "
        f"the same command again shows the result, --fresh starts another one."
    )
    return node


def run_here(builder: Any, quiet: bool) -> Any:
    """Run a study in this process; AiiDA's log reports every job when it ends."""
    if not quiet:
        click.echo(
            "Running in this process; every job is reported when it ends. Ctrl-C stops; finished labels are kept."
        )
    return run_to_its_end(builder, "Stopped. The same command continues: finished jobs are not run again.")


def conclude(node: Any, directory: Path | None, as_json: bool) -> None:
    """Print the table, write table and figure, and end with 0 only if the study has a result."""
    from aiida_zif.provenance.level_convergence.table import summarise_study
    from aiida_zif.workflows.engine.endings import why_it_ended

    if not node.is_finished_ok:
        fail(f"study <{node.pk}> ended with {why_it_ended(node)}", exit_code=1)
    summary = summarise_study(node)
    if directory is not None:
        from aiida_zif.provenance.level_convergence.figure import write_figure

        directory.mkdir(parents=True, exist_ok=True)
        (directory / "converge.json").write_text(json.dumps(summary.as_dict(), indent=2, allow_nan=False) + "\n")
        write_figure(summary, directory / "converge.png")
    if as_json:
        emit_json(summary.as_dict())
        return
    print_study(summary)
    if directory is not None:
        click.echo(f"Wrote {directory / 'converge.json'} and {directory / 'converge.png'}")
