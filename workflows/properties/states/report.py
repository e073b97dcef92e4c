"""What a grid of states found, and what the structure changes by from state to state (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Entry, Report

Cause = Literal["ring reorientation", "metal–N coordination", "volume", "rest"]
"""``rest`` is what the other three do not explain: displacements of the framework with its bonds kept, deformation of
linkers, vibrations of centres. Librations of rings are part of ring reorientation."""


class Share(Entry):
    """The part of a change that one cause makes.

    :param share: of the change, 1 for the whole; all shares of a change add up to 1.
    :param alone: share of the change that disappears if nothing but this cause is undone.
    :param last: share of the change that remains if everything but this cause is undone. Where ``alone`` and ``last``
        differ, causes act together, and their shares depend on the averaging over orders.
    """

    cause: Cause
    share: Measured
    alone: Measured
    last: Measured


class Decomposition(Entry):
    """The change of structure from one state to another, divided by cause.

    :param reference: and ``state``: names of the two.
    :param measure: what is compared: ``x-ray`` or ``neutron``.
    :param change: root mean square difference of the compared curves, in the unit of the curve.
    :param noise: the same between parts of the reference alone: what sampling makes.
    :param significant: whether the change is beyond the noise.
    :param misfit: how far frames with some parts of their partners are from the reference at most, as a multiple of the
        squared change; large where parts of one state do not fit into the other.
    :param shares: one a cause; empty where the change is not significant, or parts do not fit.
    :param rotation: mean angle that a linker has turned by, degree.
    :param swing: the part of it about the axis through its two N atoms, degree; None for linkers without such an axis.
    :param changed_bonds: share of metals of which a bond to N is new or lost.
    :param volume: V(state)/V(reference).
    """

    reference: str
    state: str
    measure: str
    change: Measured
    noise: Measured
    significant: bool
    misfit: float
    shares: list[Share] = []
    rotation: Measured
    swing: Measured
    changed_bonds: Measured
    volume: Measured

    def share(self, cause: str) -> Measured | None:
        """Return the share of a cause; None where it is not stated."""
        return next((one.share for one in self.shares if one.cause == cause), None)


class Regression(Entry):
    """How much of the variance of structure over all states goes with which cause.

    :param measure: what is compared: ``x-ray`` or ``neutron``.
    :param shares: by cause, ``rest`` for what none explains; they add up to 1.
    :param n_points: blocks of frames behind it.
    """

    measure: str
    shares: dict[Cause, Measured]
    n_points: int


class State(Entry):
    """One state of the grid.

    :param temperature: target, K.
    :param pressure: target, GPa.
    :param structure: UUID of the report of its structure; empty where there is none.
    :param n_replicas: runs that ended well.
    :param measured: numbers by name, of which the others are in the report of its structure: ``density`` and so on.
    """

    name: str
    temperature: float
    pressure: float
    structure: str = ""
    n_replicas: int = 0
    measured: dict[str, Measured] = {}


class StatesReport(Report):
    """A grid of states and the decompositions of their differences.

    :param decompositions: by exchange of parts; of two states that are close.
    :param regressions: by what varies together over all states, also where they are far apart.
    :param method: of both, in sentences.
    :param failed: name of a run → cause of its end, of those that did not end well.
    :param limits: what the numbers cannot say.
    """

    system: str = ""
    start: str = ""
    reference: str = ""
    states: list[State] = []
    decompositions: list[Decomposition] = []
    regressions: list[Regression] = []
    method: str = ""
    failed: dict[str, str] = {}
    limits: list[str] = []

    def decomposition(self, state: str, measure: str = "neutron") -> Decomposition | None:
        """Return what the change from the reference to a state was divided into."""
        return next((one for one in self.decompositions if (one.state, one.measure) == (state, measure)), None)
