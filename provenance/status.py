"""The table of a campaign, one line a committee and the cycle that explored with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.campaign_view import CampaignView, load_view
from aiida_zif.provenance.failed_jobs import failure_lines
from aiida_zif.provenance.import_remarks import withdrawn_lines
from aiida_zif.provenance.judgement import judgement_lines
from aiida_zif.provenance.progress import VERBS, clock, current_activity, expected_remaining_s, readable
from aiida_zif.provenance.summary import summarise

if TYPE_CHECKING:
    from aiida import orm
    from rich.console import Console
    from rich.table import Table

COLUMNS = (
    "committee",
    "train\nframes",
    "held-out\nRMSE",
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
    "wall",
    "state",
)
AT_WORK = ("exploring", "selecting", "labelling", "comparing", "judging")
"""States of a committee that is in the middle of its cycle."""

PIPE_WIDTH = 150
"""Characters a line where there is no terminal that sets it."""

DASH = "–"


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
    if summary["iterations"]:
        console.print(make_table(rows_of(view, summary), console))
        console.print("[dim]Errors and deviations in eV/Å; a committee explores in the cycle beside it.[/dim]")
    reasons = [*reason_lines(summary), *recovery_lines(summary), *failure_lines(summary)]
    for line in [*reasons, *judgement_lines(summary)]:
        console.print(escape(line), soft_wrap=True)
    for line in withdrawn_lines(view):
        console.print(f"[red]{escape(line)}[/red]", soft_wrap=True)
    for activity in current_activity(view):
        console.print(f"[bold cyan]running[/bold cyan]  {escape(activity.line)}", soft_wrap=True)
    remaining = expected_remaining_s(view)
    if remaining is not None:
        console.print(f"[cyan]about {clock(remaining)} left[/cyan], if every cycle is needed")
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


def make_console() -> Console:
    """Return a console for standard output; a pipe is wide enough for the table."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


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
    reused = [f"{seed['n_reused']} of them re-used"] if seed["n_reused"] else []
    wall = [clock(seed["wall_s"])] if tasks else []
    return "; ".join([f"first labels: {', '.join([*tasks, *imported]) or 'none yet'}", *reused, *wall])


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
        number(iteration["force_rmse_eV_per_A"]),
        str(iteration["iteration"] + 1) if explored or state in AT_WORK else DASH,
        pair(deviation["q50"], deviation["q99"]) if explored else DASH,
        *([*cells[:4], cells[4] + control] if explored else [DASH] * 5),
        str(iteration["n_labelled"]) if explored else DASH,
        str(sum(iteration["n_rejected"].values())) if explored else DASH,
        pair(error["chosen"], error["random"]),
        clock(sum(iteration["wall_s"].values())),
        state,
    ]


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
    shown = rows[-max((console.width - 24) // 15, 1) :]
    turned.add_column(COLUMNS[0])
    for row in shown:
        turned.add_column(row[0], justify="right")
    for index, name in enumerate(COLUMNS[1:], start=1):
        turned.add_row(name.replace("-\n", "").replace("\n", " "), *(row[index] for row in shown))
    return turned


def new_table() -> Table:
    """Return an empty table in the style of all tables here."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")


def reason_lines(summary: dict[str, Any]) -> list[str]:
    """Return how MD runs ended, why frames were not chosen and why frames got no label, cycle by cycle."""
    lines = [
        f"no label for {readable(task)}: {in_words(counts)}"
        for task, counts in summary["seed_labels"]["n_rejected"].items()
    ]
    for iteration in summary["iterations"]:
        if set(iteration["n_runs_ended"]) - {"completed"}:
            lines.append(f"MD runs of cycle {iteration['iteration'] + 1}: {in_words(iteration['n_runs_ended'])}")
        for title, key in (("not chosen", "n_not_chosen"), ("no label", "n_rejected")):
            if any(iteration[key].values()):
                lines.append(f"{title} in cycle {iteration['iteration'] + 1}: {in_words(iteration[key])}")
        if iteration["n_reused"]:
            lines.append(
                f"re-used in cycle {iteration['iteration'] + 1}: {iteration['n_reused']} labels, not computed again"
            )
    return lines


def recovery_lines(summary: dict[str, Any]) -> list[str]:
    """Return how many labels needed another way to self-consistency, and how many are of another physics."""
    if not summary["n_recovered"]:
        return []
    flagged = summary["n_flagged"]
    remark = f"; {flagged} of them flagged, for their rung changes the energy" if flagged else ""
    return [f"self-consistency recovered: {in_words(summary['n_recovered'])}{remark}"]


def in_words(counts: dict[str, int]) -> str:
    """Return counts by reason, the largest first: ``5 over budget, 1 near duplicate``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in ordered if count)


def pair(first: float | None, second: float | None) -> str:
    """Return two numbers side by side, or one dash for two."""
    if first is None and second is None:
        return DASH
    return " / ".join(DASH if value is None else f"{value:.2f}" for value in (first, second))


def number(value: float | None) -> str:
    """Return three significant digits that line up, or a dash."""
    if value is None:
        return DASH
    return f"{value:.3f}" if value < 10 else f"{value:.3g}"


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
                "cycles": view.settings["limits"]["cycles"],
                "total_labels": summary["total_labels"],
                "force_rmse_eV_per_A": errors[-1] if errors else None,
            }
        )
    return rows


def print_campaigns(rows: list[dict[str, Any]], console: Console | None = None) -> None:
    """Print one line a campaign."""
    table = new_table()
    for name in ("pk", "name", "systems", "begun", "cycle", "labels", "held-out RMSE", "state"):
        table.add_column(name, justify="left" if name in ("name", "systems", "begun", "state") else "right")
    for row in rows:
        state = row["state"] if not row["exit_status"] else f"{row['state']} [{row['exit_status']}]"
        table.add_row(
            str(row["pk"]),
            row["name"],
            row["system"],
            row["begun"].replace("T", " ")[:16],
            f"{row['cycle']} of {row['cycles']}",
            str(row["total_labels"]),
            number(row["force_rmse_eV_per_A"]),
            state.replace("[", "\\["),
        )
    (console or make_console()).print(table)
