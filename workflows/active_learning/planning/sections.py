"""Sections of the settings as they hold for one system (no AiiDA)."""

from __future__ import annotations

from typing import Any

Settings = dict[str, Any]


def section(settings: Settings, system: str, name: str) -> Settings:
    """Return one section of the campaign as it holds for one system (its own keys win).

    :param settings: the campaign's settings.
    :param system: label of the system.
    :param name: such as ``exploration``.
    """
    own = settings.get("systems", {}).get(system, {}).get(name) or {}
    return {**settings[name], **own}
