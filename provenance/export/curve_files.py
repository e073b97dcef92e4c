"""Curves as CSV and JSON; each states where it comes from."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiida_zif.provenance.export.formats import quotable


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    :param columns: values by the name of the column.
    :param units: of columns that have one, such as ``{"temperature": "K"}``.
    """

    columns: Mapping[str, Sequence[Any]]
    units: Mapping[str, str]


def as_csv(table: Table, facts: Mapping[str, Any]) -> str:
    """Return a table with its source in lines that begin with ``#``; numbers have all their digits."""
    stream = io.StringIO()
    for name, value in facts.items():
        stream.write(f"# {name}: {quotable(str(value))}\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_head(name, table.units.get(name, "")) for name in table.columns])
    writer.writerows(zip(*table.columns.values(), strict=True))
    return stream.getvalue()


def as_json(table: Table, facts: Mapping[str, Any]) -> str:
    """Return a table with its source; what is no number is null, as JSON has none."""
    columns = {
        name: {"unit": table.units.get(name, ""), "values": [_finite(value) for value in values]}
        for name, values in table.columns.items()
    }
    content = {"source": dict(facts), "columns": columns}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _head(name: str, unit: str) -> str:
    return f"{name} / {unit}" if unit else name


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
