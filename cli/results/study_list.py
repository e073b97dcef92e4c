"""All studies of a profile, a line each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiida_zif.cli.common.console import make_console, new_table
from aiida_zif.workflows.study.settings import StudySettings

if TYPE_CHECKING:
    from aiida import orm
    from rich.console import Console

COLUMNS = {"pk": "right", "study": "left", "force field": "left", "systems": "left", "begun": "left", "state": "left"}


def study_rows(studies: list[orm.WorkChainNode]) -> list[dict[str, Any]]:
    """Return one entry a study: what it is and how it stands."""
    rows = []
    for node in studies:
        settings = StudySettings.from_node(node.inputs.settings)
        rows.append(
            {
                "pk": node.pk,
                "uuid": node.uuid,
                "kind": "study",
                "name": settings.name,
                "system": ", ".join(settings.systems),
                "force_field": settings.force_field.in_words if settings.force_field is not None else "none",
                "begun": node.ctime.isoformat(timespec="seconds"),
                "state": node.process_state.value if node.process_state else "unknown",
                "exit_status": node.exit_status,
            }
        )
    return rows


def print_studies(rows: list[dict[str, Any]], console: Console | None = None) -> None:
    """Print one line a study."""
    table = new_table()
    for name, side in COLUMNS.items():
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in rows:
        state = row["state"] if not row["exit_status"] else f"{row['state']} [{row['exit_status']}]"
        begun = f"{datetime.fromisoformat(row['begun']).astimezone():%Y-%m-%d %H:%M %Z}"
        force_field = row["force_field"].replace("[", "\\[")
        table.add_row(str(row["pk"]), row["name"], force_field, row["system"], begun, state.replace("[", "\\["))
    (console or make_console()).print(table)
