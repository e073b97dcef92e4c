"""What the choice of one cycle was worth: true errors of chosen frames beside those of random ones (no AiiDA)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aiida_zif.plugins.data.record import Entry, Report
from aiida_zif.plugins.deepmd.testing.errors import force_rmse_per_frame

CHOSEN, CONTROL = 0, 1
"""Values of ``role``: chosen for its deviation, or drawn at random to measure the choice."""


class ComparedFrame(Entry):
    """One labelled frame.

    :param role: :data:`CHOSEN` or :data:`CONTROL`.
    :param force_rmse: true error of the model that drove the exploration, eV/Å.
    :param max_force_deviation: of the committee, eV/Å.
    :param elements: force RMSE of the atoms of each element, eV/Å; early versions did not separate them.
    """

    role: int
    force_rmse: float
    max_force_deviation: float
    elements: dict[str, float] = {}


class Comparison(Report):
    """``result`` of ``compare_choice``.

    :param system: label; early versions did not say it.
    :param chosen: force RMSE over all chosen frames that were labelled, eV/Å; None without one.
    :param control: the same of the random ones.
    """

    system: str = ""
    chosen: float | None = None
    control: float | None = None
    n_chosen: int = 0
    n_control: int = 0
    frames: list[ComparedFrame] = []

    def errors(self, role: int) -> list[float]:
        """Return the force RMSE of every frame of one role, eV/Å."""
        return [frame.force_rmse for frame in self.frames if frame.role == role]


def compared(
    system: str,
    symbols: Sequence[str],
    predicted: np.ndarray,
    true: np.ndarray,
    roles: np.ndarray,
    deviations: np.ndarray,
) -> Comparison:
    """Compare predicted with true forces.

    :param symbols: of the n atoms.
    :param predicted: forces of the model that drove the exploration, eV/Å, shape (N, n, 3).
    :param true: eV/Å, shape (N, n, 3).
    :param roles: :data:`CHOSEN` or :data:`CONTROL`, shape (N,).
    :param deviations: largest force deviation of each frame, eV/Å, shape (N,).
    """
    errors, elements = force_rmse_per_frame(predicted, true), element_errors(symbols, predicted, true)
    frames = [
        ComparedFrame(
            role=int(role),
            force_rmse=float(error),
            elements={element: float(of_element[row]) for element, of_element in elements.items()},
            max_force_deviation=float(deviation),
        )
        for row, (role, error, deviation) in enumerate(zip(roles, errors, deviations, strict=True))
    ]
    return Comparison(
        system=system,
        chosen=rms(errors[roles == CHOSEN]),
        control=rms(errors[roles == CONTROL]),
        n_chosen=int(np.sum(roles == CHOSEN)),
        n_control=int(np.sum(roles == CONTROL)),
        frames=frames,
    )


def rms(errors: np.ndarray) -> float | None:
    """Return the root mean square of the errors of some frames, shape (N,); None without a frame."""
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else None


def element_errors(symbols: Sequence[str], predicted: np.ndarray, true: np.ndarray) -> dict[str, np.ndarray]:
    """Return the force RMSE of the atoms of each element by frame, eV/Å, shape (N,); forces as (N, n, 3)."""
    of = {element: np.array([symbol == element for symbol in symbols]) for element in sorted(set(symbols))}
    return {element: force_rmse_per_frame(predicted[:, atoms], true[:, atoms]) for element, atoms in of.items()}
