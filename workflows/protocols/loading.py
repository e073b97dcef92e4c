"""Protocols: named sets of default settings; each holds only its differences (no AiiDA)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from aiida_zif.workflows.user_input.merging import merged


def available_protocols() -> dict[str, str]:
    """Return name → one line with its purpose."""
    return {name: str(protocol["description"]) for name, protocol in _table()["protocols"].items()}


def default_protocol() -> str:
    """Return the protocol of a campaign that names none."""
    return str(_table()["default_protocol"])


def protocol_settings(name: str) -> dict[str, Any]:
    """Return everything that a protocol sets, in the form of a campaign file.

    :raises ValueError: no such protocol, or the protocol sets a key that the defaults do not have.
    """
    table = _table()
    if name not in table["protocols"]:
        raise ValueError(f"protocol: found {name!r}, allowed: {', '.join(table['protocols'])}; take one of these")
    own = {key: value for key, value in table["protocols"][name].items() if key != "description"}
    unknown = sorted(own.keys() - table["default_inputs"].keys())
    if unknown:
        raise ValueError(f"protocol {name}: found {', '.join(unknown)}, allowed: the keys of default_inputs")
    return merged(table["default_inputs"], own)


@cache
def _table() -> dict[str, Any]:
    import yaml

    path = files("aiida_zif.workflows") / "protocols" / "active_learning.yaml"
    table: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return table
