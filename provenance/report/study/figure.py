"""A figure with its caption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure with its caption: what it shows in bold, then what a reader must know."""

    svg: Any
    title: str
    caption: str


def marked(picture: str) -> Any:
    """Return a figure as markup: drawn here from numbers, with labels that matplotlib has escaped."""
    from markupsafe import Markup

    return Markup(picture)
