"""Next steps after a study, or while it runs: reason and command."""

from __future__ import annotations

from typing import Any

from aiida_zif.provenance.studies.summary_model import StudySummary

RUNNING = ("created", "waiting", "running")


def next_steps(summary: StudySummary) -> list[dict[str, str]]:
    """Return suggestions: reason and command."""
    pk = summary.pk
    if summary.state in RUNNING:
        return [advice("The study is running. Follow it:", f"aiida-zif watch {pk}")]
    steps = []
    if summary.exit_status or summary.state != "finished":
        steps.append(advice("A part failed. Read the messages of its processes:", f"verdi process report {pk}"))
        steps.append(advice("After the cause is fixed, start it again from the beginning:", "aiida-zif run STUDY.yaml"))
    if summary.untrusted:
        count = sum(one.n_frames for one in summary.untrusted)
        why = f"Label frames above the trust level ({count} were returned), continue the training, repeat the study:"
        campaign = summary.force_field.campaigns[-1].pk if summary.force_field.campaigns else "CAMPAIGN"
        steps.append(advice(why, f"aiida-zif extend {campaign} --from {pk}"))
    if any(report.is_glass is False for report in summary.melt_quench.values()):
        why = "A check failed, so the result is no glass. Change the schedule in the study file and run it again:"
        steps.append(advice(why, "aiida-zif run STUDY.yaml"))
    return [
        *steps,
        advice("Export frames, curves and numbers:", f"aiida-zif export {pk} --output {safe_name(summary.name)}"),
        *([advice("Follow a result back to the labels:", lineage_command(summary))] if summary.parts else []),
        advice("Export the study with full provenance:", f"verdi archive create study-{pk}.aiida -N {pk}"),
    ]


def lineage_command(summary: StudySummary) -> str:
    """Return the command that shows where the first result comes from."""
    return f"aiida-zif lineage {summary.parts[0].pk}"


def safe_name(name: str) -> str:
    """Return a name that a shell takes as one word."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)


def advice(why: str, command: str) -> dict[str, Any]:
    """Return one suggestion."""
    return {"why": why, "command": command}
