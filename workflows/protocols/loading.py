"""Protocols: named sets of default settings; each holds only its differences (no AiiDA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

from aiida_zif.workflows.user_input.merging import merged

Table = Literal["active_learning", "melt_quench", "study"]
"""A file of this folder: what its protocols are for."""


def available_protocols(table: Table = "active_learning") -> dict[str, str]:
    """Return name → one line with its purpose."""
    return {name: str(protocol["description"]) for name, protocol in _table(table)["protocols"].items()}


def default_protocol(table: Table = "active_learning") -> str:
    """Return the protocol of a file that names none."""
    return str(_table(table)["default_protocol"])


def protocol_settings(name: str, table: Table = "active_learning") -> dict[str, Any]:
    """Return everything that a protocol sets, in the form of a campaign file or of a section of a study.

    :raises ValueError: no such protocol, or the protocol sets a key that the defaults do not have.
    """
    content = _table(table)
    if name not in content["protocols"]:
        raise ValueError(f"protocol: found {name!r}, allowed: {', '.join(content['protocols'])}; take one of these")
    own = {key: value for key, value in content["protocols"][name].items() if key != "description"}
    unknown = sorted(own.keys() - content["default_inputs"].keys())
    if unknown:
        raise ValueError(f"protocol {name}: found {', '.join(unknown)}, allowed: the keys of default_inputs")
    return merged(content["default_inputs"], own)


@cache
def _table(table: Table) -> dict[str, Any]:
    import yaml

    path = files("aiida_zif.workflows") / "protocols" / f"{table}.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content
