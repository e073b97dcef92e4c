"""The reference page of the campaign file, and the files that are generated from its model (no AiiDA).

After a change of the model: ``python -m aiida_zif.workflows.campaign.reference`` in the checkout.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiida_zif.workflows.campaign.json_schema import campaign_json_schema, whole_schema
from aiida_zif.workflows.protocols.loading import available_protocols, protocol_settings
from aiida_zif.workflows.user_input.key_tables import KeyTables
from aiida_zif.workflows.user_input.key_tables import Path as KeyPath

MARK = "<!-- generated below this line -->"


def generated_files(root: Path) -> dict[Path, str]:
    """Return path → content of what is generated: the JSON schema and the second half of the reference page."""
    page = root / "docs" / "campaign.md"
    head = page.read_text("utf-8").partition(MARK)[0]
    schema = json.dumps(campaign_json_schema(), indent=2, ensure_ascii=False)
    return {
        page: f"{head}{MARK}\n\n{campaign_reference()}",
        root / "examples" / "campaign.schema.json": schema + "\n",
    }


def campaign_reference() -> str:
    """Return the reference of all keys as Markdown tables: key, meaning, unit, value by protocol."""
    protocols = {name: with_level_name(protocol_settings(name)) for name in available_protocols()}
    as_runs: dict[KeyPath, str] = {("held_out", "aimd", 0): "Its runs have the keys of `seed_data.aimd[]`."}
    return KeyTables(whole_schema(), protocols, as_runs, _shown).whole(available_protocols())


def with_level_name(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what a protocol sets, the level as a section."""
    return {**settings, "level_of_theory": {"name": settings["level_of_theory"]}}


def _shown(path: Sequence[str | int], value: Any) -> str | None:
    """The entries of DeePMD-kit in a word."""
    return "larger nets" if path[-1] == "deepmd" and value else None


if __name__ == "__main__":
    for path, text in generated_files(Path()).items():
        path.write_text(text, "utf-8")
