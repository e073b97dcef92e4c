"""The table of a campaign, one line a committee and the cycle that explored with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.console import make_console, new_table
from aiida_zif.plugins.words import counted, counts_in_words
from aiida_zif.provenance.campaigns.failed_jobs import failure_lines
from aiida_zif.provenance.campaigns.judgement import judgement_lines
from aiida_zif.provenance.campaigns.progress import current_activity, expected_remaining_s
from aiida_zif.provenance.campaigns.reached import reached_line
from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import CampaignView, load_view
from aiida_zif.provenance.lineage.import_remarks import withdrawn_lines
from aiida_zif.provenance.words import DASH, VERBS, clock, number, pair, readable

if TYPE_CHECKING:
    from aiida import orm
    from rich.console import Console
    from rich.table import Table

COLUMNS = (
    "committee",
    "train\nframes",
    "held-out\nforce RMSE",
    "virial\nRMSE",
    "cycle",
    "deviation\nq50 / q99",
    "explored",
    "accurate",
    "candi-\ndate",
    "failed",
    "selec-\nted",
    "label-\nled",
    "rejec-\nted",
    "true error\nchosen / rnd",
    "ratio\n[95 %]",
    "wall",
    "state",
)
AT_WORK = ("exploring", "selecting", "labelling", "comparing", "judging")
"""States of a committee whose cycle is not complete."""

TABLE_NOTE = (
    "Errors and deviations in eV/Å, in brackets the interval at 95 % confidence; virials in meV/atom. A committee "
    "explores in the cycle beside it. Quantiles of the deviation are of the physical frames (of several systems, the "
    "worst), counts of all explored."
)


def print_status(view: CampaignView, console: Console | None = None) -> None:
    """Print the table, what runs now, and why frames were not chosen or got no label.

    :param view: the campaign, freshly loaded.
    :param console: where to; standard output if left out.
    """
    from rich.markup import escape

    console = console or make_console()
    summary = summarise(view)
    console.print(headline(summary), soft_wrap=True)
    console.print(seed_line(summary), soft_wrap=True)
    for line in [held_out_line(summary), *caveats(summary)]:
        console.print(escape(line), soft_wrap=True)
    if summary["iterations"]:
        console.print(make_table(rows_of(view, summary), console))
        console.print(f"[dim]{escape(TABLE_NOTE)}[/dim]", soft_wrap=True)
    reasons = [*reason_lines(summary), *recovery_lines(summary), *failure_lines(summary)]
    for line in [*reasons, *judgement_lines(summary)]:
        console.print(escape(line), soft_wrap=True)
    for line in withdrawn_lines(view.node):
        console.print(f"[red]{escape(line)}[/red]", soft_wrap=True)
    for activity in current_activity(view):
        console.print(f"[bold cyan]running[/bold cyan]  {escape(activity.line)}", soft_wrap=True)
    remaining = expected_remaining_s(view)
    if remaining is not None:
        console.print(f"[cyan]about {clock(remaining)} left[/cyan], if all cycles are needed")
    if summary["exit_status"]:
        reason = escape(f"[{summary['exit_status']}] {summary['exit_message'] or ''}")
        console.print(f"[red]ended with[/red] {reason}", soft_wrap=True)


def status_json(view: CampaignView) -> dict[str, Any]:
    """Return the summary, what runs now and how long the rest may take."""
    return {
        **summarise(view),
        "running": [{**asdict(activity), "line": activity.line} for activity in current_activity(view)],
        "expected_remaining_s": expected_remaining_s(view),
    }


def headline(summary: dict[str, Any]) -> str:
    """Return what the campaign is and how it stands."""
    from rich.markup import escape

    atoms = ", ".join(f"{name} ({count} atoms)" for name, count in summary["n_atoms"].items())
    state = "running" if summary["state"] in ("created", "waiting") else summary["state"]
    if summary["stop_reason"] is not None:
        state += f", {summary['stop_reason'].replace('_', ' ')}"
    method = summary["level_of_theory"].partition(";")[0]  # what follows are its numerical settings
    parts = [atoms, method, f"seed {summary['seed']}", state, clock(summary["wall_s"])]
    return f"[bold]{escape(summary['name'])}[/bold] <{summary['pk']}>  " + escape(" · ".join(parts))


def seed_line(summary: dict[str, Any]) -> str:
    """Return what was labelled before the first training."""
    seed = summary["seed_labels"]
    tasks = [f"{readable(name)} {count}" for name, count in seed["n_labelled"].items()]
    imported = [f"{count} imported ({use.replace('_', ' ')})" for use, count in summary["imported"].items() if count]
    reused = [f"{seed['n_reused']} of them reused"] if seed["n_reused"] else []
    wall = [clock(seed["wall_s"])] if tasks else []
    first = ", ".join([*tasks, *imported]) or "none yet"
    return "; ".join([f"{goes_on_in_words(summary)}first labels: {first}", *reused, *wall])


def goes_on_in_words(summary: dict[str, Any]) -> str:
    """Return which campaign it goes on from, with the frames of a study; nothing for one that began anew."""
    before = summary["goes_on_from"]
    if before is None:
        return ""
    pks = ", ".join(f"<{pk}>" for pk in before["untrusted"])
    study = f" with {before['n_untrusted']} untrusted frames {pks}" if pks else ""
    return f"continues {before['name']} <{before['pk']}>{study}; "


def rows_of(view: CampaignView, summary: dict[str, Any]) -> list[list[str]]:
    """Return the cells of the table."""
    return [row_of(iteration, state_of(view, iteration["iteration"])) for iteration in summary["iterations"]]


def row_of(iteration: dict[str, Any], state: str) -> list[str]:
    """Return the cells of one line; a dash where the campaign has not come to it."""
    explored = iteration["n_explored"] > 0
    deviation, error = iteration["max_force_deviation"], iteration["true_force_error_eV_per_A"]
    counts = [iteration[f"n_{name}"] for name in ("explored", "accurate", "candidate", "failed", "selected")]
    control = f"+{iteration['n_control']}" if iteration["n_control"] else ""
    cells = [str(count) for count in counts]
    return [
        str(iteration["iteration"]),
        str(iteration["n_train_frames"]),
        with_interval(number(iteration["force_rmse_eV_per_A"]), iteration["force_rmse_interval_eV_per_A"]),
        number(iteration["virial_rmse_meV_per_atom"]),
        str(iteration["iteration"] + 1) if explored or state in AT_WORK else DASH,
        pair(deviation["q50"], deviation["q99"]) if explored else DASH,
        *([*cells[:4], cells[4] + control] if explored else [DASH] * 5),
        str(iteration["n_labelled"]) if explored else DASH,
        str(sum(iteration["n_rejected"].values())) if explored else DASH,
        pair(error["chosen"], error["random"]),
        ratio_in_words(iteration["choice_ratio"]),
        clock(sum(iteration["wall_s"].values())),
        state,
    ]


def held_out_line(summary: dict[str, Any]) -> str:
    """Return what the held-out frames are, and the scale of their forces."""
    held_out = summary["held_out"]
    scale = held_out["force_rms_eV_per_A"]
    forces = "" if scale is None else f"; root mean square of their forces {scale:.3g} eV/Å"
    return f"held out: {counted(held_out['n_frames'], 'frame')}, {held_out['source']}{forces}"


def caveats(summary: dict[str, Any]) -> list[str]:
    """Return what the protocol says of itself."""
    protocol = summary["protocol"]
    return [f"protocol {protocol['name']}: {protocol['description']}"] if protocol["description"] else []


def with_interval(value: str, ends: Sequence[float] | None) -> str:
    """Return a number with the ends of its interval in brackets, where there is one."""
    return value if ends is None else f"{value} [{ends[0]:.3f}, {ends[1]:.3f}]"


def ratio_in_words(ratio: dict[str, Any] | None) -> str:
    """Return a ratio with its interval, or a dash."""
    if ratio is None:
        return DASH
    ends = "" if ratio["low"] is None else f" [{ratio['low']:.2f}, {ratio['high']:.2f}]"
    return f"{ratio['ratio']:.2f}{ends}"


def state_of(view: CampaignView, iteration: int) -> str:
    """Return where one iteration stands, in one word."""
    running = [step for step in view.steps if step.is_running and iteration_of(step.cycle, step.stage) == iteration]
    if running and not view.node.is_terminated:
        return VERBS.get(running[-1].stage, running[-1].stage).split()[0]
    if iteration < view.last_cycle and view.of("judge", iteration + 1):
        return "done"
    if not view.node.is_terminated:
        return "going on"
    return "final" if view.node.is_finished_ok else "stopped"


def iteration_of(cycle: int, stage: str) -> int:
    """Return the committee that a step makes or uses."""
    return cycle if stage in ("train", "test") else cycle - 1


def make_table(rows: list[list[str]], console: Console) -> Table:
    """Return the table, turned by a right angle (newest cycles only) if the terminal is too narrow for it."""
    from rich.measure import Measurement

    wide = new_table()
    for name in COLUMNS:
        wide.add_column(name, justify="left" if name == "state" else "right", no_wrap=True)
    for row in rows:
        wide.add_row(*row)
    if Measurement.get(console, console.options.update(max_width=10**4), wide).maximum <= console.width:
        return wide
    turned = new_table()
    shown = rows[-max((console.width - 24) // 22, 1) :]
    turned.add_column(COLUMNS[0])
    for row in shown:
        turned.add_column(row[0], justify="right")
    for index, name in enumerate(COLUMNS[1:], start=1):
        turned.add_row(name.replace("-\n", "").replace("\n", " "), *(row[index] for row in shown))
    return turned


def reason_lines(summary: dict[str, Any]) -> list[str]:
    """Return how MD runs ended, why frames were not chosen and why frames got no label, cycle by cycle."""
    lines = [
        f"no label for {readable(task)}: {counts_in_words(counts)}"
        for task, counts in summary["seed_labels"]["n_rejected"].items()
    ]
    for iteration in summary["iterations"]:
        if set(iteration["n_runs_ended"]) - {"completed"}:
            lines.append(f"MD runs of cycle {iteration['iteration'] + 1}: {counts_in_words(iteration['n_runs_ended'])}")
        if iteration["reached"]:
            lines.append(reached_line(iteration["iteration"] + 1, iteration["reached"]))
        if iteration["n_with_deviation"] < iteration["n_explored"]:
            lines.append(physical_line(iteration))
        for title, key in (("not chosen", "n_not_chosen"), ("no label", "n_rejected")):
            if any(iteration[key].values()):
                lines.append(f"{title} in cycle {iteration['iteration'] + 1}: {counts_in_words(iteration[key])}")
        if iteration["n_reused"]:
            lines.append(
                f"reused in cycle {iteration['iteration'] + 1}: {iteration['n_reused']} labels, not computed again"
            )
    return lines


def physical_line(iteration: dict[str, Any]) -> str:
    """Say of how many explored frames the deviations are."""
    known, explored = iteration["n_with_deviation"], iteration["n_explored"]
    cycle = iteration["iteration"] + 1
    return f"deviations of cycle {cycle}: known of {known} of {explored} explored frames, those that are physical"


def recovery_lines(summary: dict[str, Any]) -> list[str]:
    """Return how many labels needed another way to self-consistency, and how many are of another physics."""
    if not summary["n_recovered"]:
        return []
    flagged = summary["n_flagged"]
    remark = f"; {flagged} of them flagged, for their rung changes the energy" if flagged else ""
    return [f"self-consistency recovered: {counts_in_words(summary['n_recovered'])}{remark}"]


# -- all campaigns -------------------------------------------------------------------------------------------


def campaign_rows(campaigns: list[orm.WorkChainNode]) -> list[dict[str, Any]]:
    """Return one entry a campaign: what it is and how it stands."""
    rows = []
    for node in campaigns:
        view = load_view(node)
        summary = summarise(view)
        errors = [i["force_rmse_eV_per_A"] for i in summary["iterations"] if i["force_rmse_eV_per_A"] is not None]
        rows.append(
            {
                "pk": node.pk,
                "uuid": node.uuid,
                "name": summary["name"],
                "system": summary["system"],
                "begun": node.ctime.isoformat(timespec="seconds"),
                "state": summary["state"],
                "exit_status": summary["exit_status"],
                "cycle": view.last_cycle,
                "cycles": view.settings.limits.cycles,
                "total_labels": summary["total_labels"],
                "force_rmse_eV_per_A": errors[-1] if errors else None,
            }
        )
    return rows


def print_campaigns(rows: list[dict[str, Any]], console: Console | None = None) -> None:
    """Print one line a campaign."""
    table = new_table()
    for name in ("pk", "name", "systems", "begun", "cycle", "labels", "held-out force RMSE eV/Å", "state"):
        table.add_column(name, justify="left" if name in ("name", "systems", "begun", "state") else "right")
    for row in rows:
        state = row["state"] if not row["exit_status"] else f"{row['state']} [{row['exit_status']}]"
        table.add_row(
            str(row["pk"]),
            row["name"],
            row["system"],
            f"{datetime.fromisoformat(row['begun']).astimezone():%Y-%m-%d %H:%M %Z}",
            f"{row['cycle']} of {row['cycles']}",
            str(row["total_labels"]),
            number(row["force_rmse_eV_per_A"]),
            state.replace("[", "\\["),
        )
    (console or make_console()).print(table)
