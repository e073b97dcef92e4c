"""A lineage drawn in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida_zif.provenance.lineage.lookup import Target
from aiida_zif.provenance.lineage.origin import Origin

if TYPE_CHECKING:
    from rich.tree import Tree

STYLES = {
    "model": "bold magenta",
    "committee": "magenta",
    "training": "magenta",
    "block": "bold green",
    "labelling": "green",
    "frames": "yellow",
    "selection": "yellow",
    "exploration": "cyan",
    "structure": "bold",
    "campaign": "bold",
}


def draw(origin: Origin) -> Tree:
    """Return a lineage as a tree of rich."""
    from rich.tree import Tree

    tree = Tree(label_of(origin), guide_style="dim")
    grow(tree, origin)
    return tree


def grow(branch: Tree, origin: Origin) -> None:
    """Add everything below a line."""
    for child in origin.origins:
        grow(branch.add(label_of(child)), child)


def label_of(origin: Origin) -> str:
    """Return one line: what it is and its pk, grey where it was shown above."""
    from rich.markup import escape

    pk = f" <{origin.node.pk}>" if origin.node is not None else ""
    if origin.above:
        return f"[dim]{escape(origin.title + pk)}{'' if 'above' in origin.title else ', see above'}[/dim]"
    style = STYLES.get(origin.kind, "dim" if origin.kind in ("more", "blocks") else "default")
    return f"[{style}]{escape(origin.title)}[/{style}][dim]{pk}[/dim]"


def places_line(target: Target) -> str:
    """Return where a frame is found."""
    places = ", ".join(f"{type(place.node).__name__} <{place.node.pk}> index {place.index}" for place in target.places)
    return f"found in: {places}"
