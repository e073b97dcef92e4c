"""`clean`: remove the folders of finished jobs on their computers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aiida_zif.cli.common.profile import emit_json, fail, with_profile

if TYPE_CHECKING:
    from aiida_zif.setup.computers.scratch import Scratch


@click.command(epilog="Example: aiida-zif clean --days 7 --yes")
@click.option(
    "--days", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Days since the end of the job."
)
@click.option("--failed", is_flag=True, help="Include jobs that failed. Their files may show the cause.")
@click.option("--yes", is_flag=True, help="Remove the folders. Without it nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_profile
def clean(days: float, failed: bool, yes: bool, as_json: bool) -> None:
    """Remove the folders in which finished jobs ran. Without --yes, print what would be removed.

    Labels, chosen frames, models and logs are stored in the profile and are kept. Trajectories, wavefunctions and
    checkpoints on the computers are removed.
    """
    from aiida_zif.setup.computers.scratch import finished_jobs, remove, survey

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    jobs = finished_jobs(days, failed)
    found = survey(jobs, say)
    left = remove(jobs, found, say) if yes else []
    spared = [scratch for scratch in found if scratch.why_not] + left
    freed = [s for s in found if s.n_bytes is not None and s.pk not in {scratch.pk for scratch in spared}]
    if as_json:
        n_bytes = sum(s.n_bytes or 0 for s in freed)
        emit_json({"removed": yes, "n_folders": len(freed), "n_bytes": n_bytes, "spared": [asdict(s) for s in spared]})
    else:
        for line in account(freed, spared, yes):
            click.echo(line)
    if left:
        fail(f"{len(left)} folders could not be removed, see above.", exit_code=1)


def account(freed: list[Scratch], spared: list[Scratch], yes: bool) -> list[str]:
    """Return how much of each kind of job is or would be removed, and what is kept with the reason."""
    lines = []
    for kind in sorted({(scratch.computer, scratch.label) for scratch in freed}):
        sizes = [scratch.n_bytes or 0 for scratch in freed if (scratch.computer, scratch.label) == kind]
        lines.append(f"  {kind[0]}  {kind[1]}: {len(sizes)} folders, {sum(sizes) / 1e6:,.1f} MB")
    for computer, reason in sorted({(scratch.computer, scratch.why_not) for scratch in spared}):
        first, *others = (s for s in spared if (s.computer, s.why_not) == (computer, reason))
        more = f" and {len(others)} more" if others else ""
        lines.append(f"  kept: {first.label} <{first.pk}> {computer}:{first.path}{more}: {reason}")
    total = f"{len(freed)} folders, {sum(s.n_bytes or 0 for s in freed) / 1e6:,.1f} MB"
    if not freed:
        return [*lines, "Nothing to remove."]
    return [*lines, f"Removed {total}." if yes else f"{total} can be removed; add --yes to remove them."]
