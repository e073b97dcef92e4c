"""What a run writes while it goes on (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

THERMO = "$(step) $(temp:%.6g) $(press:%.8g) $(pe:%.10g) $(vol:%.8g)"
TITLE = "# step K bar eV A^3"
FORCES = "fx fy fz"


def sampling(
    name: str, every: int, more: Sequence[str] = (FORCES,), thermo: str = THERMO, title: str = TITLE
) -> list[str]:
    """Thermodynamics to ``<name>.thermo`` and frames to ``<name>.dump``.

    :param every: steps between two looks.
    :param more: what a frame says of an atom beside its type and its unwrapped place.
    """
    return [
        f'fix thermo all print {every} "{thermo}" file {name}.thermo screen no title "{title}"',
        f"dump frames all custom {every} {name}.dump {' '.join(('id type xu yu zu', *more))}",
        "dump_modify frames sort id format float %.8f flush yes",
    ]
