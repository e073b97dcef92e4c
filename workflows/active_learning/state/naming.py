"""Names of the children of a campaign: made and read here."""

from __future__ import annotations

import re

STEP = re.compile(r"c(?P<cycle>\d+)_(?P<stage>[a-z]+)(?:_(?P<name>\w+))?")
"""How `ActiveLearningWorkChain` names its children: cycle, stage, and the system or task."""


ACQUIRE, PARTS = "acquire", ("explore", "select", "label", "compare")
"""The stage that holds the cycle of one system, and how `AcquireWorkChain` names its children."""
