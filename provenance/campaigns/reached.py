"""Target temperature and pressure of explorations, and the values that they reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida import orm

from aiida_zif.plugins.lammps.exploration.report import ExploredRun
from aiida_zif.provenance.campaigns.view import CampaignView
from aiida_zif.provenance.queries.calls import outputs_of

UNITS = {"temperature": "K", "pressure": "GPa"}
DIGITS = {"temperature": ".0f", "pressure": ".2f"}


def explored_runs(view: CampaignView) -> dict[int, list[dict[str, Any]]]:
    """Return by cycle one entry per run: targets, values reached, how it ended.

    :returns: of every run ``system``, ``run``, ``ended``, ``n_explored``, ``mean_over`` (``explored`` frames, or only
        the ``physical`` ones in runs of early versions), ``temperature`` (K) and ``pressure`` (GPa),
        each with ``asked`` (first and last value of the run, None where nothing was controlled), ``mean`` and
        ``error`` (standard error of the mean, None where it is not known), and ``missed``, the names of those that
        did not reach their target.
    """
    steps = {step.pk: step for step in view.of("explore")}
    reports = outputs_of(steps, "output_parameters", orm.Dict, "attributes.runs", view.node.backend)
    found: dict[int, list[dict[str, Any]]] = {}
    for pk, step in steps.items():
        for system, runs in sorted(reports.get(pk, {}).items()):
            found.setdefault(step.cycle, []).extend(
                entry_of(ExploredRun.model_validate(run), system) for run in runs or []
            )
    return found


def entry_of(run: ExploredRun, system: str) -> dict[str, Any]:
    """Return one entry; a run of an earlier version knows the mean over its physical frames, and no error of it."""
    return {
        "system": system,
        "run": run.label,
        "ended": run.ended or "unknown",
        "n_explored": run.n_explored,
        "mean_over": "explored" if run.reached else "physical",
        **{name: reached(run, name) for name in UNITS},
        "missed": list(run.missed),
    }


def reached(run: ExploredRun, name: str) -> dict[str, Any]:
    """Return what was asked of a run and what it reached, of temperature or pressure."""
    known = run.reached.get(name)
    if known is not None:
        return {"asked": None if known.target is None else list(known.target), "mean": known.mean, "error": known.error}
    asked = {"temperature": run.temperature, "pressure": run.pressure}[name]
    ends = None if asked is None else list(asked) if isinstance(asked, tuple) else [asked, asked]
    return {"asked": ends, "mean": run.averages.get(name), "error": None}


def asked_in_words(ends: Sequence[float] | None, unit: str = "") -> str:
    """Return a target, or its two ends; ``free`` where nothing was controlled."""
    if ends is None:
        return "free"
    first, last = ends[0], ends[-1]
    return (f"{first:g}" if first == last else f"{first:g} to {last:g}") + (f" {unit}" if unit else "")


def mean_in_words(value: dict[str, Any], name: str) -> str:
    """Return a mean with its standard error, without unit; a dash where it is not known."""
    if value["mean"] is None:
        return "–"
    error = "" if value["error"] is None else f" ± {value['error']:{DIGITS[name]}}"
    return f"{value['mean']:{DIGITS[name]}}{error}"


def reached_line(cycle: int, runs: Sequence[dict[str, Any]]) -> str:
    """Return one line per cycle: target and reached values of every run; missed targets are marked."""
    over = " or ".join(sorted({run["mean_over"] for run in runs}))
    return f"reached in cycle {cycle} (mean of the {over} frames): {'; '.join(map(reached_in_words, runs))}"


def reached_in_words(run: dict[str, Any]) -> str:
    """Return targets and reached values of one run as text."""
    parts = [
        f"{mean_in_words(run[name], name)} {unit} (target {asked_in_words(run[name]['asked'])}"
        f"{', MISSED' if name in run['missed'] else ''})"
        for name, unit in UNITS.items()
        if run[name]["mean"] is not None
    ]
    return f"{run['system']} {run['run']} {', '.join(parts) or 'nothing measured'}"
