"""The reference page of the study file, and the files that are generated from its model (no AiiDA).

After a change of the model: ``python -m aiida_zif.workflows.study.file.reference`` in the checkout.
"""

from __future__ import annotations

import json
from pathlib import Path

from aiida_zif.workflows.campaign.reference import MARK
from aiida_zif.workflows.protocols.loading import available_protocols
from aiida_zif.workflows.study.file.json_schema import protocol_of_study, study_json_schema, whole_schema
from aiida_zif.workflows.user_input.key_tables import KeyTables


def generated_files(root: Path) -> dict[Path, str]:
    """Return path → content of what is generated: the JSON schema and the second half of the reference page."""
    page = root / "docs" / "study.md"
    head = page.read_text("utf-8").partition(MARK)[0]
    schema = json.dumps(study_json_schema(), indent=2, ensure_ascii=False)
    return {
        page: f"{head}{MARK}\n\n{study_reference()}",
        root / "examples" / "study.schema.json": schema + "\n",
    }


def study_reference() -> str:
    """Return the reference of all keys as Markdown tables: key, meaning, unit, value by protocol."""
    descriptions = available_protocols("study")
    return KeyTables(whole_schema(), {name: protocol_of_study(name) for name in descriptions}).whole(descriptions)


if __name__ == "__main__":
    for path, text in generated_files(Path()).items():
        path.write_text(text, "utf-8")
