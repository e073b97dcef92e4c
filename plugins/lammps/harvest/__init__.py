"""What comes back from an exploration: candidates, a control sample and statistics, never the trajectory.

This package is also the program that runs next to the trajectories (``python -m harvest harvest.json``), so it
needs nothing but NumPy. It looks at every frame once, in memory that does not depend on how many there are, and then
reads the chosen ones again at the place where they start.

Each sampled frame (all but the starting one) is counted once. It is *failed* if it is not sane (not finite, atoms
lost, volume or temperature out of bounds, not the substance of the crystal any more, see :mod:`chemistry`, no
deviation written) or its max force deviation is at the upper trust level or above, *candidate* from the lower level
on, *accurate* below. With a single model there is no deviation: it is taken as 0, every sane frame is accurate.

Candidates (``keep: uncertain``): of every run the most uncertain one of each slot of time is remembered
(:class:`streaming.Slots`). The places (``max_candidates``) are shared equally among the runs, what one cannot use goes
to the others; within a run the most uncertain come first, each far enough in time from those taken before (see
:func:`choosing.spread`). A chain of strategies that begins with chance needs to be offered what chance would draw:
``keep: window`` is a uniform sample of the candidates, ``keep: any`` one of all accurate and candidate frames.
Control: a uniform sample without replacement of all accurate and candidate frames, that is of what a choice by
chance could have sent to be labelled.
"""

from .harvesting import harvest

__all__ = ["harvest"]
